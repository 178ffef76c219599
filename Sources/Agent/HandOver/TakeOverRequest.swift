import AgentAPI
import Glibc
import LinuxIO
import SystemdSupport

/// The process that takes over, until the other has ended: `umbeld --take-over`.
final class TakeOverRequest {
  /// The lock of the runtime directory, by this name among the descriptors.
  static let lockName = "umbel-lock"

  private let client: AgentClient
  private(set) var entries: [(name: String, number: Int32)] = []

  /// Asks the agent of a runtime directory for everything it has. It goes on when this value ends before `finish`.
  init(runtimeDirectory: String) throws {
    client = try AgentClient(path: runtimeDirectory + "/umbel.sock")
    var isComplete = false
    while !isComplete {
      var descriptors = Descriptors()
      let reply = try client.call(TakeOver.self, Nothing(), descriptors: &descriptors)
      for (index, name) in reply.names.enumerated() {
        guard let descriptor = descriptors.take(index) else {
          throw AgentFailure(
            "the agent has not sent all descriptors. Raise the limit of open files, or restart it instead.")
        }
        entries.append((name, descriptor.release()))
      }
      for (name, value) in reply.environment { unsafe setenv(name, value, 0) }
      isComplete = reply.complete
    }
  }

  /// Whether what was handed over can be made use of.
  func check() throws {
    guard let file = entries.first, StoredDescriptors.isStateName(file.name) else {
      throw AgentFailure("the agent has not said what it has. Restart it instead.")
    }
    do {
      _ = try HandOverState.decode(try MemoryFile.contents(of: file.number))
    } catch {
      throw AgentFailure("what the agent has cannot be taken over: \(error). Restart it instead.")
    }
  }

  /// The other process ends, and this one goes on.
  /// - Returns: all descriptors, and the lock of the runtime directory.
  func finish() throws -> (given: [(name: String, number: Int32)], lock: Int32) {
    guard let lock = entries.first(where: { $0.name == Self.lockName })?.number else {
      throw AgentFailure("the agent has not handed over its runtime directory. Restart it instead.")
    }
    do throws(ClientError) {
      _ = try client.call(FinishTakeOver.self, Nothing())
    } catch {
      // Gone is as good as ended: nobody else has the descriptors any more.
      guard case .closed = error else { throw error }
    }
    defer { entries = [] }
    return (entries.filter { $0.name != Self.lockName }, lock)
  }

  deinit { for entry in entries { close(entry.number) } }
}
