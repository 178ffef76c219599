import AgentAPI
import LinuxIO
import Testing

@testable import umbel

/// What `umbel doctor` makes of facts. The facts themselves are gathered on real hosts in Tests/Hosts.
struct DoctorTests {
  @Test func `a host that is well has no trouble`() {
    #expect(DoctorFixture().troubles == [])
    #expect(DoctorReport(DoctorFixture().findings).summary == "No faults, no warnings.")
  }

  @Test(arguments: DoctorCase.all)
  func `each trouble is named, with a remedy, and nothing else is`(_ example: DoctorCase) throws {
    var fixture = DoctorFixture()
    example.breaking(&fixture)
    let found = try #require(fixture.troubles.first)
    #expect(fixture.troubles.count == 1, "\(fixture.troubles.map(\.text))")
    #expect(found.check == example.check && found.verdict == example.verdict)
    #expect(found.text == example.text)
    #expect(found.remedies.first == example.remedy)
  }

  @Test func `a peer that is seen for the first time without measuring is no fault`() {
    var fixture = DoctorFixture()
    fixture.agent.isMeasured = false
    fixture.agent.peers[0].heardBySeconds = nil
    #expect(fixture.troubles == [])
  }

  @Test func `a host that is among its own peers needs no way to itself`() {
    var fixture = DoctorFixture()
    fixture.agent.ports[1].options["peers"] = ["192.0.2.1", "192.0.2.2"]
    #expect(fixture.troubles == [])
    #expect(!fixture.findings.contains { $0.text.contains("interface lo") })
  }

  @Test func `an end without an agent may be quiet`() {
    var fixture = DoctorFixture()
    fixture.agent.peers[1].agent = nil
    fixture.agent.peers[1].state = .silent
    #expect(fixture.troubles == [])
  }

  @Test func `what cannot be read is skipped, not judged`() {
    var fixture = DoctorFixture()
    fixture.host.firewall = nil
    fixture.host.firewallProblem = "nft needs root"
    fixture.host.sockets = nil
    #expect(Set(fixture.troubles.map(\.verdict)) == [.skipped])
    #expect(DoctorReport(fixture.findings).summary == "No faults, no warnings.")
  }

  @Test func `a firewall that cannot be read has the remedy of its reason`() {
    var fixture = DoctorFixture()
    fixture.host.firewall = nil
    fixture.host.firewallProblem = "there is no nft"
    #expect(fixture.troubles.first?.remedies == ["sudo umbel doctor"])
    fixture.host.firewallRemedy = "sudo apt-get install nftables"
    #expect(fixture.troubles.first?.remedies == ["sudo apt-get install nftables"])
  }

  @Test(arguments: [
    "lab; reboot", "$(reboot)", "a b", "", ".lab", "läb", "a\u{202e}b", String(repeating: "a", count: 33),
  ])
  func `what a peer calls its LAN is in no remedy unless it is a name`(_ lan: String) {
    var silent = DoctorFixture()
    silent.agent.peers[0].peerLan = lan
    silent.agent.peers[0].state = .silent
    #expect(silent.troubles.first?.remedies.first == "on that host: sudo umbel doctor")
    var deaf = DoctorFixture()
    deaf.agent.peers[0].peerLan = lan
    deaf.agent.peers[0].heardBySeconds = 60
    #expect(deaf.troubles.first?.remedies.first == "on that host: sudo umbel doctor")
  }

  @Test(arguments: [(500_206, nil), (500_207, "ahead of"), (-500_206, nil), (-500_207, "behind")])
  func `clocks differ by half a second and what is uncertain, or agree`(_ offset: Int, _ word: String?) {
    var fixture = DoctorFixture()
    fixture.agent.peers[0].clockOffsetMicroseconds = offset
    #expect(fixture.troubles.map(\.check) == (word == nil ? [] : [.clock]))
    if let word { #expect(fixture.troubles.first?.text.contains("is 500 ms \(word) this one's") == true) }
    let agreeing =
      word == nil
      ? "the clocks of 2 other hosts agree with this one's to 500 ms"
      : "the clock of 1 other host agrees with this one's to 267 us"
    #expect(fixture.findings.contains { $0.text == agreeing })
  }

  @Test func `a clock that nothing keeps is no trouble, and the first to be mended when it differs`() {
    var fixture = DoctorFixture()
    fixture.host.isClockSynchronised = false
    #expect(fixture.troubles == [])
    #expect(fixture.findings.contains { $0.text == "this host's clock is not synchronised: nothing like NTP keeps it" })
    fixture.agent.peers[0].clockOffsetMicroseconds = 3_600_000_000
    #expect(
      fixture.troubles.first?.remedies == [
        "sudo timedatectl set-ntp true", "on that host: sudo timedatectl set-ntp true",
      ])
    fixture.host.isClockSynchronised = nil
    #expect(fixture.troubles.map(\.verdict) == [.skipped, .warning])
    #expect(fixture.troubles.last?.remedies == ["on the host whose clock is wrong: sudo timedatectl set-ntp true"])
  }

  @Test func `an agent that is heard by several trunks has one clock, as its nearest trunk has it`() {
    var fixture = DoctorFixture()
    fixture.agent.peers[1].agent = fixture.agent.peers[0].agent
    fixture.agent.peers[0].clockOffsetMicroseconds = 2_000_000
    fixture.agent.peers[1].clockOffsetMicroseconds = 2_000_100
    fixture.agent.peers[1].clockUncertaintyMicroseconds = 50
    #expect(fixture.troubles.map(\.check) == [.clock])
    #expect(fixture.troubles.first?.text.contains("give or take 50 us") == true)
  }

  @Test func `of an agent that does not tell its clock, or is silent, none is known`() {
    var fixture = DoctorFixture()
    fixture.agent.peers.remove(at: 1)
    fixture.agent.peers[0].clockOffsetMicroseconds = nil
    fixture.agent.peers[0].clockUncertaintyMicroseconds = nil
    let own = ["this host's clock is synchronised"]
    #expect(fixture.findings.filter { $0.check == .clock }.map(\.text) == own)
    fixture.agent.peers[0].clockOffsetMicroseconds = 2_500_000
    fixture.agent.peers[0].clockUncertaintyMicroseconds = 206
    fixture.agent.peers[0].state = .silent
    #expect(fixture.findings.filter { $0.check == .clock }.map(\.text) == own)
  }

  @Test(arguments: [(UInt16.max, 65_534), (4_789, 4_790)])
  func `a UDP port that is taken has a neighbour`(_ port: UInt16, _ neighbour: Int) {
    var fixture = DoctorFixture()
    fixture.agent.ports[1].options["port"] = ["\(port)"]
    fixture.wait(1, "UDP port \(port) is taken: another process has it")
    #expect(fixture.troubles.first?.remedies.last == "umbel port add lab vxlan port=\(neighbour) …")
  }

  @Test func `buffers are told as the configuration has them`() {
    var fixture = DoctorFixture()
    fixture.agent.ports[0].transportCounters["kernel-drops"] = 1
    #expect(fixture.troubles.first?.remedies.last == "buffers: 16M at port site in umbel.yaml")
    fixture.agent.ports[0].options["buffers"] = ["300K"]
    #expect(fixture.troubles.first?.remedies.last == "buffers: 1200K at port site in umbel.yaml")
  }

  @Test func `a tunnel keeps its MTU, and the guests get less`() {
    var fixture = DoctorFixture()
    fixture.host.links[1].mtu = 1_420
    fixture.host.links[1].isTunnel = true
    fixture.agent.ports.remove(at: 1)
    fixture.agent.peers[0].pathBytes = 1_392
    #expect(fixture.troubles.first?.remedies == ["in guests: ip link set eth0 mtu 1378"])
  }

  @Test func `guests by doors are counted, not listed`() {
    var fixture = DoctorFixture()
    for number in 1...200 {
      var port = fixture.agent.ports[2]
      port.name = "g\(number)"
      port.transport = "socket"
      port.peer = Peer(userId: 1, groupId: 1, processId: number)
      fixture.agent.ports.append(port)
    }
    #expect(fixture.findings.count < 25)
    #expect(fixture.findings.contains { $0.text.contains("201 guest ports up") })
  }

  @Test func `an agent that cannot be asked is a fault, too`() {
    let socket = "/run/umbel/umbel.sock"
    let absent = Finding(ClientError.noAgent(path: "/p"), socket: socket)
    #expect(absent?.text == "no agent answers at /p" && absent?.verdict == .fault)
    let closed = Finding(ClientError.notPermitted(path: "/p"), socket: socket)
    #expect(closed?.check == .permission && closed?.remedies.first == "sudo umbel doctor")
    let elsewhere = Finding(ClientError.notPermitted(path: "/p"), socket: "/p")
    #expect(elsewhere?.remedies.first == "sudo umbel --socket /p doctor")
    #expect(Finding(ClientError.malformed("x"), socket: socket) == nil)
  }

  @Test func `people get lines of 80 columns, by LAN and port, with the remedy below and a summary last`() {
    var fixture = DoctorFixture()
    DoctorCase.all.first { $0.check == .secondPath }?.breaking(&fixture)
    let text = DoctorReport(fixture.findings).text(coloured: false)
    #expect(text.hasPrefix("Agent\n  ok     umbeld \(umbelVersion) answers, process 42\n"))
    #expect(
      text.contains(
        """

        LAN lab, port tunnel
          ok     up: vni 42, 1 peer

        """))
    #expect(
      text.contains(
        """
          fault  host berlin (192.0.2.2) is heard by two trunks of LAN lab, site and
                 tunnel: what comes by tunnel is dropped
                   umbel port remove lab tunnel

        """))
    #expect(text.hasSuffix("\n\n1 fault, 0 warnings.\n"))
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    #expect(DoctorReport(fixture.findings).text(coloured: true).contains("\u{1b}[31mfault\u{1b}[0m"))
  }
}
