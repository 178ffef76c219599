import Glibc
import LinuxIO

/// A directory below a LAN's own, on the way to a door. One that clients make sockets in is theirs to write, but not to
/// tidy: its mode is 1770, group `umbel`.
struct DoorDirectory {
  /// Absolute.
  let path: String

  /// Makes the directory, or takes over what an earlier agent left.
  /// - Parameters:
  ///   - mode: its permissions, whatever the umask.
  ///   - group: who owns it; nil leaves the process's group.
  /// - Throws: `ENOTDIR`, the name is taken by something else; `EPERM`, by another user's directory.
  init(at path: String, mode: mode_t, group: UInt32?) throws(Errno) {
    self.path = path
    if unsafe mkdir(path, 0o700) != 0, errno != EEXIST { throw Errno.current }
    let number = unsafe open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard number >= 0 else { throw Errno.current }
    let directory = Descriptor(owning: number)
    var status = stat()
    guard unsafe fstat(directory.number, &status) == 0 else { throw Errno.current }
    guard status.st_uid == geteuid() else { throw Errno(EPERM) }
    // A service may be forbidden to call chown(2) at all, and need not when the group is its own.
    if let group, group != status.st_gid, fchown(directory.number, uid_t.max, group) != 0 { throw Errno.current }
    // After the owner: chown(2) may clear bits of the mode. Exact, whatever the umask.
    guard fchmod(directory.number, mode) == 0 else { throw Errno.current }
  }

  /// Removes the directory and the sockets and files that clients have left in it; a directory that they made and filled
  /// stays.
  func remove() {
    if let stream = unsafe opendir(path) {
      // From here on nobody makes another file, so that there is an end to them.
      unsafe fchmod(dirfd(stream), 0o700)
      while let entry = unsafe readdir(stream) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
          unsafe name.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { unsafe String(cString: $0) }
        }
        if name == "." || name == ".." { continue }
        // A link is removed, not followed.
        if unsafe unlinkat(dirfd(stream), name, 0) != 0 { unsafe unlinkat(dirfd(stream), name, AT_REMOVEDIR) }
      }
      unsafe closedir(stream)
    }
    unsafe rmdir(path)
  }
}
