import Testing
import TransportHost

private let group = OptionDescription(
  name: "group", help: "The group.", defaultText: "239.192.168.1", kind: .address)
private let ttl = OptionDescription(
  name: "ttl", help: "Hops, 0 to 255.", defaultText: "1", minimum: 0, maximum: 255, kind: .integer)
private let interface = OptionDescription(name: "interface", help: "The interface.", kind: .interface)
private let peer = OptionDescription(name: "peer", help: "The peer.", kind: .host, isRequired: true)

private func transport(_ options: [OptionDescription], doors: [DoorDescription] = []) -> TransportDescription {
  TransportDescription(
    name: "demo", summary: "A transport.", path: "/demo.so", options: options, doors: doors, roles: [.trunk],
    defaultRole: .trunk)
}

private func problems(_ options: [OptionDescription], _ given: [(String, OptionText)]) -> [OptionProblem] {
  do {
    _ = try transport(options).values(from: given.map { (name: $0.0, text: $0.1) })
    return []
  } catch { return error.problems }
}

@Test("Options that are not given have their defaults, or are absent")
func defaultsAreFilled() throws {
  let values = try transport([group, interface, ttl]).values(from: [(name: "ttl", text: .text("8"))])
  #expect(values == [OptionValue(option: 0, text: "239.192.168.1"), OptionValue(option: 2, text: "8", integer: 8)])
}

@Test("A value is found by its option's name")
func valueByName() throws {
  let demo = transport([group, interface, ttl])
  let values = try demo.values(from: [])
  #expect(demo.value("ttl", in: values)?.integer == 1)
  #expect(demo.value("interface", in: values) == nil)
  #expect(demo.value("no-such", in: values) == nil)
}

@Test("A mistyped name is refused with the nearest")
func unknownNameHasSuggestion() {
  let found = problems([group, ttl], [("tll", .text("8"))])
  #expect(found.map(\.description) == ["tll is not an option of demo; did you mean ttl?"])
  #expect(found.map(\.fault) == [.unknown])
}

@Test("A name that is near to nothing is refused with all there are")
func unknownNameHasList() {
  #expect(
    problems([group, ttl], [("colour", .text("8"))]).map(\.message)
      == ["is not an option of demo; allowed is group or ttl"])
}

@Test("All problems come at once, with their positions")
func allProblemsAtOnce() {
  let found = problems(
    [group, ttl, peer],
    [("ttl", .text("300")), ("group", .text("x")), ("ttl", .text("1"))])
  #expect(
    found.map(\.description) == [
      "ttl is 300; allowed is 0 to 255", "group is x; allowed is an IPv4 or IPv6 address",
      "ttl is given twice; give it once", "peer is missing; demo needs it, allowed is a host name or an address",
    ])
  #expect(found.map(\.position) == [0, 1, 2, nil])
  #expect(found.map(\.fault) == [.value, .value, .repeated, .missing])
}

@Test("A default that does not parse is the transport's fault, not a trap")
func badDefaultIsReported() {
  let bad = OptionDescription(name: "ttl", help: "Hops.", defaultText: "no", kind: .integer)
  let found = problems([bad], [])
  #expect(found.map(\.description) == ["ttl has a default of demo that is no; allowed is a whole number"])
  #expect(found.map(\.fault) == [.table])
}

@Test(
  "The nearest name allows one mistake, or one in three letters",
  arguments: [
    ("gruop", "group"), ("groups", "group"), ("interfce", "interface"), ("intreface", "interface"), ("tt", "ttl"),
    ("xyz", nil), ("", nil),
  ] as [(String, String?)])
func nearest(name: String, expected: String?) {
  #expect(nearestName(to: name, in: ["group", "interface", "ttl"]) == expected)
}

@Test("A sound table has no problems")
func soundTable() {
  let door = DoorDescription(name: "vde", path: "vde/ctl", help: "VDE.", socketType: 1, hasOwnDirectory: true)
  let flat = DoorDescription(name: "stream", path: "stream", help: "QEMU.", socketType: 1, takesInternet: true)
  let datagrams = DoorDescription(name: "dgram", path: "dgram", help: "QEMU.", socketType: 2)
  #expect(transport([group, interface, ttl, peer], doors: [door, flat, datagrams]).problems == [])
}

@Test("The directories of a door are those on the way to its socket")
func doorDirectories() {
  func directories(_ path: String) -> [String] {
    DoorDescription(name: "vde", path: path, help: "VDE.", socketType: 1).directories
  }
  #expect(directories("ctl") == [])
  #expect(directories("vde/ctl") == ["vde"])
  #expect(directories("a/b/ctl") == ["a", "a/b"])
}

private let unsound: [(TransportDescription, [String])] = [
  (
    transport([OptionDescription(name: "TTL", help: "Hops.", kind: .integer)]),
    ["option TTL has a name that does not match [a-z][a-z0-9-]*"]
  ),
  (
    transport([OptionDescription(name: "role", help: "Hops.", kind: .integer)]),
    ["option role has a name that belongs to the agent"]
  ),
  (
    transport([OptionDescription(name: "ttl", help: "", kind: .integer)]), ["option ttl needs a help of one line"]
  ),
  (
    transport([OptionDescription(name: "ttl", help: "Hops.", defaultText: "256", maximum: 255, kind: .integer)]),
    ["option ttl has a default that is 256; allowed is 0 to 255"]
  ),
  (
    transport([OptionDescription(name: "ttl", help: "Hops.", minimum: 5, maximum: 1, kind: .integer)]),
    ["option ttl has a minimum above its maximum"]
  ),
  (
    transport([OptionDescription(name: "mode", help: "Mode.", kind: .choice)]),
    ["option mode is a choice and has no choices"]
  ),
  (
    transport([OptionDescription(name: "mode", help: "Mode.", choices: ["a"], kind: .string)]),
    ["option mode has choices and is no choice"]
  ),
  (
    transport([OptionDescription(name: "mode", help: "Mode.", choices: ["a", "b", "a"], kind: .choice)]),
    ["option mode has the choice a twice"]
  ),
  (
    transport([
      OptionDescription(name: "peer", help: "Peer.", defaultText: "a", kind: .host, isRequired: true)
    ]),
    ["option peer is required and has a default; it can have one of them"]
  ),
  (transport([ttl, ttl]), ["option ttl stands twice in the table"]),
  (
    transport([], doors: [DoorDescription(name: "vde", path: "../ctl", help: "VDE.", socketType: 1)]),
    ["door vde has the path ../ctl; it must stay inside the LAN's directory"]
  ),
  (
    transport([], doors: [DoorDescription(name: "vde", path: "ctl", help: "VDE.", socketType: 3)]),
    ["door vde must be of SOCK_STREAM, SOCK_SEQPACKET or SOCK_DGRAM"]
  ),
  (
    transport([], doors: [DoorDescription(name: "dgram", path: "d", help: "D.", socketType: 2, takesInternet: true)]),
    ["door dgram takes internet clients, which only one of SOCK_STREAM can"]
  ),
  (
    transport(
      [], doors: [DoorDescription(name: "vde", path: "ctl", help: "VDE.", socketType: 1, hasOwnDirectory: true)]),
    ["door vde has a directory of its own, and the path ctl names none; say vde/ctl"]
  ),
  (
    transport(
      [],
      doors: [
        DoorDescription(name: "vde", path: "vde/ctl", help: "VDE.", socketType: 1, hasOwnDirectory: true),
        DoorDescription(name: "side", path: "vde/side", help: "Side.", socketType: 1),
      ]),
    ["door vde has a directory of its own, in which door side is too"]
  ),
  (
    TransportDescription(
      name: "De_mo", summary: "One.\nTwo.", path: "", options: [], doors: [], roles: [.guest], defaultRole: .trunk),
    [
      "the transport's name is De_mo; allowed are a to z, 0 to 9 and -", "the summary must be one line",
      "the default role trunk is not among the roles",
    ]
  ),
]

@Test("A fault in a transport's table is named", arguments: unsound.indices)
func unsoundTable(index: Int) {
  let (transport, sentences) = unsound[index]
  #expect(transport.problems == sentences)
}
