import Agent
import Testing
import TransportHost

/// A file that must be refused, and exactly what is printed.
private struct Bad: Sendable, CustomTestStringConvertible {
  let what: String
  let text: String
  let lines: [String]

  init(_ what: String, _ text: String, _ lines: String...) {
    self.what = what
    self.text = text
    self.lines = lines
  }

  var testDescription: String { what }
}

private let ports = "lans:\n  lab:\n    ports:\n"

private let structure: [Bad] = [
  Bad(
    "a key that is not closed", "lans:\n  lab: [\n",
    "u.yaml:3:1: is not YAML: did not find expected node content while parsing a flow node"),
  Bad("a tab for indentation", "lans:\n\tlab: {}\n", "u.yaml:2:1: is not YAML: a tab; indent with spaces"),
  Bad(
    "a control character", "lans:\n  lab: \u{1}\n", "u.yaml:2:8: is not YAML: control characters are not allowed"),
  Bad(
    "two documents", "lans: {}\n---\nlans: {}\n",
    "u.yaml:2:1: is not YAML: expected a single document in the stream but found another document"),
  Bad("an alias of nothing", "lans: *nobody\n", "u.yaml:1:7: is not YAML: found undefined alias"),
  Bad(
    "a file that is a list", "- lans\n",
    "u.yaml:1:1: the file is a list; it must be a map with lans, threads and busy-poll"),
  Bad(
    "a file that is a word", "lans\n", "u.yaml:1:1: the file is lans; it must be a map with lans, threads and busy-poll"
  ),
  Bad("a key that is a map", "{a: b}: c\n", "u.yaml:1:1: a key must be a word"),
  Bad("a mistyped key", "lnas: {}\n", "u.yaml:1:1: lnas: is not a key of the file; did you mean lans?"),
  Bad("a merge of a word", "<<: word\n", "u.yaml:1:5: <<: must be a map or a list of maps"),
  Bad("threads beyond the limit", "threads: 65\n", "u.yaml:1:10: threads: is 65; allowed is 1 to 64, or auto"),
  Bad("threads of a list", "threads: [1]\n", "u.yaml:1:10: threads: is a list; allowed is 1 to 64, or auto"),
  Bad("threads of nothing", "threads:\n", "u.yaml:1:9: threads: is empty; allowed is 1 to 64, or auto"),
  Bad(
    "lans of a list", "lans: [lab]\n",
    "u.yaml:1:7: lans: is a list; it must be a map of LANs, such as {lab: {ports: []}}"),
  Bad("a repeated key", "threads: 1\nthreads: 2\n", "u.yaml:2:1: threads: is given twice; the first is at u.yaml:1:1"),
]

private let lans: [Bad] = [
  Bad(
    "a LAN twice in a file", "lans:\n  lab: {}\n  other: {}\n  \"lab\": {}\n",
    "u.yaml:4:3: lab: is given twice; the first is at u.yaml:2:3"),
  Bad(
    "a LAN thrice in a file", "lans:\n  lab: {}\n  lab: {}\n  lab: {}\n",
    "u.yaml:3:3: lab: is given twice; the first is at u.yaml:2:3",
    "u.yaml:4:3: lab: is given twice; the first is at u.yaml:2:3"),
  Bad(
    "a LAN twice in a file, the first with an anchor", "lans:\n  &a lab: {}\n  lab: {}\n",
    "u.yaml:2:3: lab: is given twice; give it once"),
  Bad(
    "a LAN's name with a slash", "lans: {a/b: {}}\n",
    "u.yaml:1:8: a/b: is not a name; allowed are 1 to 32 of A-Z a-z 0-9 . _ -, the first a letter or digit"),
  Bad(
    "a LAN's name of dots", "lans: {..: {}}\n",
    "u.yaml:1:8: ..: is not a name; allowed are 1 to 32 of A-Z a-z 0-9 . _ -, the first a letter or digit"),
  Bad(
    "a LAN's name of 33 letters", "lans: {a23456789012345678901234567890123: {}}\n",
    "u.yaml:1:8: a23456789012345678901234567890123: is not a name; "
      + "allowed are 1 to 32 of A-Z a-z 0-9 . _ -, the first a letter or digit"),
  Bad(
    "the name of the control socket", "lans: {umbel.sock: {}}\n",
    "u.yaml:1:8: umbel.sock: is kept for the agent's own files, as all that begins with umbel and a full stop"),
  Bad("a LAN that is a word", "lans: {lab: on}\n", "u.yaml:1:13: lab: is on; it must be a map with doors and ports"),
  Bad(
    "a mistyped key of a LAN", "lans: {lab: {dors: []}}\n",
    "u.yaml:1:14: dors: is not an option of a LAN; did you mean doors?"),
  Bad(
    "a key of a LAN that is like no other", "lans: {lab: {colour: red}}\n",
    "u.yaml:1:14: colour: is not an option of a LAN; "
      + "allowed is doors, ports, mirror, fdb-entries, ageing, guest-stations, queue, control-protocols, record-snaplen, "
      + "thread, record, storm-broadcast, storm-multicast, storm-unknown or loop-guard"),
  Bad(
    "an FDB too small", "lans: {lab: {fdb-entries: 1023}}\n",
    "u.yaml:1:27: fdb-entries: is 1023; allowed is 1024 to 1048576"),
  Bad(
    "ageing without a unit", "lans: {lab: {ageing: 300}}\n",
    "u.yaml:1:22: ageing: is 300; allowed is a number with ns, us, ms, s, min or h, from 10s to 24h"),
  Bad(
    "a queue too large", "lans: {lab: {queue: 257M}}\n",
    "u.yaml:1:21: queue: is 257M; allowed is bytes, or a number with K, M or G, from 128K to 256M"),
  Bad(
    "a policy there is not", "lans: {lab: {control-protocols: flood}}\n",
    "u.yaml:1:33: control-protocols: is flood; allowed is pass or drop"),
  Bad(
    "a setting that is a map", "lans: {lab: {queue: {}}}\n",
    "u.yaml:1:21: queue: is a map; allowed is bytes, or a number with K, M or G, from 128K to 256M"),
  Bad(
    "doors of a word", "lans: {lab: {doors: bess}}\n",
    "u.yaml:1:21: doors: is bess; it must be a list, such as [bess, vde]"),
  Bad(
    "a mistyped door", "lans: {lab: {doors: [bess, vda]}}\n",
    "u.yaml:1:28: doors: vda is not a door; did you mean vde?"),
  Bad(
    "a door there is not", "lans: {lab: {doors: [window]}}\n",
    "u.yaml:1:22: doors: window is not a door; allowed is bess or vde"),
  Bad(
    "a door twice", "lans: {lab: {doors: [bess, bess]}}\n", "u.yaml:1:28: doors: has bess twice; give it once"),
]

private let portFaults: [Bad] = [
  Bad(
    "ports of a map", "lans: {lab: {ports: {transport: mcast}}}\n",
    "u.yaml:1:21: ports: is a map; it must be a list, such as [{transport: mcast}]"),
  Bad(
    "a port of a list", ports + "      - [mcast]\n",
    "u.yaml:4:9: ports: a port is a list; it must be a map, such as {transport: mcast}"),
  Bad(
    "a port without a transport", ports + "      - {name: a}\n",
    "u.yaml:4:9: transport: is missing; allowed is mcast or socket"),
  Bad(
    "an unknown transport", ports + "      - {transport: vxlan, vni: 42}\n",
    "u.yaml:4:21: transport: is vxlan; allowed is mcast or socket"),
  Bad(
    "a role that there is not", ports + "      - {transport: socket, path: a, role: bridge}\n",
    "u.yaml:4:44: role: is bridge; allowed for socket is guest or trunk"),
  Bad(
    "a mistyped option", ports + "      - transport: mcast\n        tll: 8\n",
    "u.yaml:5:9: tll: is not an option of mcast; did you mean ttl?"),
  Bad(
    "a TTL beyond 255", ports + "      - transport: mcast\n        ttl: 256\n",
    "u.yaml:5:14: ttl: is 256; allowed is 0 to 255"),
  Bad(
    "a negative TTL", ports + "      - {transport: mcast, ttl: -1}\n", "u.yaml:4:33: ttl: is -1; allowed is 0 to 255"),
  Bad(
    "an option that is a list", ports + "      - {transport: mcast, ttl: [1]}\n",
    "u.yaml:4:33: ttl: is a list; allowed is 0 to 255"),
  Bad(
    "an option of nothing", ports + "      - transport: mcast\n        group:\n",
    "u.yaml:5:15: group: is empty; allowed is an IPv4 or IPv6 address"),
  Bad(
    "a group that is no address", ports + "      - {transport: mcast, group: everyone}\n",
    "u.yaml:4:35: group: is everyone; allowed is an IPv4 or IPv6 address"),
  Bad(
    "a group that is not multicast", ports + "      - {transport: mcast, group: 10.0.0.1}\n",
    "u.yaml:4:35: group: is 10.0.0.1; allowed is a multicast group, 224.0.0.0/4 or ff00::/8"),
  Bad(
    "a required option that is missing", ports + "      - {transport: socket}\n",
    "u.yaml:4:9: path: is missing; socket needs it, allowed is text without a NUL"),
  Bad(
    "a required option that is a map", ports + "      - {transport: socket, path: {}}\n",
    "u.yaml:4:35: path: is a map; allowed is text without a NUL"),
  Bad(
    "a repeated option", ports + "      - {transport: mcast, ttl: 1, ttl: 2}\n",
    "u.yaml:4:36: ttl: is given twice; the first is at u.yaml:4:28"),
  Bad(
    "a port's name twice",
    ports + "      - {transport: mcast, name: a}\n      - {transport: socket, path: a, name: a}\n",
    "u.yaml:5:44: name: a is given twice; the first port of this name is at u.yaml:4:34"),
  Bad(
    "a port's name with a space", ports + "      - {transport: mcast, name: a b}\n",
    "u.yaml:4:34: name: \"a b\" is not a name; allowed are 1 to 32 of A-Z a-z 0-9 . _ -, the first a letter or digit"),
  Bad(
    "the same group twice in a LAN",
    ports + "      - {transport: mcast}\n      - {transport: mcast, ttl: 7, group: 239.192.168.1}\n",
    "u.yaml:5:43: group: mcast group 239.192.168.1 port 1102 is opened twice, and an agent opens it once; "
      + "port mcast of LAN lab has it at u.yaml:4:9"),
  Bad(
    "the same group in two LANs, written in two ways",
    """
    lans:
      one: {ports: [{transport: mcast, name: site, group: "ff02::1"}]}
      two: {ports: [{transport: mcast, group: "FF02:0::1"}]}

    """,
    "u.yaml:3:43: group: mcast group ff02::1 port 1102 is opened twice, and an agent opens it once; "
      + "port site of LAN one has it at u.yaml:2:17"),
]

@Test("A fault of the file's form is named with its place", arguments: structure)
private func structureIsRefused(bad: Bad) {
  #expect(ConfigurationFixture.complaints(("u.yaml", bad.text)) == bad.lines)
}

@Test("A fault in a LAN is named with its place", arguments: lans)
private func lanIsRefused(bad: Bad) {
  #expect(ConfigurationFixture.complaints(("u.yaml", bad.text)) == bad.lines)
}

@Test("A fault in a port is named with its place", arguments: portFaults)
private func portIsRefused(bad: Bad) {
  #expect(ConfigurationFixture.complaints(("u.yaml", bad.text)) == bad.lines)
}

@Test("All faults of all files come at once, in the order of the files")
func allFaultsAtOnce() {
  let complaints = ConfigurationFixture.complaints(
    ("u.yaml", ports + "      - {transport: mcast, ttl: 999, colour: red}\n      - {transport: none}\nthreads: 0\n"),
    ("lans.d/a.yaml", "threads: 2\nlans:\n  lab: {}\n"))
  #expect(
    complaints == [
      "u.yaml:4:33: ttl: is 999; allowed is 0 to 255",
      "u.yaml:4:38: colour: is not an option of mcast; "
        + "allowed is group, port, ttl, interface, peers, hello, mss-clamp, "
        + "too-big, coalesce, oversize, storm-broadcast, storm-multicast, storm-unknown, name, transport or role",
      "u.yaml:5:21: transport: is none; allowed is mcast or socket",
      "u.yaml:6:10: threads: is 0; allowed is 1 to 64, or auto",
      "lans.d/a.yaml:1:1: threads: belongs into the main file; files of lans.d hold lans alone",
      "lans.d/a.yaml:3:3: lab: is given twice; the first LAN of this name is at u.yaml:2:3",
    ])
}

@Test("A role that the transport does not have is refused with those that it has")
func roleOfOtherTransports() {
  #expect(
    ConfigurationFixture.complaints(
      ("u.yaml", ports + "      - {transport: tap, role: trunk}\n"), transports: [ConfigurationFixture.tap]) == [
        "u.yaml:4:32: role: is trunk; allowed for tap is guest"
      ])
}

@Test("A group cannot be a guest port's and a trunk's, whatever else they say")
func groupOfTwoRoles() {
  for (first, second) in [("guest", "trunk"), ("trunk", "guest")] {
    let text = """
      lans:
        a: {ports: [{transport: mcast, role: \(first)}, {transport: mcast, role: guest, group: 239.1.1.1}]}
        b: {ports: [{transport: mcast, role: \(second), group: 239.192.168.1, port: 1103}]}
      """
    #expect(
      ConfigurationFixture.complaints(("u.yaml", text)) == [
        "u.yaml:3:54: group: mcast group 239.192.168.1 cannot be a guest port's and a trunk's, give one of them "
          + "another; port mcast of LAN a has it as \(first) at u.yaml:2:15"
      ])
  }
}

@Test("The same group on another interface or port is another group")
func differentGroups() throws {
  let text = """
    lans:
      a: {ports: [{transport: mcast}, {transport: mcast, interface: eth0}, {transport: mcast, port: 1103}]}
      b: {ports: [{transport: mcast, interface: eth1}]}
    """
  #expect(try ConfigurationFixture.read(("u.yaml", text)).lans.map(\.ports.count) == [3, 1])
}

@Test("The same group in two files is refused with the other's place")
func sameGroupInTwoFiles() {
  let complaints = ConfigurationFixture.complaints(
    ("u.yaml", "lans: {a: {ports: [{transport: mcast}]}}"),
    ("lans.d/b.yaml", "lans: {b: {ports: [{transport: mcast}]}}"))
  #expect(
    complaints == [
      "lans.d/b.yaml:1:20: group: mcast group 239.192.168.1 port 1102 is opened twice, and an agent opens it once; "
        + "port mcast of LAN a has it at u.yaml:1:20"
    ])
}

@Test("Lines ended by CR LF are counted as others")
func carriageReturns() {
  let text = "lans:\r\n  lab: {}\r\n  lab: {}\r\n  x: {queue: 1}\r\n"
  #expect(
    ConfigurationFixture.complaints(("u.yaml", text)) == [
      "u.yaml:3:3: lab: is given twice; the first is at u.yaml:2:3",
      "u.yaml:4:14: queue: is 1; allowed is bytes, or a number with K, M or G, from 128K to 256M",
    ])
}

@Test("A few lines of aliases that stand for billions of values are refused")
func aliasesAreBounded() {
  var text = "l0: &l0 [x]\n"
  for level in 1...12 {
    let aliases = Array(repeating: "*l\(level - 1)", count: 10).joined(separator: ", ")
    text += "l\(level): &l\(level) [\(aliases)]\n"
  }
  #expect(ConfigurationFixture.complaints(("u.yaml", text)) == ["u.yaml: has more than 100000 values"])
}

@Test("Without the transport that the built-in default needs, there is a sentence and no trap")
func noTransports() {
  #expect(
    throws: ConfigurationProblems([
      ConfigurationProblem(
        SourceLocation(file: "built-in default", line: 1, column: 51), key: "transport",
        "is mcast; no transport is loaded, see --plugin-dir")
    ])
  ) { try Configuration.read([], transports: []) { _, _ in nil } }
}
