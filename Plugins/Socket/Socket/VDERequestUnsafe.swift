import CTransport
import Glibc
import TransportKit

/// What a client of a uml_switch or a VDE switch asks for.
///
/// Numbers are in the host's byte order, `sockaddr_un` has 110 bytes:
///
///     v1  u32 0xfeedface, u32 type, u8 address[6], sockaddr_un     124 bytes
///     v3  u32 0xfeedface, u32 3, u32 type, sockaddr_un                122 bytes
///
/// A description of at most 128 bytes may follow. User Mode Linux sends two bytes of padding behind v3. The low byte of
/// `type` is 0 (a port) or 1 (port 0, from which a VDE switch is managed), the rest is the number of the port that the
/// client would like: here every client gets a port of its own, and none is managed by it.
struct VDERequest: Equatable {
  /// Bytes of the longest request.
  static let mostBytes = 124 + 128
  /// Bytes of `sun_path` of `<sys/un.h>`.
  static let pathBytes = 108

  /// `sun_path`, all of it: where the client receives its frames. All bytes of an abstract name count.
  let name: [UInt8]
  /// What the client says of itself, printable ASCII; empty: nothing.
  let description: String
  /// The whole of it, as it was sent.
  let bytes: [UInt8]

  /// Reads a request as far as it has come.
  /// - Returns: nil: more is needed.
  /// - Throws: what has come is no request, however it goes on.
  init?(_ bytes: [UInt8]) throws(TransportProblem) {
    let bytes = bytes[...]
    guard bytes.count >= 4 else { return nil }
    guard bytes.word(at: 0) == 0xfeed_face else {
      throw bytes.word(at: 0) <= 1
        ? Self.refusal("version 0") : TransportProblem("what it sent is no request of uml_switch or VDE", code: EPROTO)
    }
    guard bytes.count >= 8 else { return nil }
    let version = bytes.word(at: 4)
    switch version {
    case 0, 1: try self.init(bytes, type: version, nameAt: 14, length: 124)
    case 3:
      guard bytes.count >= 12 else { return nil }
      try self.init(bytes, type: bytes.word(at: 8), nameAt: 12, length: 122)
    default: throw Self.refusal("version \(version)")
    }
  }

  private static func refusal(_ version: String) -> TransportProblem {
    TransportProblem(
      "it speaks \(version) of uml_switch's protocol: use a client that speaks version 1 or 3", code: EPROTONOSUPPORT)
  }

  private init?(_ bytes: ArraySlice<UInt8>, type: UInt32, nameAt offset: Int, length: Int) throws(TransportProblem) {
    guard type & 0xff <= 1 else {
      throw TransportProblem("it asks for what no switch gives: type \(type & 0xff), not 0 or 1", code: EPROTO)
    }
    guard bytes.count >= length else { return nil }
    guard bytes.count <= length + 128 else {
      throw TransportProblem("its request is longer than \(length + 128) bytes", code: EPROTO)
    }
    guard bytes.family(at: offset) == UInt16(AF_UNIX) else {
      throw TransportProblem("it names no Unix socket for its frames", code: EAFNOSUPPORT)
    }
    self.bytes = Array(bytes)
    name = Array(bytes[(offset + 2)..<(offset + 2 + Self.pathBytes)])
    // Behind an abstract name come two bytes of padding with whatever was there.
    let rest = bytes.dropFirst(length)
    description = name[0] == 0 && rest.count <= 2 ? "" : Self.printable(rest)
  }

  private static func printable(_ bytes: ArraySlice<UInt8>) -> String {
    let text = bytes.prefix { $0 != 0 }.map { (0x20..<0x7f).contains($0) ? $0 : UInt8(ascii: "?") }
    return String(decoding: text, as: UTF8.self)
  }
}

extension VDERequest {
  /// The path that the client names; nil: an abstract name.
  var path: String? { name[0] == 0 ? nil : String(decoding: name.prefix { $0 != 0 }, as: UTF8.self) }

  /// The longest frame that the client's buffer takes: it would cut a longer one without a word.
  var largestFrame: UInt32 {
    // Only User Mode Linux uses abstract names; eth0=daemon reads an MTU of at most 1,500 and 26 bytes of headers
    // (ETH_HEADER_OTHER of arch/um/include/shared/net_user.h).
    if name[0] == 0 { return 1_526 }
    return Self.buffers.first { description.hasPrefix($0.program) }?.bytes ?? UMBEL_LARGEST_SEGMENT
  }

  /// Programs whose buffer is shorter than the longest frame, by what their descriptions begin with.
  private static let buffers: [(program: String, bytes: UInt32)] = [
    ("QEMU", 4_096),  // net/vde.c
    ("vde_plug", 2_046),  // vde_plug and vde_plug2tap of vde2; libvdeplug 4 says "vdeplug" and takes 9,234
  ]
}

extension ArraySlice<UInt8> {
  /// Four bytes in the host's order.
  fileprivate func word(at offset: Int) -> UInt32 {
    unsafe withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
  }

  /// Two bytes in the host's order.
  fileprivate func family(at offset: Int) -> UInt16 {
    unsafe withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: offset, as: UInt16.self) }
  }
}
