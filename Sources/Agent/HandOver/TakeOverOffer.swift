// The agent that is taken over. Another process of the same user asks for everything, looks whether it can make use of it,
// and says so; until then this one can go on as if nothing had been.
//
//   TakeOver ──► nothing is accepted any more ──► threads rest ──► descriptors, a part a call ──► FinishTakeOver ──► ends
//                                                                        └── the caller goes, or 15 s ──► goes on

import AgentAPI
import Glibc
import LinuxIO
import SystemdSupport

/// What is on its way to another process. Control thread.
final class TakeOverOffer {
  private static let milliseconds: UInt64 = 15_000

  private unowned let methods: AgentMethods
  private let first: VarlinkCall
  private var rest: [StoredDescriptors.Entry] = []
  /// The file that says what the descriptors are.
  private var file: Box<Descriptor>?
  private var deadline: ControlLoop.Timer?

  private var agent: Agent { methods.agent }

  init(_ methods: AgentMethods, for call: VarlinkCall) {
    self.methods = methods
    first = call
  }

  /// Makes everything rest, and answers the first call.
  func begin() {
    agent.isHandingOver = true
    for door in agent.lans.flatMap(\.doors) { door.pause() }
    methods.server?.pause()
    first.whenGone { [weak self] in self?.abort("it is gone") }
    deadline = agent.loop.after(milliseconds: Self.milliseconds) { [weak self] in self?.abort("it takes too long") }
    agent.freeze { [self] stations in
      guard methods.offer === self else { return }
      guard let stations else {
        first.fail(
          AgentError.failed(
            "take-over", what: "A forwarding thread does not answer.", remedy: "Restart the agent instead."))
        return abort("a forwarding thread does not answer")
      }
      do throws(Errno) {
        let all = try agent.keeper.everything(stations)
        file = all.state
        rest = [StoredDescriptors.Entry(name: all.name, number: all.state.value.number)] + all.descriptors
      } catch {
        first.fail(AgentError.failed("take-over", what: "No memory: \(error).", remedy: "Try again."))
        return abort("\(error)")
      }
      answer(first)
    }
  }

  /// Whether a call comes from the one who is taking over.
  func isOf(_ call: VarlinkCall) -> Bool { call.isOfSameClient(as: first) }

  /// Hands over the next part.
  func answer(_ call: VarlinkCall) {
    var descriptors = Descriptors()
    var names: [String] = []
    for entry in rest.prefix(Descriptors.most) {
      let copy = fcntl(entry.number, F_DUPFD_CLOEXEC, 3)
      guard copy >= 0 else {
        let error = Errno.current
        call.fail(AgentError.failed("take-over", what: "No descriptors: \(error).", remedy: "Raise the limit."))
        return abort("\(error)")
      }
      descriptors.append(Descriptor(owning: copy))
      names.append(entry.name)
    }
    rest.removeFirst(names.count)
    call.reply(
      TakeOver.Reply(names: names, complete: rest.isEmpty, environment: ServiceManager.ownEnvironment),
      descriptors: descriptors)
  }

  /// It is done: the caller goes on, and this process ends.
  func finish(_ call: VarlinkCall) {
    guard rest.isEmpty, file != nil else {
      return call.fail(
        AgentError.failed("take-over", what: "Not everything has been handed over.", remedy: "Call TakeOver first."))
    }
    end()
    // Whatever becomes of the answer: the other process goes on when this one is gone.
    agent.manager.mainProcess(call.peer.processId)
    agent.journal.log(
      .notice, "process \(call.peer.processId) has taken over; this one ends", id: .handedOver,
      fields: [.peer: "\(call.peer.processId)"])
    call.reply(Nothing())
    agent.loop.stop()
  }

  /// The other process does not take over: all goes on here.
  func abort(_ reason: String) {
    guard methods.offer === self else { return }
    end()
    agent.isHandingOver = false
    agent.thaw()
    for door in agent.lans.flatMap(\.doors) { door.resume() }
    for port in agent.lans.flatMap(\.ports) { port.interfacesChanged() }
    methods.server?.resume()
    agent.keeper.noteChange()
    agent.journal.log(
      .warning, "process \(first.peer.processId) has not taken over: \(reason); this one goes on", id: .takeOverFailed,
      fields: [.peer: "\(first.peer.processId)"])
  }

  private func end() {
    if let deadline { agent.loop.cancel(deadline) }
    methods.offer = nil
  }
}
