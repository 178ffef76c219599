import Glibc
import LinuxIO

/// Who may attach guests and use the control interface: root, the agent's own user, and members of group `umbel`.
struct Access: Sendable {
  /// Number of group `umbel`; nil: this system has none.
  let group: UInt32?
  private let user = geteuid()

  init() {
    group = unsafe getgrnam("umbel").map { unsafe $0.pointee.gr_gid }
  }

  func mayAttach(_ peer: PeerCredentials) -> Bool {
    if peer.userId == 0 || peer.userId == user { return true }
    guard let group else { return false }
    return peer.isMember(of: group)
  }
}
