package import LinuxIO
package import TransportHost

/// One place at which a door of a LAN is open. The same door may be open at several.
package struct DoorConfiguration: Hashable, Sendable {
  package enum Place: Hashable, Sendable {
    /// Its own in the LAN's directory.
    case standard
    /// An absolute path of the administrator's choice.
    case path(String)
    /// A TCP address.
    case internet(SocketAddress)
  }

  /// The door's, known to a transport.
  package let name: String
  package let place: Place
  /// Permission bits of the socket's file.
  package let mode: UInt32
  /// Name or number of the group that owns the socket's file; nil: `umbel`, where there is one.
  package let group: String?
  /// Of the ports that come of it; nil: the defaults of the transport.
  package let values: [OptionValue]?

  /// Mode 0660, group `umbel`.
  package init(
    name: String, place: Place = .standard, mode: UInt32 = 0o660, group: String? = nil, values: [OptionValue]? = nil
  ) {
    self.name = name
    self.place = place
    self.mode = mode
    self.group = group
    self.values = values
  }

  /// `vde`, `vde=/tmp/uml.ctl`, `stream=127.0.0.1:5555`: as `umbel lan add --door` takes it.
  package var text: String {
    switch place {
    case .standard: name
    case .path(let path): "\(name)=\(path)"
    case .internet(let address): "\(name)=\(address)"
    }
  }

  /// What two doors of one agent cannot both have; nil: its place is in its LAN's directory.
  package var exclusivePlace: String? {
    switch place {
    case .standard: nil
    case .path(let path): path
    case .internet(let address): address.description
    }
  }
}

extension DoorConfiguration {
  /// What is wrong with one key of a door.
  struct Problem: Error {
    let key: String
    /// Read after the key: "is x; it must be …".
    let message: String
  }

  /// The keys of a door, besides the options of the transport that serves it.
  static let keys = ["door", "path", "listen", "mode", "group"]

  /// Checks what a configuration or the control interface says of a door.
  /// - Parameters:
  ///   - listen: `ADDRESS:PORT`, `[ADDRESS]:PORT`.
  ///   - mode: octal.
  ///   - doors: all that there are.
  init(
    door: String, path: String?, listen: String?, mode: String?, group: String?,
    values: [OptionValue]? = nil, doors: [DoorDescription]
  ) throws(Problem) {
    guard let description = doors.first(where: { $0.name == door }) else {
      throw Problem(
        key: "door", message: "\(shown(door)) is not a door; \(suggestion(for: door, in: doors.map(\.name)))")
    }
    if path != nil, listen != nil {
      throw Problem(key: "listen", message: "and path are two places: make them two doors of the list")
    }
    if listen != nil, mode != nil || group != nil {
      throw Problem(key: mode != nil ? "mode" : "group", message: "is of a socket's file; a TCP address has none")
    }
    self.init(
      name: door, place: try Self.place(path, listen, of: description, among: doors), mode: try Self.mode(mode),
      group: group, values: values)
  }

  private static func place(
    _ path: String?, _ listen: String?, of door: DoorDescription, among doors: [DoorDescription]
  ) throws(Problem) -> Place {
    if let path {
      guard path.hasPrefix("/"), !path.hasSuffix("/"), !path.utf8.contains(0) else {
        throw Problem(key: "path", message: "is \(shown(path)); it must be the absolute path of a socket")
      }
      guard path.utf8.count <= UnixSocket.longestPath else {
        throw Problem(
          key: "path",
          message:
            "has \(path.utf8.count) bytes; a socket's path has \(UnixSocket.longestPath) at most: choose a shorter one")
      }
      return .path(path)
    }
    guard let listen else { return .standard }
    guard door.takesInternet else {
      let able = doors.filter(\.takesInternet).map(\.name)
      throw Problem(
        key: "listen",
        message: "is not for door \(door.name); "
          + (able.isEmpty ? "no door listens at a TCP address" : "allowed is door \(able.joined(separator: " or "))"))
    }
    guard let address = SocketAddress(listen), address.port > 0, !address.address.isMulticast else {
      throw Problem(
        key: "listen",
        message: "is \(shown(listen)); it must be an address with a port, as 127.0.0.1:5555 or [::1]:5555")
    }
    return .internet(address)
  }

  private static func mode(_ text: String?) throws(Problem) -> UInt32 {
    guard let text else { return 0o660 }
    guard let mode = UInt32(text, radix: 8), mode <= 0o777 else {
      throw Problem(key: "mode", message: "is \(shown(text)); it must be octal permissions, 0600 to 0777")
    }
    return mode
  }
}
