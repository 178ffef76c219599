import Glibc
import LinuxIO

/// A packet socket (packet(7)): what it sends leaves the host by the interface, what it receives came in there.
final class PacketSocket {
  private let socket: Descriptor
  private let index: Int32

  /// - Parameter hasHeader: whether each frame has a `struct virtio_net_hdr` before it, so that it may be a super-frame.
  init(_ interface: String, hasHeader: Bool = false) throws {
    index = Int32(unsafe if_nametoindex(interface))
    let protocolNumber = Int32(UInt16(0x0003).bigEndian)  // ETH_P_ALL
    let type = Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    socket = Descriptor(owning: try retrying { Glibc.socket(AF_PACKET, type, protocolNumber) })
    // SOL_PACKET, PACKET_VNET_HDR of <linux/if_packet.h>.
    if hasHeader { try setSocketOption(socket.number, 263, 15, 1) }
    // struct sockaddr_ll: family, protocol, index, then what the kernel fills in.
    var name = [UInt8](repeating: 0, count: 20)
    unsafe name.withUnsafeMutableBytes { bytes in
      unsafe bytes.storeBytes(of: UInt16(AF_PACKET), toByteOffset: 0, as: UInt16.self)
      unsafe bytes.storeBytes(of: UInt16(protocolNumber), toByteOffset: 2, as: UInt16.self)
      unsafe bytes.storeBytes(of: index, toByteOffset: 4, as: Int32.self)
    }
    let number = socket.number
    _ = try retrying {
      unsafe name.withUnsafeBytes { bytes in
        unsafe Glibc.bind(number, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), 20)
      }
    }
  }

  /// Sends a frame out of the interface.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Int { unsafe Glibc.send(socket.number, bytes, bytes.count, 0) }

  /// The next frame, with its header if the socket has them; nil after 300 ms. Own frames are seen as well.
  func receive() -> [UInt8]? {
    var entry = pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&entry, 1, 300) > 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 1 << 17)
    let count = unsafe recv(socket.number, &bytes, bytes.count, 0)
    return count < 0 ? nil : Array(bytes[..<count])
  }
}
