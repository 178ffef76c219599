// Descriptors over local sockets: SCM_RIGHTS, unix(7).
//
// They travel with the first byte of one message, and a read never reaches beyond the message that brought some. The
// receiver's copies are close-on-exec from the beginning, bounded in number, and owned by a `Descriptors` value, which
// closes what nobody takes.

internal import CLinux
import Glibc

extension UnixSocket {
  /// Writes as many of `bytes` as the socket takes, with copies of `descriptors` beside the first.
  /// - Parameter bytes: not empty.
  /// - Returns: `bytes(n)`: all descriptors have gone with them; `wouldBlock`: nothing has.
  /// - Throws: `EINVAL` for more than `Descriptors.most`, `EBADF` when one has been taken, `EPIPE`, and what sendmsg(2)
  ///   reports.
  package static func send(
    _ bytes: ArraySlice<UInt8>, with descriptors: borrowing Descriptors, to socket: borrowing Descriptor
  ) throws(Errno) -> Transfer {
    precondition(!bytes.isEmpty, "descriptors travel with a byte")
    let number = socket.number
    let passed = descriptors.numbers
    do throws(Errno) {
      return .bytes(
        try retrying {
          unsafe bytes.withUnsafeBytes {
            unsafe clinux_send(number, $0.baseAddress, $0.count, passed, passed.count)
          }
        })
    } catch {
      if error.code == EAGAIN { return .wouldBlock }
      throw error
    }
  }

  /// Reads what is at hand, at most `buffer.count` bytes, to the buffer's beginning, and the descriptors that came with it.
  /// - Parameter descriptors: gets them appended; beyond `Descriptors.most` in one message, the kernel closes them.
  /// - Throws: what recvmsg(2) reports; a peer that vanished (`ECONNRESET`) is `end`.
  package static func receive(
    from socket: borrowing Descriptor, into buffer: inout [UInt8], descriptors: inout Descriptors
  ) throws(Errno) -> Transfer {
    let number = socket.number
    let size = buffer.count
    var numbers = [Int32](repeating: -1, count: Descriptors.most)
    var count = 0
    let length: Int
    do throws(Errno) {
      length = try retrying { unsafe clinux_receive(number, &buffer, size, &numbers, &count) }
    } catch {
      return try transfer(for: error)
    }
    for number in numbers.prefix(count) { descriptors.append(Descriptor(owning: number)) }
    return length == 0 ? .end : .bytes(length)
  }
}
