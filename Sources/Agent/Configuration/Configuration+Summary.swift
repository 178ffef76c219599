package import TransportHost

extension Configuration {
  /// What the configuration holds, for a person: a line for each LAN, each port and each note, ended by
  /// newlines. Of the agent's options of a port those that are not as usual.
  /// - Parameter transports: those the configuration was read with.
  package func summary(transports: [TransportDescription]) -> String {
    let poll = busyPoll == .off ? "" : ", busy-poll \(busyPoll.text)"
    var lines = ["\(threads) forwarding \(threads == 1 ? "thread" : "threads")\(poll)"]
    for lan in lans {
      let doors = lan.doors.isEmpty ? "no doors" : "doors \(lan.doors.map(\.text).joined(separator: ", "))"
      lines.append("LAN \(lan.name): \(doors)" + (lan.thread.map { ", thread \($0)" } ?? ""))
      for port in lan.ports {
        guard let transport = transports.first(where: { $0.name == port.transport }) else { continue }
        let values = port.values.map { "\(transport.options[$0.option].name)=\($0.text)" }
        let usual = lan.guestDefaults.settings(of: port.role)
        let settings = PortOption.allCases.filter { port.settings.text(of: $0) != usual.text(of: $0) }
          .map { "\($0.rawValue)=\(port.settings.text(of: $0))" }
        lines.append(
          "  port \(port.name): \(port.transport) \(port.role.word) \((values + settings).joined(separator: " "))")
      }
    }
    lines += notes.map(\.description)
    return lines.map { $0 + "\n" }.joined()
  }
}
