import AgentAPI
import Glibc
import LinuxIO

extension AgentMethods {
  /// What changes the agent is refused while another process takes over: it would be lost.
  func isAllowed(_ call: VarlinkCall) -> Bool {
    guard offer != nil else { return true }
    switch call.method {
    case .addLan, .removeLan, .addPort, .removePort, .attach: return false
    default: return true
    }
  }

  func takeOver(_ call: VarlinkCall) throws {
    // Who takes over has all that this process has: nobody else may, not even root, whose process would have more.
    guard call.peer.userId == geteuid() else {
      throw AgentError.failed(
        "take-over", what: "User \(call.peer.userId) cannot take over an agent of user \(geteuid()).",
        remedy: "Start the other process as user \(geteuid()).")
    }
    if let offer {
      guard offer.isOf(call) else {
        throw AgentError.failed("take-over", what: "Another process is taking over.", remedy: "Wait for it to end.")
      }
      return offer.answer(call)
    }
    guard !reloader.isRunning else {
      throw AgentError.failed("take-over", what: "The agent reads its configuration.", remedy: "Try again in a moment.")
    }
    guard !agent.isEnding, !agent.isHandingOver else {
      throw AgentError.failed("take-over", what: "The agent is ending.", remedy: "Start another.")
    }
    let offer = TakeOverOffer(self, for: call)
    self.offer = offer
    offer.begin()
  }

  func finishTakeOver(_ call: VarlinkCall) throws {
    guard let offer, offer.isOf(call) else {
      throw AgentError.failed(
        "take-over", what: "This connection has not begun to take over.", remedy: "Call TakeOver first.")
    }
    offer.finish(call)
  }
}
