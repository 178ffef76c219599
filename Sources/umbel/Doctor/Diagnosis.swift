// What `umbel doctor` finds: facts in, findings out. Nothing here asks the kernel or the agent, so that each fault can be
// made up in a test.
//
//   agent ── its permissions, plugins, threads      Diagnosis+Agent.swift
//   host  ── its clock, against those of peers      Diagnosis+Clocks.swift
//   LAN   ── doors, guests                          Diagnosis+Agent.swift, Diagnosis+Guests.swift
//   port  ── its state                              Diagnosis+Ports.swift
//     its underlay ── interface, route, membership, firewall, buffers, MTU     Diagnosis+Underlay.swift
//       its peers  ── heard or not, both ways, loss, width of the path         Diagnosis+Peers.swift

import AgentAPI
import LinuxIO

/// The findings about an agent and the host that it runs on.
package struct Diagnosis {
  let agent: AgentFacts
  let host: HostFacts
  /// In the order in which they are shown.
  package private(set) var findings: [Finding] = []

  package init(_ agent: AgentFacts, _ host: HostFacts) {
    self.agent = agent
    self.host = host
    checkAgent()
    checkClocks()
    for lan in agent.status.lans {
      check(lan)
      for port in agent.ports where port.lan == lan.name { check(port) }
    }
  }

  /// Root's doctor of this agent.
  var asRoot: String { Self.asRoot(socket: "\(agent.status.runtimeDirectory)/umbel.sock") }

  /// Root's doctor of the agent at a socket: sudo leaves out the caller's environment.
  static func asRoot(socket: String) -> String {
    socket == "/run/umbel/umbel.sock" ? "sudo umbel doctor" : "sudo umbel --socket \(socket) doctor"
  }

  private mutating func check(_ port: Port) {
    guard let underlay = Underlay(port) else { return checkState(port) }
    let before = findings.count
    checkNetwork(of: underlay)
    let faults = findings[before...].filter { $0.verdict == .fault }
    // The port's own words come first.
    let state = findings.count
    checkState(port, knownBy: faults)
    if findings.count > state { findings.insert(findings.removeLast(), at: before) }
    guard port.state == .up else { return }
    checkTraffic(of: underlay)
    if port.role == .trunk { checkPeers(of: underlay) }
  }

  mutating func add(
    _ check: Finding.Check, _ verdict: Finding.Verdict, of port: Port? = nil, lan: String? = nil, _ text: String,
    _ remedies: String...
  ) {
    findings.append(
      Finding(check, verdict, lan: port?.lan ?? lan, port: port?.name, text, remedies: remedies))
  }
}
