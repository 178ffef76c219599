import AgentAPI
import LinuxIO

extension Diagnosis {
  /// Whether a port carries frames, and if not why, by its own words.
  /// - Parameter faults: what was found about the network below it.
  mutating func checkState(_ port: Port, knownBy faults: [Finding] = []) {
    let text = withoutStop(port.text)
    switch port.state {
    case .up:
      // A LAN may have hundreds of guests by its doors: they are counted, not listed.
      guard port.peer == nil else { return }
      add(.port, .ok, of: port, text.isEmpty ? "up" : "up: \(text)")
    case .opening: add(.port, .warning, of: port, "is being opened", "umbel port list \(port.lan)")
    case .closing: add(.port, .warning, of: port, "is being closed", "umbel port list \(port.lan)")
    case .waiting, .failed:
      let state = port.state == .failed ? "has failed" : "waits"
      if text.contains("/dev/net/tun") || port.transport == "tap" {
        return add(.tap, .fault, of: port, "\(state): \(text)", command(in: text) ?? "umbel tap list")
      }
      if text.hasPrefix("UDP port"), text.contains("is taken") { return addHolder(of: port) }
      // What is missing below it is told already, with the interface's name.
      guard faults.isEmpty else { return }
      add(.port, .fault, of: port, "\(state): \(text)", command(in: text) ?? "sudo journalctl -u umbeld -x")
    }
  }

  /// What follows "run" in the words of a transport.
  private func command(in text: String) -> String? {
    let words = text.split(separator: " ")
    guard let run = words.lastIndex(of: "run") else { return nil }
    return words[(run + 1)...].joined(separator: " ").split(separator: ",").first.map(String.init)
  }

  private mutating func addHolder(of port: Port) {
    guard let underlay = Underlay(port) else { return }
    let taken = "waits: UDP port \(underlay.udpPort) is taken"
    let next = underlay.udpPort == .max ? underlay.udpPort - 1 : underlay.udpPort + 1
    let other = "umbel port add \(port.lan) \(port.transport) port=\(next) …"
    switch host.holders[underlay.udpPort] {
    case .device(let name, let vni)?:
      add(
        .portTaken, .fault, of: port,
        "\(taken) by the kernel's VXLAN device \(name)\(vni.map { " (vni \($0))" } ?? "")",
        "sudo ip link delete \(name)", other)
    case .process(let process, let command)?:
      add(.portTaken, .fault, of: port, "\(taken) by \(command), process \(process)", "sudo kill \(process)", other)
    case .hidden?, .kernel?, nil:
      add(.portTaken, .fault, of: port, "waits: \(withoutStop(port.text))", other)
    }
  }
}
