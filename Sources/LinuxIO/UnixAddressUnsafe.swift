import Glibc

/// The address of a local socket as the kernel writes it, unix(7): a path, an abstract name, or nothing.
package struct UnixAddress: Equatable, Sendable {
  /// Bytes of a `sockaddr_un` at most.
  package static let mostBytes = 110
  /// A `sockaddr_un`: the family in the host's byte order, then the name, of a path with its NUL.
  package let bytes: [UInt8]

  /// - Parameter bytes: a `sockaddr_un`.
  /// - Returns: nil: it is of another family, or too long or too short to be one.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count >= 2, bytes.count <= Self.mostBytes, bytes[..<2] == Self.family[...] else { return nil }
    self.bytes = bytes
  }

  /// The name that a socket is bound to.
  /// - Throws: what getsockname(2) reports; `EAFNOSUPPORT` of a socket of another family.
  package init(of socket: Int32) throws(Errno) {
    var storage = sockaddr_un()
    var length = socklen_t(Self.mostBytes)
    _ = try retrying {
      unsafe withUnsafeMutablePointer(to: &storage) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(socket, $0, &length) }
      }
    }
    let bytes = unsafe withUnsafeBytes(of: storage) { unsafe Array($0.prefix(Int(length))) }
    guard let address = UnixAddress(bytes) else { throw Errno(EAFNOSUPPORT) }
    self = address
  }

  /// nil: an abstract name, or none.
  package var path: String? {
    guard bytes.count > 2, bytes[2] != 0 else { return nil }
    return String(decoding: bytes[2...].prefix { $0 != 0 }, as: UTF8.self)
  }

  private static let family = unsafe withUnsafeBytes(of: sa_family_t(AF_UNIX)) { unsafe Array($0) }
}

extension UnixAddress: CustomStringConvertible {
  /// A path, or `@` and an abstract name.
  package var description: String { path ?? "@" + String(decoding: bytes.dropFirst(3), as: UTF8.self) }
}
