import Glibc

/// Which file it is, as the kernel tells.
struct FileIdentity: Equatable {
  let device: UInt64
  let inode: UInt64

  init(device: UInt64, inode: UInt64) {
    self.device = device
    self.inode = inode
  }

  /// Of an open file.
  /// - Returns: nil: the number is no descriptor.
  init?(of number: Int32) {
    var status = stat()
    guard unsafe fstat(number, &status) == 0 else { return nil }
    self.init(status)
  }

  /// Of what a path itself is.
  /// - Returns: nil: no socket.
  init?(ofSocketAt path: String) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
    self.init(status)
  }

  /// Of the file that a listening socket had.
  init(_ listener: HandOverState.Listener) { self.init(device: listener.device, inode: listener.inode) }

  private init(_ status: stat) { self.init(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)) }
}
