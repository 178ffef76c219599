import Glibc
import LinuxIO

/// One end of a connected pair of Unix sockets, with which a test plays the guest.
final class GuestSocket {
  let number: Int32
  private var isOpen = true

  /// Makes a pair.
  /// - Returns: the guest's end, and the number of the end that a port takes over.
  static func pair(_ type: __socket_type, bufferBytes: Int32? = nil) throws -> (guest: GuestSocket, port: Int32) {
    var ends: [Int32] = [-1, -1]
    let flags = Int32(type.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    _ = try retrying { unsafe socketpair(AF_UNIX, flags, 0, &ends) }
    return (GuestSocket(ends[0]), ends[1])
  }

  init(_ number: Int32) { self.number = number }
  deinit { close() }

  func close() {
    if isOpen { _ = Glibc.close(number) }
    isOpen = false
  }

  /// The number, which is the caller's from now on.
  func release() -> Int32 {
    isOpen = false
    return number
  }

  /// Sends bytes as one message, or as a part of a stream.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Int {
    unsafe Glibc.send(number, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// Waits for the next message or the end. A child that the test process is just starting may hold a descriptor open for
  /// a moment after it was closed here.
  func receiveSoon() -> [UInt8]? {
    var entry = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&entry, 1, 5_000) > 0 ? receive() : nil
  }

  /// The next message, or what is there of a stream; nil when there is nothing.
  func receive() -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = unsafe recv(number, &bytes, bytes.count, Int32(MSG_DONTWAIT))
    return count < 0 ? nil : Array(bytes[..<count])
  }
}

/// A member of a group, without the plugin: bound to it, sending from a port of its own.
final class Member {
  let receiver: Descriptor
  let sender: Descriptor

  init(_ group: String, _ port: UInt16, interface: String = "lo") throws {
    let address = IPAddress(group)!
    let index = unsafe if_nametoindex(interface)
    receiver = try MulticastSocket.receiver(address, port: port, interface: index)
    try setSocketOption(receiver.number, Int32(IPPROTO_IP), IP_RECVTTL, 1)
    sender = try MulticastSocket.sender(address, port: port, interface: index, source: nil, hops: 1)
  }

  @discardableResult
  func send(_ bytes: [UInt8]) -> Int {
    unsafe Glibc.send(sender.number, bytes, bytes.count, 0)
  }

  /// The next datagram and its TTL; nil after 300 ms.
  func receive() -> (bytes: [UInt8], hops: Int32?)? {
    var entry = pollfd(fd: receiver.number, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&entry, 1, 300) > 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 65_535)
    var control = [UInt64](repeating: 0, count: 8)
    return unsafe bytes.withUnsafeMutableBytes { bytes in
      unsafe control.withUnsafeMutableBytes { control in
        var vector = unsafe iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
        var message = unsafe msghdr()
        unsafe withUnsafeMutablePointer(to: &vector) { unsafe message.msg_iov = $0 }
        unsafe message.msg_iovlen = 1
        unsafe message.msg_control = control.baseAddress
        unsafe message.msg_controllen = control.count
        let count = unsafe recvmsg(receiver.number, &message, 0)
        guard count >= 0 else { return nil }
        // One cmsghdr of 16 bytes, then the int.
        let hops = unsafe message.msg_controllen >= 20 ? control.load(fromByteOffset: 16, as: Int32.self) : nil
        return (unsafe Array(bytes[..<count]), hops)
      }
    }
  }
}

/// A program of this host that uses a group as User Mode Linux's `eth0=mcast` does: one socket, bound to the group, which
/// joins and sends by the route of the group with TTL 1, and hears its own frames.
final class NativeGuest {
  private let socket: Descriptor
  private let group: SocketAddress

  init(_ group: String, _ port: UInt16) throws {
    self.group = SocketAddress(IPAddress(group)!, port: port)
    socket = Descriptor(owning: try retrying { Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0) })
    try setSocketOption(socket.number, SOL_SOCKET, SO_REUSEADDR, 1)
    let number = socket.number
    var request = ip_mreq()
    var storage = sockaddr_storage()
    let length = unsafe withUnsafeMutableBytes(of: &storage) { bytes in
      let length = unsafe self.group.write(to: bytes)
      request.imr_multiaddr = unsafe bytes.load(as: sockaddr_in.self).sin_addr
      return length
    }
    _ = try retrying {
      unsafe withUnsafePointer(to: &storage) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(number, $0, socklen_t(length)) }
      }
    }
    let size = socklen_t(MemoryLayout<ip_mreq>.size)
    _ = try retrying { unsafe setsockopt(number, Int32(IPPROTO_IP), IP_ADD_MEMBERSHIP, &request, size) }
  }

  func send(_ bytes: [UInt8]) {
    var storage = sockaddr_storage()
    let length = unsafe withUnsafeMutableBytes(of: &storage) { unsafe group.write(to: $0) }
    unsafe withUnsafePointer(to: &storage) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = unsafe sendto(socket.number, bytes, bytes.count, 0, $0, socklen_t(length))
      }
    }
  }

  /// The next frame; nil after 300 ms.
  func receive() -> [UInt8]? {
    var entry = pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&entry, 1, 300) > 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 65_535)
    let count = unsafe recv(socket.number, &bytes, bytes.count, 0)
    return count < 0 ? nil : Array(bytes[..<count])
  }
}
