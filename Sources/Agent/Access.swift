import Glibc
import LinuxIO

/// Who may attach guests and use the control interface: root, the agent's own user, and members of a group, `umbel` where
/// nothing else is said.
struct Access: Sendable {
  /// Number of the group; nil: this system has none of that name, or the agent may not give its sockets to it.
  let group: UInt32?
  private let user = geteuid()
  private let isForAll: Bool

  init() {
    // A user's own agent is for that user alone, unless the user belongs to the group.
    group = Self.number(ofGroup: "umbel").flatMap { Self.mayGive(to: $0) ? $0 : nil }
    isForAll = false
  }

  /// Of a socket that belongs to a group of the administrator's choice.
  /// - Parameters:
  ///   - group: name or number.
  ///   - mode: of the socket's file; write permission for others lets in everybody.
  ///   - fallback: the group that holds where `group` is nil.
  /// - Returns: nil: this system has no such group.
  init?(group: String?, mode: UInt32, otherwise fallback: Access) {
    isForAll = mode & 0o002 != 0
    guard let group else {
      self.group = fallback.group
      return
    }
    guard let number = Self.number(ofGroup: group) ?? UInt32(group) else { return nil }
    self.group = number
  }

  func mayAttach(_ peer: PeerCredentials) -> Bool {
    if isForAll || peer.userId == 0 || peer.userId == user { return true }
    guard let group else { return false }
    return peer.isMember(of: group)
  }

  /// Why a peer may not, to be read after who it is.
  func reason(against peer: PeerCredentials) -> String {
    "user \(peer.userId) is neither root, nor the agent's user, nor a member of "
      + (group.map { "the group of the door (\($0))" } ?? "a group that may")
  }

  /// Whether more than the members of `other`'s group may attach.
  func admitsMore(than other: Access) -> Bool { isForAll || (group != nil && group != other.group) }

  /// chown(2): root may give a file to any group, others to their own.
  private static func mayGive(to group: UInt32) -> Bool {
    if geteuid() == 0 || getegid() == group { return true }
    var groups = [gid_t](repeating: 0, count: Int(max(0, unsafe getgroups(0, nil))))
    let count = getgroups(Int32(groups.count), &groups)
    return groups.prefix(Int(max(0, count))).contains(group)
  }

  private static func number(ofGroup name: String) -> UInt32? {
    unsafe getgrnam(name).map { unsafe $0.pointee.gr_gid }
  }
}
