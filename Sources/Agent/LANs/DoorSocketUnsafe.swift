import Glibc
import LinuxIO

/// A Unix socket of a door and its file, which goes with it unless somebody has put another in its place.
final class DoorSocket {
  let descriptor: Descriptor
  /// The service manager made it, and its file, and calls it so.
  let activatedName: String?
  var isActivated: Bool { activatedName != nil }
  private let path: String
  private let identity: FileIdentity?

  /// Makes the socket. One that nobody listens at is replaced.
  /// - Throws: what is in the way, and the remedy.
  init(
    at path: String, kind: UnixSocket.Kind, configuration: DoorConfiguration, group: UInt32?
  ) throws(DoorError) {
    self.path = path
    do throws(Errno) {
      descriptor = try UnixSocket.listen(
        at: path, kind: kind, mode: configuration.mode, group: group, backlog: 1_024,
        wantsCredentials: kind == .datagram)
    } catch {
      throw Self.problem(at: path, error, configuration)
    }
    activatedName = nil
    identity = FileIdentity(ofSocketAt: path)
  }

  /// Takes over one that is there already. Mode and group become what the configuration says, unless the service manager
  /// has made the file.
  init(
    adopting listener: consuming Inheritance.Listener, at path: String, kind: UnixSocket.Kind,
    configuration: DoorConfiguration, group: UInt32?
  ) throws(DoorError) {
    self.path = path
    activatedName = listener.activatedName
    identity = FileIdentity(ofSocketAt: path)
    descriptor = listener.takeDescriptor()
    do throws(Errno) {
      try descriptor.setNonBlocking()
      if kind == .datagram { try setSocketOption(descriptor.number, SOL_SOCKET, SO_PASSCRED, 1) }
      if activatedName == nil { try SocketFile(at: path).setAccess(mode: configuration.mode, group: group) }
    } catch {
      throw DoorError("\(path) cannot be taken over: \(error).")
    }
  }

  /// The socket of a door: the one that is there already, or a new one.
  static func open(
    at path: String, kind: UnixSocket.Kind, configuration: DoorConfiguration, group: UInt32?, in lan: ManagedLAN
  ) throws(DoorError) -> DoorSocket {
    guard let listener = lan.agent.inheritance.listener(at: path) else {
      return try DoorSocket(at: path, kind: kind, configuration: configuration, group: group)
    }
    return try DoorSocket(adopting: listener, at: path, kind: kind, configuration: configuration, group: group)
  }

  /// Removes the file, if it is still this socket's. The socket goes with the value.
  func removeFile() {
    if isInPlace { unsafe unlink(path) }
  }

  /// Gives the file other permissions and another group, if it is this socket's still, and not the service manager's.
  func setAccess(mode: UInt32, group: UInt32?) throws(DoorError) {
    guard isInPlace else { return }
    do throws(Errno) {
      try SocketFile(at: path).setAccess(mode: mode, group: group)
    } catch {
      throw DoorError("\(path) cannot be given another mode or group: \(error).")
    }
  }

  /// The file is this socket's, and this agent's.
  private var isInPlace: Bool {
    guard !isActivated, let identity else { return false }
    return FileIdentity(ofSocketAt: path) == identity
  }

  private static func problem(at path: String, _ error: Errno, _ configuration: DoorConfiguration) -> DoorError {
    let remedy = configuration.place == .standard ? "choose another --runtime-dir" : "choose another path"
    switch error.code {
    case EPERM:
      guard let group = configuration.group else { return DoorError(path: path, error: error) }
      return DoorError(
        "\(path) cannot be given to group \(group): \(error). The agent must be root, or a member of the group; a service of systemd needs SupplementaryGroups=\(group) and SystemCallFilter=@chown."
      )
    case EADDRINUSE:
      var status = stat()
      let isSocket = unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
      return DoorError(
        isSocket
          ? "\(path) is in use: something answers there, such as another switch. End it, or \(remedy)."
          : "\(path) is there and is no socket. Move it away, or \(remedy).")
    case ENOENT, ENOTDIR:
      return DoorError("\(path) cannot be made: its directory does not exist. Make it, or \(remedy).")
    case ENAMETOOLONG:
      return DoorError(
        "\(path) cannot be made: a socket's path has \(UnixSocket.longestPath) bytes at most. Please \(remedy).")
    default: return DoorError(path: path, error: error)
    }
  }
}
