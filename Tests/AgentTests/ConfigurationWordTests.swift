import Agent
import Testing
import TransportHost

private let transports = ConfigurationFixture.transports + [ConfigurationFixture.tap]

private func ports(_ list: String) throws -> [PortConfiguration] {
  let text = "lans:\n  lab:\n    ports:\n\(list)\n"
  return try #require(try ConfigurationFixture.read(("u.yaml", text), transports: transports).lans.first).ports
}

private func complaints(_ port: String) -> [String] {
  ConfigurationFixture.complaints(("u.yaml", "lans:\n  lab:\n    ports:\n      - \(port)\n"), transports: transports)
}

@Test(
  "A word is the port that its map is",
  arguments: [
    ("mcast,,239.192.168.1,1102,1", "{transport: mcast}"),
    ("\"mcast,,239.1.2.3,4711,8\"", "{transport: mcast, group: 239.1.2.3, port: 4711, ttl: 8}"),
    ("'mcast,,,4711'", "{transport: mcast, port: 4711}"),
    ("mcast", "{transport: mcast}"),
    ("\"tuntap,tap1\"", "{transport: tap, device: tap1}"),
    ("ethertap,tap1,,192.168.0.254", "{transport: tap, device: tap1, address: 192.168.0.254}"),
  ])
func wordIsMap(_ example: (word: String, map: String)) throws {
  #expect(try ports("      - \(example.word)") == ports("      - \(example.map)"))
}

@Test(
  "daemon is one more place of the door vde",
  arguments: [
    ("ports: [daemon]", "doors: [bess, vde, {door: vde, path: /tmp/uml.ctl}]"),
    ("ports: ['daemon,,unix,/run/a.ctl'], doors: []", "doors: [{door: vde, path: /run/a.ctl}]"),
  ])
func daemon(_ example: (words: String, doors: String)) throws {
  func read(_ keys: String) throws -> Configuration {
    try ConfigurationFixture.read(("u.yaml", "lans: {lab: {\(keys)}}\n"))
  }
  #expect(try read(example.words) == read(example.doors))
}

@Test("A door at one path in two LANs is refused at the word")
func doorTwice() {
  let lines = ConfigurationFixture.complaints(("u.yaml", "lans: {a: {ports: [daemon]}, b: {ports: [daemon]}}\n"))
  #expect(lines == ["u.yaml:1:42: ports: has /tmp/uml.ctl, where a door of LAN a is open already"])
}

@Test("Words and maps stand beside each other")
func mixed() throws {
  let ports = try ports("      - \"tuntap,tap1\"\n      - {name: a, transport: mcast}\n      - tuntap,tap2")
  #expect(ports.map(\.name) == ["tap", "a", "tap2"])
  #expect(ports.map(\.location.description) == ["u.yaml:4:9", "u.yaml:5:9", "u.yaml:6:9"])
}

@Test(
  "A fault in a word is shown at its field",
  arguments: [
    (
      "mcast,,10.0.0.1",
      "u.yaml:4:16: ports: field 3 (multicast address) is 10.0.0.1; "
        + "allowed is a multicast address, 224.0.0.0 to 239.255.255.255; empty: 239.192.168.1"
    ),
    (
      "\"mcast,,,65536\"",
      "u.yaml:4:18: ports: field 4 (multicast port) is 65536; allowed is 1 to 65535; empty: 1102"
    ),
    ("mcst,,,1", "u.yaml:4:9: ports: field 1 (transport) is mcst; did you mean mcast?"),
    (
      "socket",
      "u.yaml:4:9: ports: field 1 (transport) is socket; allowed is mcast, tuntap, ethertap or daemon; "
        + "or write {transport: socket}"
    ),
    (
      "eth0=mcast", "u.yaml:4:9: ports: field 1 (transport) is eth0=mcast; write the word alone, without ethN="
    ),
  ])
func faultInWord(_ example: (word: String, complaint: String)) {
  #expect(complaints(example.word) == [example.complaint])
}

@Test("A word torn at its commas by a YAML list says that it needs quotes")
func torn() {
  let lines = ConfigurationFixture.complaints(
    ("u.yaml", "lans: {lab: {ports: [tuntap,tap1]}}\n"), transports: transports)
  #expect(
    lines == [
      "u.yaml:1:29: ports: field 1 (transport) is tap1; allowed is mcast, tuntap, ethertap or daemon; "
        + "or a map, such as {transport: mcast}; inside [ ] a word with commas needs quotes"
    ])
}

@Test("What the transport refuses of a word is shown at its field")
func refusedByTransport() {
  #expect(
    complaints("mcast,,224.1.1.1") == [
      "u.yaml:4:16: group: is 224.1.1.1; allowed is a multicast group, 224.0.0.0/4 or ff00::/8"
    ])
  #expect(
    ConfigurationFixture.complaints(("u.yaml", "lans: {lab: {ports: [mcast, \"mcast,,,1102\"]}}\n"))
      .first?.hasPrefix("u.yaml:1:29: group: mcast group 239.192.168.1 port 1102 is opened twice") == true)
}

@Test("A TAP is one port's, however it is named; TAPs without a name are many")
func twoPortsOfOneTap() {
  let twice = "lans: {lab: {ports: [{transport: tap, device: tap1}, \"tuntap,tap1\"]}}\n"
  #expect(
    ConfigurationFixture.complaints(("u.yaml", twice), transports: transports)
      .first?.contains("device: tap device tap1 is opened twice, and an agent opens it once") == true)
  let unnamed = "lans: {lab: {ports: [{transport: tap}, {transport: tap, name: b}]}}\n"
  #expect(ConfigurationFixture.complaints(("u.yaml", unnamed), transports: transports) == [])
}

@Test("A word whose transport is not loaded says so")
func notLoaded() {
  let lines = ConfigurationFixture.complaints(("u.yaml", "lans: {lab: {ports: [\"tuntap,tap1\"]}}\n"))
  #expect(lines == ["u.yaml:1:23: transport: is tap; allowed is mcast or socket"])
}

@Test("A MAC in a word is checked, and noted not to apply to a port")
func notes() throws {
  let text = "lans: {lab: {ports: [\"mcast,fe:fd:0:0:0:1\"]}}\n"
  let configuration = try ConfigurationFixture.read(("u.yaml", text))
  let note =
    "u.yaml:1:29: ports: the ethernet address fe:fd:00:00:00:01 is that of the guest's NIC and does not apply to a port"
  #expect(configuration.notes.map(\.description) == [note])
  #expect(configuration.summary(transports: ConfigurationFixture.transports).hasSuffix(note + "\n"))
  #expect(try configuration == ConfigurationFixture.read(("u.yaml", "lans: {lab: {ports: [mcast]}}\n")))
  #expect(complaints("mcast,ff:fd:0:0:0:1").first?.hasPrefix("u.yaml:4:15: ports: field 2 (ethernet address) ") == true)
}
