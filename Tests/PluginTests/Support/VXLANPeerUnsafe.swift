import CTransport
import Glibc
import LinuxIO
import Testing

/// Another host of a VXLAN, on the loopback interface: 127.0.0.N and the UDP port of all.
@safe
final class VXLANPeer {
  let socket: Descriptor
  private let port: UInt16
  private let sending = UnsafeMutablePointer<SegmentSender>.allocate(capacity: 1)
  private let name = UnsafeMutableRawPointer.allocate(byteCount: 32, alignment: 8)

  /// - Parameters:
  ///   - beside: a port of the transport that has the UDP port at all addresses; it is made to share it.
  ///   - sendsFrom: nil: the UDP port of all.
  init(_ address: String, _ port: UInt16, beside: DrivenPort?, sendsFrom own: UInt16? = nil) throws {
    self.port = port
    let type = Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    socket = Descriptor(owning: try retrying { Glibc.socket(AF_INET, type, 0) })
    try setSocketOption(socket.number, SOL_SOCKET, SO_REUSEADDR, 1)
    if let shared = beside?.descriptors.first { try setSocketOption(shared.descriptor, SOL_SOCKET, SO_REUSEADDR, 1) }
    try setSocketOption(socket.number, IPPROTO.ip, IP_RECVTTL, 1)
    try MulticastSocket.setInterface(unsafe if_nametoindex("lo"), family: AF_INET, socket: socket.number)
    let number = socket.number
    let local = unsafe UnsafeMutableRawBufferPointer(start: name, count: 32)
    let length = unsafe SocketAddress(try #require(IPAddress(address)), port: own ?? port).write(to: local)
    let result = unsafe bind(number, name.assumingMemoryBound(to: sockaddr.self), socklen_t(length))
    try #require(result == 0, "\(Errno.current)")
    _ = SocketBuffer.receive.request(4 << 20, of: number)
    unsafe sending.initialize(to: SegmentSender(capacity: 1_024))
    unsafe sending.pointee.longestSegment = 16_000
  }

  deinit {
    unsafe sending.deinitialize(count: 1)
    unsafe sending.deallocate()
    unsafe name.deallocate()
  }

  /// Sends datagrams, in runs where their lengths allow.
  func send(_ datagrams: [[UInt8]], to address: String = "127.0.0.1") {
    let place = unsafe UnsafeMutableRawBufferPointer(start: name, count: 32)
    let length = unsafe SocketAddress(IPAddress(address)!, port: port).write(to: place)
    let flat = datagrams.flatMap { $0 }
    unsafe flat.withUnsafeBytes { bytes in
      let vectors = UnsafeMutablePointer<iovec>.allocate(capacity: datagrams.count)
      defer { unsafe vectors.deallocate() }
      var offset = 0
      for (index, datagram) in datagrams.enumerated() {
        unsafe vectors[index] = iovec(
          iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress.map { unsafe $0 + offset }),
          iov_len: datagram.count)
        offset += datagram.count
        unsafe #expect(
          sending.pointee.add(
            pieces: vectors + index, count: 1, length: datagram.count, to: name, nameLength: length))
      }
      unsafe #expect(sending.pointee.send(to: socket.number).error == 0)
      unsafe sending.pointee.removeAll()
    }
  }

  /// The next datagram, the UDP port it came from, and its TTL; nil after 300 ms.
  func receive() -> (bytes: [UInt8], port: UInt16, hops: Int32)? {
    var entry = pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&entry, 1, 300) > 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 65_535)
    var control = [UInt64](repeating: 0, count: 8)
    var source = sockaddr_in()
    return unsafe bytes.withUnsafeMutableBytes { bytes in
      unsafe control.withUnsafeMutableBytes { control in
        unsafe withUnsafeMutablePointer(to: &source) { source in
          var vector = unsafe iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
          var message = unsafe msghdr()
          unsafe withUnsafeMutablePointer(to: &vector) { unsafe message.msg_iov = $0 }
          unsafe message.msg_iovlen = 1
          unsafe message.msg_name = UnsafeMutableRawPointer(source)
          unsafe message.msg_namelen = socklen_t(MemoryLayout<sockaddr_in>.size)
          unsafe message.msg_control = control.baseAddress
          unsafe message.msg_controllen = control.count
          let count = unsafe recvmsg(socket.number, &message, 0)
          guard count >= 0 else { return nil }
          // One cmsghdr of 16 bytes, then the int.
          let hops = unsafe control.load(fromByteOffset: 16, as: Int32.self)
          return unsafe (Array(bytes[..<count]), UInt16(bigEndian: source.pointee.sin_port), hops)
        }
      }
    }
  }

  /// Everything that comes until it is quiet.
  func receiveAll() -> [(bytes: [UInt8], port: UInt16, hops: Int32)] {
    var all: [(bytes: [UInt8], port: UInt16, hops: Int32)] = []
    while let next = receive() { all.append(next) }
    return all
  }
}

/// A datagram of VXLAN.
func vxlan(_ vni: UInt32, _ frame: [UInt8], flags: UInt8 = 0x08) -> [UInt8] {
  [flags, 0, 0, 0, UInt8(vni >> 16), UInt8(vni >> 8 & 255), UInt8(vni & 255), 0] + frame
}

/// The text of a remote's address.
func addressText(_ remote: umbel_remote_info) -> String {
  unsafe withUnsafeBytes(of: remote.address) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}

/// The host name of a remote.
func nameText(_ remote: umbel_remote_info) -> String {
  unsafe withUnsafeBytes(of: remote.name) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}
