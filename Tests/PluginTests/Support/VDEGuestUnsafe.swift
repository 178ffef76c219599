import Glibc
import LinuxIO
import Testing

/// The programs' side of the VDE protocol: a control stream, and a datagram socket for frames.
final class VDEGuest {
  /// Which request, and how long the real program makes it.
  enum Request { case v1, v3, v3Padded }

  let control: GuestSocket
  let data: GuestSocket
  /// The bytes of `sun_path` that the data socket is bound to.
  let name: [UInt8]

  /// - Parameter name: a path, or an abstract name with a NUL in front.
  init(control: GuestSocket, name: [UInt8]) throws {
    self.control = control
    self.name = name + [UInt8](repeating: 0, count: 108 - name.count)
    let type = Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    data = GuestSocket(try retrying { Glibc.socket(AF_UNIX, type, 0) })
    try #require(unsafe VDEGuest.withAddress(self.name) { unsafe bind(data.number, $0, $1) } == 0)
  }

  /// A request's bytes.
  func request(
    _ kind: Request = .v3, type: UInt32 = 0, description: String = "", magic: UInt32 = 0xfeed_face,
    version: UInt32 = 3, family: UInt16 = 1
  ) -> [UInt8] {
    let socket = VDEGuest.bytes(family) + name
    let text = Array(description.utf8)
    switch kind {
    case .v1: return VDEGuest.bytes(magic) + VDEGuest.bytes(type) + [2, 0, 0, 0, 0, 1] + socket + text
    case .v3: return VDEGuest.bytes(magic) + VDEGuest.bytes(version) + VDEGuest.bytes(type) + socket + text
    case .v3Padded:
      return VDEGuest.bytes(magic) + VDEGuest.bytes(version) + VDEGuest.bytes(type) + socket + [0x5a, 0xa5]
    }
  }

  /// The path in the reply; nil: none has come, or one of another length.
  func reply() -> String? {
    guard let bytes = control.receive(), bytes.count == 110, bytes[0] == 1, bytes[1] == 0 else { return nil }
    return String(decoding: bytes[2...].prefix { $0 != 0 }, as: UTF8.self)
  }

  /// Connects the data socket, as libvdeplug does.
  func connect(to path: String) -> Int32 {
    let name = Array(path.utf8) + [UInt8](repeating: 0, count: 108 - path.utf8.count)
    return unsafe VDEGuest.withAddress(name) { unsafe Glibc.connect(data.number, $0, $1) }
  }

  /// Sends a frame where the reply says, as User Mode Linux does.
  /// - Returns: what sendto returned.
  @discardableResult
  func send(_ frame: [UInt8], to path: String) -> Int {
    let name = Array(path.utf8) + [UInt8](repeating: 0, count: 108 - path.utf8.count)
    return unsafe VDEGuest.withAddress(name) { unsafe sendto(data.number, frame, frame.count, 0, $0, $1) }
  }

  private static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    unsafe withUnsafeBytes(of: number) { unsafe Array($0) }
  }

  private static func withAddress<Result>(
    _ name: [UInt8], _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    let address = bytes(UInt16(AF_UNIX)) + name
    return unsafe address.withUnsafeBytes {
      unsafe body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(address.count))
    }
  }
}
