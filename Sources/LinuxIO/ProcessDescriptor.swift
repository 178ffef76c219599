internal import CLinux
import Glibc

/// Descriptors that stand for processes: pidfd_open(2). Readable when the process has ended; never another process, even
/// when its number is used again.
package enum ProcessDescriptor {
  /// Of the process with that number.
  /// - Throws: `ESRCH` when there is none.
  package static func open(_ processId: Int32) throws(Errno) -> Descriptor {
    Descriptor(owning: try retrying { clinux_process_descriptor(processId) })
  }

  /// Of the process that made the other end of a connected local socket.
  ///
  /// From Linux 6.5 on the kernel knows it by itself (SO_PEERPIDFD). Before, its number is looked up, which is exact as
  /// long as that process lives.
  /// - Throws: `ESRCH` when it has ended, or is in a PID namespace that is not seen from here.
  package static func open(peerOf socket: borrowing Descriptor) throws(Errno) -> Descriptor {
    let number = socket.number
    do throws(Errno) {
      return Descriptor(owning: try retrying { clinux_peer_process(number) })
    } catch {
      guard error.code == ENOPROTOOPT else { throw error.code == EINVAL ? Errno(ESRCH) : error }
      let peer = try PeerCredentials(of: socket)
      guard peer.processId > 0 else { throw Errno(ESRCH) }
      return try open(peer.processId)
    }
  }
}
