package import AgentAPI

/// What the agent knows that bears on guests. Guests run without an agent, too: then it is empty, and says why.
package struct AgentView {
  package var lans: [Lan] = []
  package var ports: [Port] = []
  package var guests: [Guest] = []
  package var groups: [Group] = []
  /// Why there is no agent; nil: there is one.
  package var problem: String?

  package init() {}

  init(_ client: AgentClient) throws(ClientError) {
    lans = try client.call(ListLans.self, Nothing()).lans
    ports = try client.ports(of: nil)
    let reply = try client.call(ListGuests.self, Nothing())
    (guests, groups) = (reply.guests, reply.groups)
  }

  /// - Throws: when an agent answers, but not as it should; not when there is none, or it is closed to the caller.
  init(_ connection: Connection) throws {
    let client: AgentClient
    do throws(ClientError) {
      client = try connection.open()
    } catch {
      self.init()
      problem = Failure(error).text
      return
    }
    do throws(ClientError) {
      self = try AgentView(client)
    } catch {
      guard case .refused(let refusal) = error, refusal.kind == .notPermitted else { throw error }
      self.init()
      problem = Failure(error).text
    }
  }
}
