internal import CLinux
import Glibc

/// Who is at the other end of a connected local socket, as the kernel saw it when that end connected, or listened, or
/// made the pair: SO_PEERCRED and SO_PEERGROUPS of unix(7). Numbers are those of this process's namespaces.
package struct PeerCredentials: Hashable, Sendable {
  /// 0 when the peer is in a PID namespace that is not seen from here.
  package let processId: Int32
  package let userId: UInt32
  package let groupId: UInt32
  /// Supplementary groups.
  package let groups: [UInt32]

  package init(processId: Int32, userId: UInt32, groupId: UInt32, groups: [UInt32]) {
    self.processId = processId
    self.userId = userId
    self.groupId = groupId
    self.groups = groups
  }

  /// Asks the kernel about the peer of `socket`.
  package init(of socket: borrowing Descriptor) throws(Errno) {
    let number = socket.number
    var process: Int32 = 0
    var user: UInt32 = 0
    var group: UInt32 = 0
    _ = try retrying { unsafe clinux_peer_credentials(number, &process, &user, &group) }
    self.init(processId: process, userId: user, groupId: group, groups: try Self.groups(of: number))
  }

  /// Whether the peer's group, or one of its supplementary groups, is `group`.
  package func isMember(of group: UInt32) -> Bool { groupId == group || groups.contains(group) }

  private static func groups(of socket: Int32) throws(Errno) -> [UInt32] {
    var capacity = 64
    while true {
      var groups = [UInt32](repeating: 0, count: capacity)
      do throws(Errno) {
        let count = try retrying { unsafe clinux_peer_groups(socket, &groups, capacity) }
        return Array(groups.prefix(Int(count)))
      } catch {
        // NGROUPS_MAX of <linux/limits.h> bounds the growth.
        guard error.code == ERANGE, capacity < 65_536 else { throw error }
        capacity *= 8
      }
    }
  }
}
