import CTransport
import Glibc
import LinuxIO
import TransportHost

extension ManagedPort {
  /// A plugin asks for the addresses of a host name. Answered on this thread, after a thread of its own has asked the
  /// resolver, which may take long.
  /// - Returns: 0, or `-errno`.
  func resolve(_ name: String, token: UInt64) -> Int32 {
    do throws(Errno) {
      try lan.agent.resolver.resolve(name) { [weak self] answer in
        guard let self, let link = self.link, !link.isLeaving else { return }
        unsafe self.transport.resolved(link.port, token: token, answer: answer)
      }
      return 0
    } catch {
      return -error.code
    }
  }

  /// A plugin wants to know the addresses of a host name now and from now on.
  /// - Returns: 0, or `-errno`.
  func follow(_ name: String, token: UInt64) -> Int32 {
    guard followedNames.count < Self.mostFollowedNames else { return -ENOSPC }
    followedNames.append(FollowedName(name: name, token: token))
    // Not now: the plugin may still be in `open`.
    scheduleFollowing(milliseconds: 0)
    return 0
  }

  private func scheduleFollowing(milliseconds: UInt64) {
    if let followTimer { lan.agent.loop.cancel(followTimer) }
    followTimer = lan.agent.loop.after(milliseconds: milliseconds) { [weak self] in
      self?.followTimer = nil
      self?.askForNames()
    }
  }

  /// Asks for every name that is not being asked for; what the resolver has no room for comes with the next turn.
  private func askForNames() {
    var isCrowded = false
    for index in followedNames.indices where !followedNames[index].isAsked {
      do throws(Errno) {
        try lan.agent.resolver.resolve(followedNames[index].name) { [weak self] in self?.take($0, ofName: index) }
        followedNames[index].isAsked = true
      } catch {
        isCrowded = true
      }
    }
    let isMissing = followedNames.contains { $0.addresses == nil }
    scheduleFollowing(milliseconds: isCrowded ? 200 : isMissing ? 5_000 : Self.followMilliseconds)
  }

  private func take(_ answer: ResolvedAddresses, ofName index: Int) {
    guard index < followedNames.count else { return }
    followedNames[index].isAsked = false
    let found: Set<[UInt8]>? = answer.code == 0 ? Set(answer.addresses) : nil
    let isFirst = !followedNames[index].isAnswered
    followedNames[index].isAnswered = true
    // What was found once is kept while the resolver has trouble.
    guard isFirst || (found != nil && found != followedNames[index].addresses) else { return }
    followedNames[index].addresses = found
    guard let link, !link.isLeaving else { return }
    unsafe transport.resolved(link.port, token: followedNames[index].token, answer: answer)
    prepare(reason: UMBEL_PREPARE_NAMES)
  }

  /// The port ends.
  func followNoMore() {
    followedNames = []
    if let followTimer { lan.agent.loop.cancel(followTimer) }
    followTimer = nil
  }

  /// Names a port follows at most: those of a trunk with 512 peers, and some that it has been told to leave out since.
  static var mostFollowedNames: Int { 1_024 }
  private static var followMilliseconds: UInt64 { 60_000 }

  /// A plugin's descriptors have changed, said on this thread.
  func descriptorsChanged() {
    guard let link else { return }
    link.thread.post(link.refreshCommand())
  }
}

/// A host name that a transport follows.
struct FollowedName {
  let name: String
  /// The transport's own.
  let token: UInt64
  /// The resolver has the question.
  var isAsked = false
  /// It has answered once.
  var isAnswered = false
  /// What was found last; nil: nothing yet.
  var addresses: Set<[UInt8]>?
}
