import Agent
import LinuxIO
import Testing
import TransportHost

private func doors(_ text: String) throws -> [DoorConfiguration] {
  try #require(try ConfigurationFixture.read((file: "u.yaml", text: "lans: {lab: {doors: \(text)}}")).lans.first).doors
}

private func complaints(_ text: String) -> [String] {
  ConfigurationFixture.complaints((file: "u.yaml", text: "lans: {lab: {doors: \(text)}}"))
}

@Test("A door may be a name or a map, and open at several places")
func doorPlaces() throws {
  let found = try doors("[bess, {door: bess, path: /tmp/b}, {door: vde, listen: '[::1]:5555'}, {door: vde, mode: 600}]")
  #expect(found.map(\.text) == ["bess", "bess=/tmp/b", "vde=[::1]:5555", "vde"])
  #expect(found.map(\.mode) == [0o660, 0o660, 0o660, 0o600])
  #expect(found[2].place == .internet(SocketAddress(try #require(IPAddress("::1")), port: 5_555)))
}

@Test("A door's file may belong to another group")
func doorGroup() throws {
  #expect(try doors("[{door: vde, path: /tmp/uml.ctl, mode: 0606, group: staff}]")[0].group == "staff")
}

@Test("A door may have options of its transport, for the ports that come of it")
func doorOptions() throws {
  let idle = OptionDescription(name: "idle", help: "Silence.", kind: .duration)
  let transport = TransportDescription(
    name: "sockets", summary: "Sockets.", path: "/s.so", options: [idle],
    doors: [DoorDescription(name: "dgram", path: "dgram", help: "Datagrams.", socketType: 2)], roles: [.guest],
    defaultRole: .guest)
  func read(_ doors: String) throws -> [DoorConfiguration] {
    try Configuration.read(
      [("u.yaml", "lans: {lab: {doors: \(doors)}}")], transports: [transport], check: { _, _ in nil }
    ).lans[0].doors
  }
  let found = try read("[dgram, {door: dgram, path: /tmp/a, idle: 60s}]")
  #expect(found.map { $0.values?.map(\.integer) } == [nil, [60_000_000_000]])
  #expect(throws: ConfigurationProblems.self) { try read("[{door: dgram, idle: long}]") }
}

private let refusals: [(doors: String, complaint: String)] = [
  ("[{path: /a}]", "u.yaml:1:22: doors: has a map without door; it must be such as {door: vde, path: /tmp/uml.ctl}"),
  ("[{door: vda, path: /a}]", "u.yaml:1:29: door: vda is not a door; did you mean vde?"),
  ("[{door: vde, pfad: /a}]", "u.yaml:1:34: pfad: is not a key of a door; did you mean path?"),
  ("[{door: vde, path: [a]}]", "u.yaml:1:40: path: is a list; it must be a word"),
  ("[{door: vde, path: a}]", "u.yaml:1:40: path: is a; it must be the absolute path of a socket"),
  ("[{door: vde, path: /a/}]", "u.yaml:1:40: path: is /a/; it must be the absolute path of a socket"),
  (
    "[{door: vde, path: /\(String(repeating: "a", count: 107))}]",
    "u.yaml:1:40: path: has 108 bytes; a socket's path has 107 at most: choose a shorter one"
  ),
  (
    "[{door: vde, listen: 'localhost:5'}]",
    "u.yaml:1:42: listen: is localhost:5; it must be an address with a port, as 127.0.0.1:5555 or [::1]:5555"
  ),
  (
    "[{door: vde, listen: '127.0.0.1:0'}]",
    "u.yaml:1:42: listen: is 127.0.0.1:0; it must be an address with a port, as 127.0.0.1:5555 or [::1]:5555"
  ),
  ("[{door: bess, listen: '127.0.0.1:5'}]", "u.yaml:1:43: listen: is not for door bess; allowed is door vde"),
  (
    "[{door: vde, path: /a, listen: '127.0.0.1:5'}]",
    "u.yaml:1:52: listen: and path are two places: make them two doors of the list"
  ),
  (
    "[{door: vde, listen: '127.0.0.1:5', mode: 600}]",
    "u.yaml:1:63: mode: is of a socket's file; a TCP address has none"
  ),
  ("[{door: vde, mode: 888}]", "u.yaml:1:40: mode: is 888; it must be octal permissions, 0600 to 0777"),
  ("[vde, {door: vde}]", "u.yaml:1:27: doors: has vde twice; give it once"),
  ("[{door: vde, path: /a}, {door: vde, path: /a}]", "u.yaml:1:45: doors: has vde=/a twice; give it once"),
  (
    "[{door: vde, path: /a}, {door: bess, path: /a}]",
    "u.yaml:1:45: doors: has /a, where a door of LAN lab is open already"
  ),
]

@Test("A fault in a door is named at its place", arguments: refusals.indices)
func faultyDoor(index: Int) {
  #expect(complaints(refusals[index].doors) == [refusals[index].complaint])
}

@Test("Two LANs cannot have doors at one path")
func samePlace() {
  let text = "lans: {one: {doors: [{door: vde, path: /a}]}, two: {doors: [{door: vde, path: /a}]}}"
  #expect(
    ConfigurationFixture.complaints((file: "u.yaml", text: text)) == [
      "u.yaml:1:61: doors: has /a, where a door of LAN one is open already"
    ])
}

@Test("The HOWTO's word of a switch's client opens the door where it looks")
func doorByWord() throws {
  let text = "lans: {lab: {doors: [bess], ports: ['daemon,,unix,/tmp/uml.ctl']}}"
  let lan = try #require(try ConfigurationFixture.read((file: "u.yaml", text: text)).lans.first)
  #expect(lan.doors.map(\.text) == ["bess", "vde=/tmp/uml.ctl"])
  #expect(lan.ports.isEmpty)
}
