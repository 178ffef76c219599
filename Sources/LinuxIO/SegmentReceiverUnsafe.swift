// Batches of UDP datagrams with segmentation by the kernel: UDP_GRO on receive here, UDP_SEGMENT on send in
// SegmentSender. On the wire they are ordinary datagrams.
//
// With UDP_GRO (Linux 5.0) the kernel hands over consecutive datagrams of one source and destination, of equal length, as
// one message: up to 64 KiB, the length of a datagram in a control message, the last datagram may be shorter. What the
// payload says is not looked at: datagrams of different VXLAN networks come in one message, so each must be judged by
// itself.

import CLinux
import Glibc

/// Options of `<linux/udp.h>`, which Glibc does not show.
package enum UDPOption {
  package static let level = Int32(IPPROTO_UDP)
  /// The option and the control message by which a sender names the segments' length; 16 bits.
  package static let segment: Int32 = 103
  /// The option and the control message by which a receiver learns it; 32 bits.
  package static let gro: Int32 = 104
  /// Send without a checksum, take datagrams without one; IPv6 only.
  package static let noChecksumSent6: Int32 = 101
  package static let noChecksumReceived6: Int32 = 102
}

/// One datagram of a batch. What it points to is valid until the next ``SegmentReceiver/refill(from:)``.
@safe
package struct ReceivedDatagram {
  package let bytes: UnsafeRawPointer
  /// In bytes; -1: it was longer than a slot.
  package let length: Int
  /// Who sent it: a `sockaddr_in` or `sockaddr_in6` at 8-byte alignment, `SegmentReceiver.nameStride` bytes readable.
  package let name: UnsafeRawPointer
  /// It was addressed to a multicast group. Known with IP_PKTINFO or IPV6_RECVPKTINFO, else false.
  package let isGroup: Bool
}

/// The arrays of `recvmmsg(2)` for a UDP socket with UDP_GRO or without. Messages lie in slots of 64 KiB, which are
/// mapped and not touched: a socket that only meets ordinary datagrams occupies one page a slot. Nothing allocates after
/// init.
///
/// `refill` receives, `next` then hands out one datagram after the other, over as many batches of the caller as it takes.
@safe
package struct SegmentReceiver: ~Copyable {
  /// The bytes kept for the name of each sender: a `sockaddr_in6` and padding.
  package static let nameStride = 32
  /// What UDP_GRO fills at most is 65,535 bytes.
  private static let slotBytes = 65_536
  /// CMSG_SPACE of cmsg(3) for an int (24), `in_pktinfo` (32) and `in6_pktinfo` (40), rounded up.
  private static let controlStride = 128

  /// The most messages of one call.
  package let capacity: Int
  private let memory: MappedMemory
  private let messages: UnsafeMutablePointer<clinux_message>
  private let vectors: UnsafeMutablePointer<iovec>
  private let names: UnsafeMutableRawPointer
  private let controls: UnsafeMutableRawPointer

  private var toReset = 0
  // Messages of the last refill, the one being handed out, and how far.
  private var count = 0
  private var slot = 0
  private var offset = 0
  private var length = 0
  private var segment = 0
  private var isGroup = false

  /// Messages that held more than one datagram, and datagrams that came so.
  package private(set) var mergedMessages: UInt64 = 0
  package private(set) var mergedDatagrams: UInt64 = 0

  /// - Throws: when the kernel gives no address space.
  package init(capacity: Int = 32) throws(Errno) {
    self.capacity = capacity
    memory = try MappedMemory(byteCount: capacity * Self.slotBytes)
    unsafe messages = .allocate(capacity: capacity)
    unsafe vectors = .allocate(capacity: capacity)
    unsafe names = .allocate(byteCount: capacity * Self.nameStride, alignment: 8)
    unsafe names.initializeMemory(as: UInt8.self, repeating: 0, count: capacity * Self.nameStride)
    unsafe controls = .allocate(byteCount: capacity * Self.controlStride, alignment: 8)
    for index in 0..<capacity {
      unsafe vectors[index] = iovec(
        iov_base: memory.bytes.baseAddress! + index * Self.slotBytes, iov_len: Self.slotBytes)
      var message = unsafe clinux_message()
      unsafe message.header.msg_iov = unsafe vectors + index
      unsafe message.header.msg_iovlen = 1
      unsafe message.header.msg_name = unsafe names + index * Self.nameStride
      unsafe message.header.msg_control = unsafe controls + index * Self.controlStride
      unsafe (messages + index).initialize(to: message)
    }
    toReset = capacity
  }

  deinit {
    unsafe messages.deallocate()
    unsafe vectors.deallocate()
    unsafe names.deallocate()
    unsafe controls.deallocate()
  }

  /// Whether every datagram has been handed out.
  package var isEmpty: Bool { slot == count }

  /// Receives what is there, without waiting. What the last batch left is lost: call it when `isEmpty`.
  /// - Returns: how many messages came, or `-errno`; `-EAGAIN`: none.
  package mutating func refill(from socket: Int32) -> Int32 {
    for index in 0..<toReset {
      unsafe messages[index].header.msg_namelen = socklen_t(Self.nameStride)
      unsafe messages[index].header.msg_controllen = Self.controlStride
    }
    toReset = 0
    count = 0
    slot = 0
    while true {
      let result = unsafe clinux_receive_messages(socket, messages, UInt32(capacity), Int32(MSG_DONTWAIT))
      if result >= 0 {
        count = Int(result)
        toReset = count
        if count > 0 { open(0) }
        return result
      }
      if errno != EINTR { return -errno }
    }
  }

  /// Hands out the next datagram; nil: there is none, `refill` gets more.
  package mutating func next() -> ReceivedDatagram? {
    guard slot < count else { return nil }
    let start = unsafe UnsafeRawPointer(vectors[slot].iov_base!) + offset
    let name = unsafe UnsafeRawPointer(names + slot &* Self.nameStride)
    let taken = length < 0 ? length : min(segment, length &- offset)
    let isGroup = self.isGroup
    offset &+= taken
    if taken <= 0 || offset >= length {
      slot &+= 1
      if slot < count { open(slot) }
    }
    return unsafe ReceivedDatagram(bytes: start, length: taken, name: name, isGroup: isGroup)
  }

  /// Passes over what the message still holds that the last datagram was from.
  /// - Returns: how many datagrams that was.
  package mutating func skipMessage() -> Int {
    // Behind its last datagram the next message is open already.
    guard slot < count, offset > 0 else { return 0 }
    let skipped = (length &- offset &+ segment &- 1) / segment
    slot &+= 1
    if slot < count { open(slot) }
    return skipped
  }

  /// Begins with a message.
  private mutating func open(_ index: Int) {
    let header = unsafe messages[index].header
    offset = 0
    length = unsafe header.msg_flags & Int32(MSG_TRUNC) != 0 ? -1 : Int(messages[index].length)
    segment = max(length, 0)
    isGroup = false
    unsafe readControl(controls + index &* Self.controlStride, length: header.msg_controllen)
    guard length > segment else { return }
    mergedMessages &+= 1
    mergedDatagrams &+= UInt64(truncatingIfNeeded: (length &+ segment &- 1) / segment)
  }

  /// Reads `struct cmsghdr`s: length, level, type, then the data; each begins at a multiple of eight.
  private mutating func readControl(_ control: UnsafeMutableRawPointer, length controlLength: Int) {
    let header = 16
    var place = 0
    while place &+ header <= controlLength {
      let size = unsafe control.load(fromByteOffset: place, as: Int.self)
      guard size >= header else { return }
      let level = unsafe control.load(fromByteOffset: place &+ 8, as: Int32.self)
      let type = unsafe control.load(fromByteOffset: place &+ 12, as: Int32.self)
      let data = place &+ header
      if level == UDPOption.level, type == UDPOption.gro {
        let bytes = unsafe Int(control.load(fromByteOffset: data, as: Int32.self))
        if bytes > 0 { segment = min(segment, bytes) }
      } else if level == IPPROTO.ip, type == IP_PKTINFO {
        // struct in_pktinfo: interface, local address, destination of the header.
        isGroup = unsafe control.load(fromByteOffset: data &+ 8, as: UInt8.self) & 0xf0 == 0xe0
      } else if level == IPPROTO.ipv6, type == IPV6_PKTINFO {
        isGroup = unsafe control.load(fromByteOffset: data, as: UInt8.self) == 0xff
      }
      place &+= (size &+ 7) & ~7
    }
  }
}
