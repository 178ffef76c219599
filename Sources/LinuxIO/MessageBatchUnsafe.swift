// Batches of messages: recvmmsg(2) and sendmmsg(2) over arrays that are built once.
//
// A forwarding thread spends most of its time in the kernel, so a batch writes only what the last one changed: the
// vectors of what is sent. Nothing here allocates after init.
//
// Results lie in an array, because the bodies of package functions are not inlined into other modules, and a call for
// each property of each message would be a notable part of what a frame costs in user code.

package import CLinux
import Glibc

/// The arrays of `recvmmsg`, for messages that are scattered over vectors of the caller's.
@safe
package struct MessageReceiver: ~Copyable {
  private let messages: UnsafeMutablePointer<clinux_message>
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
    for index in 0..<capacity {
      var message = unsafe clinux_message()
      unsafe message.header.msg_iov = unsafe vectors + index * vectorsPerMessage
      unsafe message.header.msg_iovlen = vectorsPerMessage
      unsafe (messages + index).initialize(to: message)
    }
  }

  deinit {
    unsafe messages.deallocate()
    unsafe lengths.deallocate()
  }

  /// Receives what is there, without waiting.
  /// - Parameter most: how many messages at most, no more than `capacity`.
  /// - Returns: how many came, or `-errno`; `-EAGAIN`: none.
  package mutating func receive(from socket: Int32, most: Int) -> Int32 {
    while true {
      let count = unsafe clinux_receive_messages(socket, messages, UInt32(most), Int32(MSG_DONTWAIT))
      if count >= 0 {
        for index in 0..<Int(count) {
          let isTruncated = unsafe messages[index].header.msg_flags & Int32(MSG_TRUNC) != 0
          unsafe lengths[index] = isTruncated ? -1 : Int32(truncatingIfNeeded: messages[index].length)
        }
        return count
      }
      if errno != EINTR { return -errno }
    }
  }
}

/// The array of `sendmmsg`, for a connected socket, or for one that sends to several addresses.
@safe
package struct MessageSender: ~Copyable {
  private let messages: UnsafeMutablePointer<clinux_message>
  /// The most messages of one call.
  package let capacity: Int

  package init(capacity: Int) {
    self.capacity = capacity
    unsafe messages = .allocate(capacity: capacity)
    unsafe messages.initialize(repeating: clinux_message(), count: capacity)
  }

  deinit { unsafe messages.deallocate() }

  /// Says what message `index` of the next `send` consists of. The vectors are borrowed until then.
  package func set(_ index: Int, vectors: UnsafePointer<iovec>, count: Int) {
    unsafe messages[index].header.msg_iov = UnsafeMutablePointer(mutating: vectors)
    unsafe messages[index].header.msg_iovlen = count
  }

  /// Says where message `index` goes, of a socket that is not connected.
  /// - Parameters:
  ///   - name: a socket address; borrowed until another is set.
  ///   - length: its bytes, all of which count.
  package func address(_ index: Int, to name: UnsafeRawPointer, length: Int) {
    unsafe messages[index].header.msg_name = UnsafeMutableRawPointer(mutating: name)
    unsafe messages[index].header.msg_namelen = socklen_t(length)
  }

  /// Sends the first `count` messages in order, without waiting and without SIGPIPE.
  /// - Returns: how many were sent, or `-errno` about the first.
  package func send(to socket: Int32, count: Int) -> Int32 {
    let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
    while true {
      let sent = unsafe clinux_send_messages(socket, messages, UInt32(count), flags)
      if sent >= 0 { return sent }
      if errno != EINTR { return -errno }
    }
  }
}
