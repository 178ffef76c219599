import AgentAPI
import LinuxIO
import TransportHost

extension AgentMethods {
  func listGuests(_ call: VarlinkCall) {
    let now = monotonicNanoseconds()
    let guests = agent.guests.known.map { guest in
      Guest(
        name: guest.name, console: guest.console, processId: Int(guest.processId), userId: Int(guest.userId),
        announcedSecondsAgo: Int((now - min(now, guest.announcedAt)) / 1_000_000_000), trouble: guest.trouble)
    }
    call.reply(
      ListGuests.Reply(
        guests: guests.sorted { ($0.name, $0.processId) < ($1.name, $1.processId) },
        groups: agent.lans.flatMap(\.ports).compactMap(\.group).sorted { ($0.lan, $0.port) < ($1.lan, $1.port) }))
  }
}

extension ManagedPort {
  /// The group that a port of transport `mcast` joins to its LAN; nil: another transport.
  fileprivate var group: Group? {
    let description = transport.description
    guard description.name == "mcast", let address = description.value("group", in: values),
      let port = description.value("port", in: values)
    else { return nil }
    return Group(
      lan: lan.name, port: name, address: address.text, udpPort: Int(port.integer),
      ttl: description.value("ttl", in: values).map { Int($0.integer) } ?? 1)
  }
}
