import Glibc
import LinuxIO
import ManagementConsole

/// A guest that has announced itself.
final class AnnouncedGuest {
  /// Its umid: the name of the directory that its console is in.
  let name: String
  /// The absolute path of its console's socket, `<uml_dir>/<umid>/mconsole`.
  let console: String
  let processId: Int32
  let userId: UInt32
  /// Nanoseconds of CLOCK_MONOTONIC.
  let announcedAt = monotonicNanoseconds()
  /// The last panic or hang that it told.
  var trouble = ""
  /// Of the records about it.
  var limiter = RecordLimiter()
  /// Readable when its process has ended.
  let process: Box<Descriptor>

  /// - Parameter console: as the guest says it: what `uml_dir=` on its command line made of it, so it may be relative to
  ///   the directory that it was started in.
  /// - Returns: nil when that is no path of a console, or its process has ended.
  init?(console: String, sender: PeerCredentials) {
    guard let path = Self.absolute(console, HostProcess(sender.processId)), path.utf8.count <= UnixSocket.longestPath,
      !path.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
    else { return nil }
    let components = path.split(separator: "/")
    guard components.count >= 2, components.last == "mconsole", let process = try? Self.open(sender.processId) else {
      return nil
    }
    name = String(components[components.count - 2])
    self.console = path
    self.process = process
    processId = sender.processId
    userId = sender.userId
  }

  private static func open(_ process: Int32) throws(Errno) -> Box<Descriptor> {
    Box(try ProcessDescriptor.open(process))
  }

  private static func absolute(_ path: String, _ process: HostProcess) -> String? {
    if path.hasPrefix("/") { return path }
    return process.workingDirectory.map { $0 + "/" + path }
  }
}
