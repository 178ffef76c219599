package import CLinux
import Glibc

/// An internet address with a port: what a UDP socket is bound or connected to.
package struct SocketAddress: Hashable, Sendable {
  package var address: IPAddress
  /// In host byte order.
  package var port: UInt16
  /// The interface index that an IPv6 link-local address belongs to; 0: none.
  package var scope: UInt32

  package init(_ address: IPAddress, port: UInt16, scope: UInt32 = 0) {
    self.address = address
    self.port = port
    self.scope = scope
  }

  /// Calls `body` with the address as the kernel takes it: a `sockaddr_in` or `sockaddr_in6` and its size in bytes.
  package func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    var storage = sockaddr_storage()
    let length = unsafe withUnsafeMutableBytes(of: &storage) { unsafe write(to: $0) }
    return unsafe withUnsafePointer(to: &storage) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, socklen_t(length)) }
    }
  }

  /// Writes a `sockaddr_in` or `sockaddr_in6`.
  /// - Parameter storage: at least the size of a `sockaddr_in6`.
  /// - Returns: the bytes written.
  package func write(to storage: UnsafeMutableRawBufferPointer) -> Int {
    var bytes = address.bytes
    if address.family == AF_INET {
      var name = sockaddr_in()
      name.sin_family = sa_family_t(AF_INET)
      name.sin_port = port.bigEndian
      unsafe withUnsafeBytes(of: &bytes) {
        name.sin_addr = unsafe $0.loadUnaligned(as: in_addr.self)
      }
      unsafe storage.storeBytes(of: name, as: sockaddr_in.self)
      return MemoryLayout<sockaddr_in>.size
    }
    var name = sockaddr_in6()
    name.sin6_family = sa_family_t(AF_INET6)
    name.sin6_port = port.bigEndian
    name.sin6_scope_id = scope
    unsafe withUnsafeBytes(of: &bytes) {
      name.sin6_addr = unsafe $0.loadUnaligned(as: in6_addr.self)
    }
    unsafe storage.storeBytes(of: name, as: sockaddr_in6.self)
    return MemoryLayout<sockaddr_in6>.size
  }

  /// The address that the kernel wrote.
  /// - Parameter storage: a `sockaddr_in` or `sockaddr_in6`, whole.
  /// - Returns: nil when it is of another family.
  package init?(reading storage: UnsafeRawBufferPointer) {
    let family = Int32(unsafe storage.loadUnaligned(as: sa_family_t.self))
    var bytes = InlineBytes16()
    switch family {
    case AF_INET:
      let name = unsafe storage.loadUnaligned(as: sockaddr_in.self)
      unsafe withUnsafeMutableBytes(of: &bytes) { unsafe $0.storeBytes(of: name.sin_addr, as: in_addr.self) }
      self.init(IPAddress(family: family, bytes: bytes), port: UInt16(bigEndian: name.sin_port))
    case AF_INET6:
      let name = unsafe storage.loadUnaligned(as: sockaddr_in6.self)
      unsafe withUnsafeMutableBytes(of: &bytes) { unsafe $0.storeBytes(of: name.sin6_addr, as: in6_addr.self) }
      self.init(
        IPAddress(family: family, bytes: bytes), port: UInt16(bigEndian: name.sin6_port), scope: name.sin6_scope_id)
    default:
      return nil
    }
  }

  /// The address that a socket is bound to.
  package init(of socket: Int32) throws(Errno) {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = unsafe withUnsafeMutablePointer(to: &storage) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(socket, $0, &length) }
    }
    if result < 0 { throw Errno.current }
    guard let found = unsafe withUnsafeBytes(of: &storage, { unsafe SocketAddress(reading: $0) }) else {
      throw Errno(EAFNOSUPPORT)
    }
    self = found
  }
}

extension SocketAddress: CustomStringConvertible {
  /// As people write it: "10.0.0.1:1102", "[ff15::1]:1102".
  package var description: String {
    address.family == AF_INET ? "\(address):\(port)" : "[\(address)]:\(port)"
  }
}
