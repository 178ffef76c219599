import Agent
import TransportHost

/// The transports that the configurations of these tests are checked against.
enum ConfigurationFixture {
  static let mcast = TransportDescription(
    name: "mcast", summary: "A multicast group.", path: "/libumbel-mcast.so",
    options: [
      OptionDescription(name: "group", help: "The group.", defaultText: "239.192.168.1", kind: .address),
      OptionDescription(
        name: "port", help: "UDP port.", defaultText: "1102", minimum: 1, maximum: 65_535, kind: .integer),
      OptionDescription(
        name: "ttl", help: "Hops.", defaultText: "1", minimum: 0, maximum: 255, kind: .integer, isLive: true),
      OptionDescription(name: "interface", help: "The interface.", kind: .interface),
      OptionDescription(name: "peers", help: "Known peers.", kind: .list),
    ],
    doors: [], roles: [.guest, .trunk], defaultRole: .trunk)

  static let socket = TransportDescription(
    name: "socket", summary: "Unix sockets.", path: "/libumbel-socket.so",
    options: [OptionDescription(name: "path", help: "The socket.", kind: .string, isRequired: true)],
    doors: [
      DoorDescription(name: "bess", path: "bess", help: "UML vector.", socketType: 5),
      DoorDescription(name: "vde", path: "vde/ctl", help: "VDE.", socketType: 1, takesInternet: true),
    ],
    roles: [.guest, .trunk], defaultRole: .guest)

  static let tap = TransportDescription(
    name: "tap", summary: "The host itself.", path: "/libumbel-tap.so",
    options: [
      OptionDescription(name: "device", help: "The device.", kind: .interface),
      OptionDescription(name: "address", help: "Of the host.", kind: .string),
    ],
    doors: [], roles: [.guest], defaultRole: .guest)

  static let transports = [mcast, socket]

  /// The multicast transport's own check, in short.
  static func check(_ transport: TransportDescription, _ port: PortConfiguration) -> (
    optionName: String?, text: String
  )? {
    guard transport.name == "mcast", let group = transport.value("group", in: port.values),
      !group.text.hasPrefix("239."), !group.text.hasPrefix("ff")
    else { return nil }
    return ("group", "is \(group.text); allowed is a multicast group, 224.0.0.0/4 or ff00::/8")
  }

  static func read(
    _ texts: (file: String, text: String)..., transports: [TransportDescription] = transports
  ) throws(ConfigurationProblems) -> Configuration {
    try Configuration.read(texts, transports: transports, check: check)
  }

  /// The lines that a refused configuration prints.
  static func complaints(
    _ texts: (file: String, text: String)..., transports: [TransportDescription] = transports
  ) -> [String] {
    do {
      _ = try Configuration.read(texts, transports: transports, check: check)
      return []
    } catch { return error.problems.map(\.description) }
  }

  /// The values of an mcast port.
  static func values(
    group: String = "239.192.168.1", port: Int64 = 1102, ttl: Int64 = 1, interface: String? = nil
  ) -> [OptionValue] {
    [
      OptionValue(option: 0, text: group), OptionValue(option: 1, text: "\(port)", integer: port),
      OptionValue(option: 2, text: "\(ttl)", integer: ttl),
    ] + (interface.map { [OptionValue(option: 3, text: $0)] } ?? [])
  }
}
