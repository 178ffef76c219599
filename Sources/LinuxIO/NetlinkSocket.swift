// rtnetlink, as rtnetlink(7) and <linux/rtnetlink.h> have it: a request is a header, a fixed structure of its type and
// attributes (length, type, bytes), each padded to four bytes; numbers are in host byte order. Used by control threads,
// a few times in an interface's life: messages are plain byte arrays.

import CLinux
import Glibc

/// A socket that asks the kernel about interfaces and routes. Answers come at once; nothing waits for another process.
package struct NetlinkSocket: ~Copyable {
  private let descriptor: Descriptor

  package init() throws(Errno) {
    let type = Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue)
    descriptor = Descriptor(owning: try retrying { socket(AF_NETLINK, type, NETLINK_ROUTE) })
  }

  /// Asks one question that has one answer.
  /// - Parameters:
  ///   - type: `RTM_GETLINK` and the like.
  ///   - body: the fixed structure and the attributes.
  /// - Returns: the answer's type and body, without its header.
  package borrowing func ask(_ type: Int32, _ body: NetlinkBytes) throws(Errno) -> (type: Int32, body: NetlinkBytes) {
    var request = NetlinkBytes()
    let header = nlmsghdr(
      nlmsg_len: UInt32(MemoryLayout<nlmsghdr>.size + body.bytes.count), nlmsg_type: UInt16(type),
      nlmsg_flags: UInt16(NLM_F_REQUEST), nlmsg_seq: 1, nlmsg_pid: 0)
    request.append(header)
    request.append(contentsOf: body.bytes)
    let number = descriptor.number
    let bytes = request.bytes
    _ = try retrying { unsafe send(number, bytes, bytes.count, 0) }

    var answer = [UInt8](repeating: 0, count: 32_768)
    let received = try retrying { unsafe recv(number, &answer, answer.count, 0) }
    let reply = NetlinkBytes(Array(answer[..<received]))
    guard let replyHeader = reply.load(nlmsghdr.self, at: 0) else { throw Errno(EBADMSG) }
    let content = NetlinkBytes(Array(reply.bytes.dropFirst(MemoryLayout<nlmsghdr>.size)))
    if Int32(replyHeader.nlmsg_type) == NLMSG_ERROR {
      // struct nlmsgerr begins with -errno; 0 is a bare acknowledgement, which no question asks for.
      throw Errno(-(content.load(Int32.self, at: 0) ?? -EBADMSG))
    }
    return (Int32(replyHeader.nlmsg_type), content)
  }
}

/// The bytes of a netlink message, or of a part of one.
package struct NetlinkBytes: Sendable {
  package private(set) var bytes: [UInt8]

  package init(_ bytes: [UInt8] = []) { self.bytes = bytes }

  /// Adds a C structure without pointers.
  package mutating func append<Value: BitwiseCopyable>(_ value: Value) {
    unsafe withUnsafeBytes(of: value) { unsafe bytes.append(contentsOf: $0) }
  }

  /// Adds bytes as they are.
  package mutating func append(contentsOf other: [UInt8]) { bytes += other }

  /// Adds an attribute (`struct rtattr`) and its padding.
  package mutating func appendAttribute(_ type: Int, _ value: [UInt8]) {
    append(UInt16(4 + value.count))
    append(UInt16(type))
    bytes += value
    while bytes.count % 4 != 0 { bytes.append(0) }
  }

  /// The structure at `offset`; nil when the message is too short.
  package func load<Value: BitwiseCopyable>(_ type: Value.Type, at offset: Int) -> Value? {
    guard offset >= 0, offset + MemoryLayout<Value>.size <= bytes.count else { return nil }
    return unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: offset, as: type) }
  }

  /// The value of the first attribute of that type among those that begin at `offset`.
  package func attribute(_ type: Int, from offset: Int) -> NetlinkBytes? {
    var offset = offset
    while let length = load(UInt16.self, at: offset), let found = load(UInt16.self, at: offset + 2), length >= 4 {
      let end = offset + Int(length)
      guard end <= bytes.count else { return nil }
      if Int(found) == type { return NetlinkBytes(Array(bytes[(offset + 4)..<end])) }
      offset = (end + 3) & ~3
    }
    return nil
  }
}
