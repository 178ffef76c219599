import CLinux
import Glibc

/// A UDP socket of this network namespace, whoever has it, as `ss -uam` shows it. Asks the kernel by sock_diag(7):
/// `struct inet_diag_req_v2` and `struct inet_diag_msg` of `<linux/inet_diag.h>`.
package struct UDPSocketState: Hashable, Sendable {
  /// Where it is bound; the address may be 0.0.0.0 or ::.
  package let local: SocketAddress
  /// Where it is connected; port 0: nowhere.
  package let remote: SocketAddress
  /// Of /proc/PID/fd.
  package let inode: UInt32
  /// Bytes of its buffers as an administrator counts: without the doubling of socket(7).
  package let receiveBuffer: Int
  package let sendBuffer: Int
  /// Datagrams that the kernel dropped because the first was full.
  package let drops: Int

  package init(
    local: SocketAddress, remote: SocketAddress, inode: UInt32, receiveBuffer: Int, sendBuffer: Int, drops: Int
  ) {
    self.local = local
    self.remote = remote
    self.inode = inode
    self.receiveBuffer = receiveBuffer
    self.sendBuffer = sendBuffer
    self.drops = drops
  }

  /// All sockets of a family.
  /// - Parameter family: `AF_INET` or `AF_INET6`.
  package static func all(family: Int32) throws(Errno) -> [UDPSocketState] {
    var request = NetlinkBytes()
    // Family, protocol, INET_DIAG_SKMEMINFO as the bit of its number less one, padding, every state.
    request.append(contentsOf: [UInt8(family), UInt8(IPPROTO_UDP), 1 << (memory - 1), 0])
    request.append(UInt32.max)
    request.append(contentsOf: [UInt8](repeating: 0, count: 48))
    // NETLINK_SOCK_DIAG and SOCK_DIAG_BY_FAMILY.
    return try NetlinkSocket(4).list(20, request).compactMap { UDPSocketState(reading: $0) }
  }

  /// INET_DIAG_SKMEMINFO: words of `SK_MEMINFO_*`, `<linux/sock_diag.h>`.
  private static let memory = 7

  private init?(reading answer: NetlinkBytes) {
    guard let family = answer.bytes.first, answer.bytes.count >= 72,
      let words = answer.attribute(Self.memory, from: 72), let inode = answer.load(UInt32.self, at: 68)
    else { return nil }
    // Both ports, then 16 bytes for each address, the first four of IPv4.
    func address(_ port: Int, _ bytes: Int) -> SocketAddress? {
      let length = Int32(family) == AF_INET ? 4 : 16
      let address = IPAddress(family: Int32(family), octets: Array(answer.bytes[bytes..<bytes + length]))
      return address.map { SocketAddress($0, port: UInt16(answer.bytes[port]) << 8 | UInt16(answer.bytes[port + 1])) }
    }
    func word(_ index: Int) -> Int { Int(words.load(UInt32.self, at: 4 * index) ?? 0) }
    guard let local = address(4, 8), let remote = address(6, 24) else { return nil }
    self.init(
      local: local, remote: remote, inode: inode, receiveBuffer: word(1) / 2, sendBuffer: word(3) / 2, drops: word(8))
  }
}
