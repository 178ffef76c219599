package import AgentAPI
import Ethernet

/// The words by which a guest's console makes a network device.
package struct DeviceWords: Equatable {
  /// Of the device's name.
  package let prefix: String
  private let rest: String

  /// `vecN:transport=bess`, on the door of a LAN.
  /// - Parameter mac: an Ethernet address; nil: the guest makes one up.
  package static func bess(on lan: Lan, mac: String?) throws(Failure) -> DeviceWords {
    guard let path = lan.doors.first(where: { $0.name == "bess" })?.path else {
      throw Failure(
        .noInput,
        "LAN \"\(lan.name)\" has no door \"bess\", by which guests in User Mode Linux come in. Add it to `doors:` of that "
          + "LAN in the configuration.")
    }
    // The guest takes the words apart at commas; a space would end them on its command line.
    guard !path.contains(where: { $0 == "," || $0.isWhitespace }) else {
      throw Failure(
        .cannotCreate,
        "The door's path \"\(path)\" has a comma or a space, which guests do not understand. Use another runtime "
          + "directory (umbeld --runtime-dir).")
    }
    return DeviceWords(prefix: "vec", rest: ":transport=bess,dst=\(path)" + (mac.map { ",mac=\($0)" } ?? ""))
  }

  /// `ethN=mcast`, in the group by which native guests are in a LAN.
  package static func native(on lan: Lan, _ view: AgentView, mac: String?) throws(Failure) -> DeviceWords {
    guard let group = view.groups.first(where: { $0.lan == lan.name && !$0.address.contains(":") }) else {
      throw Failure(
        .noInput,
        "LAN \"\(lan.name)\" has no port of transport mcast with an IPv4 group, by which native guests come in. Leave out "
          + "--native.")
    }
    return DeviceWords(prefix: "eth", rest: "=mcast,\(mac ?? ""),\(group.address),\(group.udpPort),\(group.ttl)")
  }

  /// The whole word, for a device of that name.
  package func word(for name: String) -> String { name + rest }

  /// Why a guest could not use an Ethernet address; nil: it can.
  package static func problem(ofAddress text: String) -> String? {
    guard let address = try? MACAddress(parsing: text) else {
      return "write six pairs of hexadecimal digits with colons, such as 02:00:00:00:00:01."
    }
    if address.isGroup { return "its first byte is odd: that is a group's address. Make it even." }
    return address == MACAddress(truncating: 0) ? "it is no station's address." : nil
  }
}
