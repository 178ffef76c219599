import AgentAPI
import LinuxIO
import Testing

@testable import umbel

/// A host with a healthy agent: LAN lab with trunk "site" by multicast, trunk "tunnel" by VXLAN and a TAP. Tests break
/// something of it.
struct DoctorFixture {
  var agent: AgentFacts
  var host = HostFacts()

  static let group = IPAddress("239.192.168.1")!
  static let peer = IPAddress("192.0.2.2")!

  init() {
    agent = AgentFacts(
      status: Status.Reply(
        version: umbelVersion, processId: 42, uptimeSeconds: 60, runtimeDirectory: "/run/umbel", text: "",
        lans: [
          Lan(
            name: "lab", doors: [Door(name: "bess", path: "/run/umbel/lab/bess")], ports: 3, stations: 2,
            stationLimit: 65_536, ageingSeconds: 300, forwardingThread: 0, fresh: true)
        ],
        forwardingThreads: [ForwardingThread(index: 0, lans: ["lab"], responding: true)]))
    agent.isMeasured = true
    agent.transports.transports = ["mcast", "socket", "tap", "vxlan"].map { name in
      Transport(
        name: name, summary: "", path: "/usr/lib/umbel/plugins/libumbel-\(name).so", roles: [.trunk],
        defaultRole: .trunk, doors: [], options: [], portOptions: [])
    }
    agent.ports = [
      Self.port(
        "site", "mcast", .trunk, ["group": "239.192.168.1", "port": "1102", "ttl": "1", "buffers": "4M"],
        text: "239.192.168.1:1102 ttl 1 on eth0 (192.0.2.1)"),
      Self.port(
        "tunnel", "vxlan", .trunk, ["vni": "42", "peers": "192.0.2.2", "port": "4789", "buffers": "4M"],
        text: "vni 42, 1 peer"),
      Self.port("host", "tap", .guest, ["device": "tap0"], text: "tap0 mtu 1500"),
    ]
    agent.peers = [Self.trunkPeer("site", agent: "a1"), Self.trunkPeer("tunnel", agent: "a2")]
    agent.groups = [Group(lan: "lab", port: "site", address: "239.192.168.1", udpPort: 1_102, ttl: 1)]

    var link = HostFacts.Link(name: "eth0")
    link.addresses = [IPPrefix("192.0.2.1/24")!]
    var loopback = HostFacts.Link(name: "lo")
    loopback.isLoopback = true
    loopback.addresses = [IPPrefix("127.0.0.1/8")!]
    host.links = [loopback, link]
    let way = HostFacts.Way(interface: "eth0", isRouted: false)
    host.ways = [Self.group: way, Self.peer: way]
    host.members = [Self.group: ["eth0"]]
    host.sockets = [Self.socket(Self.group, 1_102), Self.socket(IPAddress("0.0.0.0")!, 4_789)]
    host.isClockSynchronised = true
    host.firewall = Firewall(json: #"{"nftables": []}"#)
  }

  private static func port(
    _ name: String, _ transport: String, _ role: Role, _ options: [String: String], text: String
  ) -> Port {
    Port(
      lan: "lab", name: name, number: 1, transport: transport, role: role, options: options.mapValues { [$0] },
      state: .up, text: text, counters: Counters(), drops: [:], transportCounters: [:], stations: 0, fresh: true)
  }

  private static func trunkPeer(_ port: String, agent: String) -> TrunkPeer {
    var peer = TrunkPeer(lan: "lab", port: port, state: .up)
    peer.address = port == "site" ? "192.0.2.2:40000" : "192.0.2.2"
    peer.agent = agent
    peer.host = "berlin"
    peer.peerLan = "lab"
    peer.peerPort = port
    peer.lastHeardSeconds = 1
    peer.roundTripMicroseconds = 412
    peer.clockOffsetMicroseconds = 61
    peer.clockUncertaintyMicroseconds = 206
    peer.lossInPercent = 0
    peer.lossOutPercent = 0
    peer.duplicateHellos = 0
    peer.heardBySeconds = 1
    peer.pathBytes = port == "site" ? 1_472 : 1_464
    return peer
  }

  static func socket(_ address: IPAddress, _ port: UInt16, buffer: Int = 4 << 20) -> UDPSocketState {
    UDPSocketState(
      local: SocketAddress(address, port: port), remote: SocketAddress(IPAddress("0.0.0.0")!, port: 0), inode: 7,
      receiveBuffer: buffer, sendBuffer: buffer, drops: 0)
  }

  var findings: [Finding] { Diagnosis(agent, host).findings }
  /// What is not well.
  var troubles: [Finding] { findings.filter { $0.verdict != .ok } }

  /// Makes a port wait.
  mutating func wait(_ index: Int, _ text: String) {
    agent.ports[index].state = .waiting
    agent.ports[index].text = text
    agent.peers.removeAll { $0.port == agent.ports[index].name }
  }
}

/// One thing that is not well, and what the doctor calls it.
struct DoctorCase: Sendable, CustomTestStringConvertible {
  let check: Finding.Check
  let verdict: Finding.Verdict
  let text: String
  let remedy: String
  let breaking: @Sendable (inout DoctorFixture) -> Void

  init(
    _ check: Finding.Check, _ verdict: Finding.Verdict, _ text: String, remedy: String,
    _ breaking: @escaping @Sendable (inout DoctorFixture) -> Void
  ) {
    self.check = check
    self.verdict = verdict
    self.text = text
    self.remedy = remedy
    self.breaking = breaking
  }

  var testDescription: String { "\(check.rawValue): \(text)" }
}
