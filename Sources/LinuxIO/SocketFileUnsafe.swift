import CLinux
import Glibc

/// The file of a Unix socket, held without using the socket (`O_PATH`). A name may lead elsewhere a moment later, where
/// others can write in its directory; what is done through this value meets the file that was looked at.
package final class SocketFile {
  private let file: Descriptor
  /// Its user.
  package let owner: UInt32
  private let group: UInt32

  /// - Throws: `ENOTSOCK` for anything else, symbolic links too; what open(2) reports.
  package init(at path: String) throws(Errno) {
    let file = Descriptor(owning: try retrying { unsafe open(path, Self.pathOnly | O_NOFOLLOW | O_CLOEXEC) })
    let number = file.number
    var status = stat()
    _ = try retrying { unsafe fstat(number, &status) }
    guard status.st_mode & S_IFMT == S_IFSOCK else { throw Errno(ENOTSOCK) }
    owner = status.st_uid
    group = status.st_gid
    self.file = file
  }

  /// A path that leads to this file in this process, as long as the value lives, whatever becomes of its name.
  package var path: String { "/proc/self/fd/\(file.number)" }

  /// Whether this process may send to it.
  package var isWritable: Bool { unsafe access(path, W_OK) == 0 }

  /// Sets its permission bits, whatever the umask, and its group; nil leaves that.
  /// - Throws: `EPERM` for a file that this process has not made: something else is in its place.
  package func setAccess(mode: UInt32, group: UInt32?) throws(Errno) {
    guard owner == geteuid() else { throw Errno(EPERM) }
    let path = self.path
    // A service may be forbidden to call chown(2) at all, and need not when the group is its own.
    if let group, group != self.group { _ = try retrying { unsafe chown(path, uid_t.max, group) } }
    // After the owner: chown(2) may clear bits of the mode.
    _ = try retrying { unsafe chmod(path, mode) }
  }

  /// O_PATH of `<fcntl.h>`, which only _GNU_SOURCE shows.
  private static let pathOnly: Int32 = 0o10_000_000
}
