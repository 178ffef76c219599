// rtnetlink, as rtnetlink(7) and <linux/rtnetlink.h> have it: a request is a header, a fixed structure of its type and
// attributes (length, type, bytes), each padded to four bytes; numbers are in host byte order. Used by control threads,
// a few times in an interface's life: messages are plain byte arrays.

import CLinux
import Glibc

/// A socket that asks the kernel about interfaces and routes, and changes them. Answers come at once; nothing waits for another process.
package struct NetlinkSocket: ~Copyable {
  private let descriptor: Descriptor

  /// - Parameter protocolNumber: who is asked, `NETLINK_*`.
  package init(_ protocolNumber: Int32 = NETLINK_ROUTE) throws(Errno) {
    let type = Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue)
    descriptor = Descriptor(owning: try retrying { socket(AF_NETLINK, type, protocolNumber) })
  }

  /// Asks one question that has one answer.
  /// - Parameters:
  ///   - type: `RTM_GETLINK` and the like.
  ///   - body: the fixed structure and the attributes.
  /// - Returns: the answer's type and body, without its header.
  package borrowing func ask(_ type: Int32, _ body: NetlinkBytes) throws(Errno) -> (type: Int32, body: NetlinkBytes) {
    try send(type, flags: 0, body)
    let reply = try receive()
    guard let header = reply.load(nlmsghdr.self, at: 0) else { throw Errno(EBADMSG) }
    let content = NetlinkBytes(Array(reply.bytes.dropFirst(MemoryLayout<nlmsghdr>.size)))
    if Int32(header.nlmsg_type) == NLMSG_ERROR {
      // struct nlmsgerr begins with -errno; 0 is a bare acknowledgement, which no question asks for.
      throw Errno(-(content.load(Int32.self, at: 0) ?? -EBADMSG))
    }
    return (Int32(header.nlmsg_type), content)
  }

  /// Asks a question that has any number of answers.
  /// - Returns: the answers' bodies.
  package borrowing func list(_ type: Int32, _ body: NetlinkBytes) throws(Errno) -> [NetlinkBytes] {
    try send(type, flags: NLM_F_DUMP, body)
    var answers: [NetlinkBytes] = []
    while true {
      let part = try receive()
      var offset = 0
      while let header = part.load(nlmsghdr.self, at: offset) {
        let begin = offset + MemoryLayout<nlmsghdr>.size
        let end = offset + Int(header.nlmsg_len)
        guard end >= begin, end <= part.bytes.count else { throw Errno(EBADMSG) }
        let content = NetlinkBytes(Array(part.bytes[begin..<end]))
        switch Int32(header.nlmsg_type) {
        case NLMSG_DONE: return answers
        case NLMSG_ERROR: throw Errno(-(content.load(Int32.self, at: 0) ?? -EBADMSG))
        default: answers.append(content)
        }
        offset = (end + 3) & ~3
      }
    }
  }

  /// Orders a change and waits for its acknowledgement.
  /// - Parameter flags: `NLM_F_CREATE` and the like, beside those of every request.
  package borrowing func order(_ type: Int32, flags: Int32 = 0, _ body: NetlinkBytes) throws(NetlinkRefusal) {
    do throws(Errno) {
      // A kernel that does not know these options gives no reason, and the whole request back.
      try? setSocketOption(descriptor.number, SOL_NETLINK, NETLINK_EXT_ACK, 1)
      try? setSocketOption(descriptor.number, SOL_NETLINK, NETLINK_CAP_ACK, 1)
      try send(type, flags: NLM_F_ACK | flags, body)
    } catch {
      throw NetlinkRefusal(error: error)
    }
    let reply: NetlinkBytes
    do throws(Errno) { reply = try receive() } catch { throw NetlinkRefusal(error: error) }
    let begin = MemoryLayout<nlmsghdr>.size
    guard let header = reply.load(nlmsghdr.self, at: 0), Int32(header.nlmsg_type) == NLMSG_ERROR,
      let code = reply.load(Int32.self, at: begin)
    else { throw NetlinkRefusal(error: Errno(EBADMSG)) }
    if code == 0 { return }
    var reason = ""
    // NLM_F_CAPPED, 0x100: the attributes follow the request's header at once.
    if header.nlmsg_flags & 0x100 != 0,
      let text = reply.attribute(Int(NLMSGERR_ATTR_MSG.rawValue), from: begin + MemoryLayout<nlmsgerr>.size)
    {
      reason = text.string
    }
    throw NetlinkRefusal(error: Errno(-code), reason: reason)
  }

  private borrowing func send(_ type: Int32, flags: Int32, _ body: NetlinkBytes) throws(Errno) {
    var request = NetlinkBytes()
    let header = nlmsghdr(
      nlmsg_len: UInt32(MemoryLayout<nlmsghdr>.size + body.bytes.count), nlmsg_type: UInt16(type),
      nlmsg_flags: UInt16(NLM_F_REQUEST | flags), nlmsg_seq: 1, nlmsg_pid: 0)
    request.append(header)
    request.append(contentsOf: body.bytes)
    let number = descriptor.number
    let bytes = request.bytes
    _ = try retrying { unsafe Glibc.send(number, bytes, bytes.count, 0) }
  }

  private borrowing func receive() throws(Errno) -> NetlinkBytes {
    let number = descriptor.number
    var answer = [UInt8](repeating: 0, count: 32_768)
    let received = try retrying { unsafe recv(number, &answer, answer.count, 0) }
    return NetlinkBytes(Array(answer[..<received]))
  }
}

/// Why the kernel did not carry out an order.
package struct NetlinkRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  package let error: Errno
  /// The kernel's own words (`NLMSGERR_ATTR_MSG`); empty: it has none.
  package let reason: String

  package init(error: Errno, reason: String = "") {
    self.error = error
    self.reason = reason
  }

  package var description: String { reason.isEmpty ? "\(error)" : "\(reason) (\(error))" }
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

  /// Adds an attribute of one number in host byte order.
  package mutating func appendAttribute(_ type: Int, _ value: UInt32) {
    appendAttribute(type, unsafe withUnsafeBytes(of: value) { unsafe Array($0) })
  }

  /// The bytes as a text that ends at the first NUL.
  package var string: String { String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }

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
      // The two uppermost bits are flags: nested, network byte order.
      if Int(found & 0x3fff) == type { return NetlinkBytes(Array(bytes[(offset + 4)..<end])) }
      offset = (end + 3) & ~3
    }
    return nil
  }
}
