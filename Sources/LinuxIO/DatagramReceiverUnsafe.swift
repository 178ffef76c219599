package import CLinux
import Glibc

/// Who sent a datagram, by SCM_CREDENTIALS of unix(7).
package struct SenderCredentials: Equatable, BitwiseCopyable, Sendable {
  /// 0: not known.
  package var process: Int32
  package var user: UInt32
  package var group: UInt32

  package init(process: Int32 = 0, user: UInt32 = .max, group: UInt32 = .max) {
    self.process = process
    self.user = user
    self.group = group
  }
}

/// The arrays of `recvmmsg(2)` for a bound Unix datagram socket with SO_PASSCRED: messages come with the names and the
/// credentials of their senders. Nothing allocates after init.
@safe
package struct DatagramReceiver: ~Copyable {
  /// The bytes kept for the name of each sender: a `sockaddr_un`, 110 bytes, and padding.
  package static let nameStride = 112
  /// What a `struct cmsghdr` with a `struct ucred` takes, CMSG_SPACE of cmsg(3) on 64-bit: 16 + 12 bytes and padding.
  /// There is no room for descriptors: the kernel closes those that somebody sends along.
  private static let controlStride = 32

  private let messages: UnsafeMutablePointer<clinux_message>
  private let names: UnsafeMutableRawPointer
  private let controls: UnsafeMutableRawPointer
  private var toReset = 0
  /// The bytes of each message that the last `receive` got; -1: it was longer than its vectors.
  package let lengths: UnsafeMutablePointer<Int32>
  /// The most messages of one call.
  package let capacity: Int

  /// - Parameter vectors: `capacity * vectorsPerMessage`; they and what they point to must live longer than this value.
  package init(vectors: UnsafeMutablePointer<iovec>, vectorsPerMessage: Int, capacity: Int) {
    self.capacity = capacity
    unsafe messages = .allocate(capacity: capacity)
    unsafe lengths = .allocate(capacity: capacity)
    unsafe lengths.initialize(repeating: 0, count: capacity)
    unsafe names = .allocate(byteCount: capacity * Self.nameStride, alignment: 8)
    unsafe controls = .allocate(byteCount: capacity * Self.controlStride, alignment: 8)
    for index in 0..<capacity {
      var message = unsafe clinux_message()
      unsafe message.header.msg_iov = unsafe vectors + index * vectorsPerMessage
      unsafe message.header.msg_iovlen = vectorsPerMessage
      unsafe message.header.msg_name = unsafe names + index * Self.nameStride
      unsafe message.header.msg_control = unsafe controls + index * Self.controlStride
      unsafe (messages + index).initialize(to: message)
    }
    toReset = capacity
  }

  deinit {
    unsafe messages.deallocate()
    unsafe lengths.deallocate()
    unsafe names.deallocate()
    unsafe controls.deallocate()
  }

  /// Receives what is there, without waiting.
  /// - Parameter most: how many messages at most, no more than `capacity`.
  /// - Returns: how many came, or `-errno`; `-EAGAIN`: none.
  package mutating func receive(from socket: Int32, most: Int) -> Int32 {
    for index in 0..<toReset {
      unsafe messages[index].header.msg_namelen = socklen_t(Self.nameStride)
      unsafe messages[index].header.msg_controllen = Self.controlStride
    }
    toReset = 0
    while true {
      let count = unsafe clinux_receive_messages(socket, messages, UInt32(most), Int32(MSG_DONTWAIT))
      if count >= 0 {
        toReset = Int(count)
        for index in 0..<toReset {
          let isTruncated = unsafe messages[index].header.msg_flags & Int32(MSG_TRUNC) != 0
          unsafe lengths[index] = isTruncated ? -1 : Int32(truncatingIfNeeded: messages[index].length)
        }
        return count
      }
      if errno != EINTR { return -errno }
    }
  }

  /// The sender's address as the kernel wrote it, in whole words: what lies behind its bytes is zero or an older name's.
  package func name(_ index: Int) -> UnsafeRawPointer {
    unsafe UnsafeRawPointer(names + index &* Self.nameStride)
  }

  /// Bytes of the sender's address; no more than 2: it has none.
  package func nameLength(_ index: Int) -> Int { Int(unsafe messages[index].header.msg_namelen) }

  /// Who sent it; nil: the kernel did not say.
  package func credentials(_ index: Int) -> SenderCredentials? {
    guard unsafe messages[index].header.msg_controllen >= 28 else { return nil }
    let control = unsafe UnsafeRawPointer(controls + index &* Self.controlStride)
    // struct cmsghdr: length, level, type; then struct ucred: pid, uid, gid.
    guard unsafe control.load(fromByteOffset: 8, as: Int32.self) == SOL_SOCKET,
      unsafe control.load(fromByteOffset: 12, as: Int32.self) == 2  // SCM_CREDENTIALS
    else { return nil }
    return unsafe SenderCredentials(
      process: control.load(fromByteOffset: 16, as: Int32.self),
      user: control.load(fromByteOffset: 20, as: UInt32.self),
      group: control.load(fromByteOffset: 24, as: UInt32.self))
  }
}
