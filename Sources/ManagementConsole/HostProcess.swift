import Glibc

/// A process of this host, as /proc shows it (proc(5)). It may end, and its number be used again, at any time.
package struct HostProcess: Hashable, Sendable {
  package let id: Int32

  package init(_ id: Int32) { self.id = id }

  private var directory: String { "/proc/\(id)" }

  /// Whether it is there.
  package var isAlive: Bool { kill(id, 0) == 0 || errno == EPERM }

  /// The words it was started with; nil when it is not there, or hidden.
  package var words: [String]? {
    HostFiles.bytes(directory + "/cmdline", limit: 128 << 10).map { bytes in
      bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
  }

  /// Its real user; nil when it is not there.
  package var userId: UInt32? { status("Uid:").flatMap { UInt32($0) } }

  /// Its working directory; nil when the caller may not know.
  package var workingDirectory: String? { HostFiles.target(directory + "/cwd") }

  /// Whether it is known to be in another network namespace than the caller.
  package var isInOtherNetwork: Bool {
    guard let its = HostFiles.identity(directory + "/ns/net") else { return false }
    return its != HostFiles.identity("/proc/self/ns/net")
  }

  /// Whether it is `other`, one of its threads, or a process that it started, such as the `vde_plug` of a guest.
  package func belongs(to other: HostProcess) -> Bool {
    var process: HostProcess? = self
    // A guest's helpers are its children; a few steps are enough and end in any case.
    for _ in 0..<4 {
      guard let current = process, current.id > 1 else { return false }
      if current == other || current.status("Tgid:").flatMap({ Int32($0) }) == other.id { return true }
      process = current.status("PPid:").flatMap { Int32($0) }.map(HostProcess.init)
    }
    return false
  }

  /// The first word of a line of its status.
  private func status(_ key: String) -> Substring? {
    guard let text = HostFiles.text(directory + "/status", limit: 4_096) else { return nil }
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(key) }) else { return nil }
    return line.dropFirst(key.count).split(whereSeparator: \.isWhitespace).first
  }
}
