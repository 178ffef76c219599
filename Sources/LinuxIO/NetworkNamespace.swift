import CLinux
import Glibc

/// Network namespaces of processes (network_namespaces(7)).
package enum NetworkNamespace {
  /// Which one a process is in: its inode, in brackets; nil: there is no such process, or the caller may not know.
  package static func of(process: Int32) -> String? { TextFile.link("/proc/\(process)/ns/net") }

  /// The caller's own.
  package static var own: String? { TextFile.link("/proc/thread-self/ns/net") }

  /// Moves the calling thread into that of a process. `EPERM`: without CAP_SYS_ADMIN.
  package static func enter(process: Int32) throws(Errno) {
    _ = try retrying { unsafe clinux_enter_network("/proc/\(process)/ns/net") }
  }
}
