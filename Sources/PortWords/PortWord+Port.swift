// What a word is as a port of a LAN: the one place where the HOWTO's grammar becomes transports, doors and options.

/// An option that a word gives a port or a door, with its place in the word.
package struct WordOption: Hashable, Sendable {
  /// As the configuration calls it.
  package let name: String
  package let text: String
  /// As in `PortWordError`.
  package let columns: Range<Int>
}

/// Something about a word that a person should know and nobody has to act on.
package struct WordNote: Hashable, Sendable {
  /// A sentence without its full stop.
  package let text: String
  /// As in `PortWordError`.
  package let columns: Range<Int>
}

extension PortWord {
  /// What a word asks of a LAN.
  package enum Way: Hashable, Sendable {
    /// A port of that transport.
    case port(transport: String)
    /// A door of the LAN: `daemon` names the socket where a uml_switch listens, and the door `vde` is one.
    case door(name: String, path: String)
  }

  package var way: Way {
    switch meaning {
    case .multicast: .port(transport: "mcast")
    case .tap: .port(transport: "tap")
    case .daemon(let control, _): .door(name: "vde", path: control ?? Self.defaultControl)
    }
  }

  /// The options that the word gives to the port or the door; what is empty is left to the transport, whose defaults are
  /// the same.
  package var options: [WordOption] {
    switch meaning {
    case .multicast(let group, let port, let ttl):
      [
        option("group", group, at: 2), option("port", port, at: 3), option("ttl", ttl, at: 4),
      ].compactMap { $0 }
    case .tap(let device, let host):
      [option("device", device, at: 1), option("address", host, at: 3)].compactMap { $0 }
    case .daemon(let control, _): [option("path", control, at: 3)].compactMap { $0 }
    }
  }

  /// What of the word does not apply to a port, or is done in another way than the word says.
  package var notes: [WordNote] {
    var notes = replacementNotes
    if let mac {
      let index = transport == .mcast || transport == .daemon ? 1 : 2
      notes.append(
        WordNote(
          text: "the ethernet address \(mac) is that of the guest's NIC and does not apply to a port",
          columns: fields[index].columns))
    }
    if let loneHostNote { notes.append(loneHostNote) }
    return notes
  }

  /// Those that hold for a guest, too.
  package var replacementNotes: [WordNote] {
    switch meaning {
    case .tap where transport == .ethertap:
      [WordNote(text: "ethertap is gone from Linux and is carried out on a TAP", columns: fields[0].columns)]
    case .daemon(_, let data?):
      [
        WordNote(
          text: "the data socket \(data) does not apply: a switch tells its clients where to send",
          columns: fields[4].columns)
      ]
    default: []
    }
  }

  /// That the host has no way to a guest by its address alone; nil: it has one, or no address.
  package var loneHostNote: WordNote? {
    guard case .tap(_, let host?) = meaning, host.prefixLength == nil else { return nil }
    return WordNote(
      text: "\(host) is the host's address alone, as uml_net set it; for a way to the guests name the network, such as "
        + "\(host)/24, or one guest with route-guest",
      columns: fields[3].columns)
  }

  /// Where a field that was given stands; nil: it was not.
  /// - Parameter index: from 0, which is the transport.
  private func option(_ name: String, _ value: (some CustomStringConvertible)?, at index: Int) -> WordOption? {
    value.map { WordOption(name: name, text: "\($0)", columns: fields[index].columns) }
  }
}
