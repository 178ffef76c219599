import Glibc
import Testing
import TransportHost

@testable import Agent

/// The processors that this process may use, as the kernel lists them: "0-3,8".
private func usableProcessors() throws -> Int {
  let status = String(decoding: try ConfigurationFiles.contents(of: "/proc/self/status"), as: UTF8.self)
  let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") })
  return line.split(separator: ":")[1].split(separator: ",").reduce(0) { count, range in
    let ends = range.split { !$0.isNumber }.compactMap { Int($0) }
    return count + ends[ends.count - 1] - ends[0] + 1
  }
}

private func lan(_ text: String) throws -> LanConfiguration {
  try #require(try ConfigurationFixture.read(("u.yaml", text)).lans.first)
}

@Test(
  "Without lans the built-in LAN holds: the eth0=mcast group and all doors",
  arguments: ["", "# nothing\n", "threads: 1", "---\n"])
func builtInDefault(text: String) throws {
  let configuration = try ConfigurationFixture.read(("u.yaml", text))
  #expect(configuration.threads == (text == "threads: 1" ? 1 : min(64, try usableProcessors())))
  let lan = try #require(configuration.lans.first)
  #expect(configuration.lans.count == 1)
  #expect(lan.name == "default")
  #expect(lan.doors.map(\.text) == ["bess", "vde"])
  #expect([lan.fdbEntries, lan.ageingSeconds, lan.guestStations, lan.queueBytes] == [65_536, 300, 1_024, 1 << 20])
  #expect(lan.controlProtocols == .pass)
  let port = try #require(lan.ports.first)
  #expect(lan.ports.count == 1)
  #expect(port.name == "mcast" && port.transport == "mcast" && port.role == .trunk)
  #expect(port.values == ConfigurationFixture.values())
}

@Test("An empty map of lans is no LAN at all", arguments: ["lans:", "lans: {}", "lans: ~"])
func emptyLans(text: String) throws {
  #expect(try ConfigurationFixture.read(("u.yaml", text)).lans == [])
}

@Test("A LAN has the values that are written, with their places")
func writtenValues() throws {
  let configuration = try ConfigurationFixture.read(
    (
      "u.yaml",
      """
      threads: 4
      lans:
        lab:
          doors: [vde]
          fdb-entries: 1024
          ageing: 24h
          guest-stations: 16
          queue: 256K
          control-protocols: drop
          ports:
            - {name: site, transport: mcast, role: trunk, group: "FF02::42", port: "4711", ttl: 8, interface: eth0}
            - transport: socket
              path: /run/guest
      """
    ))
  #expect(configuration.threads == 4)
  let lan = try #require(configuration.lans.first)
  #expect(lan.doors.map(\.text) == ["vde"])
  #expect([lan.fdbEntries, lan.ageingSeconds, lan.guestStations, lan.queueBytes] == [1_024, 86_400, 16, 256 << 10])
  #expect(lan.controlProtocols == .drop)
  #expect(lan.location.description == "u.yaml:3:3")
  let site = PortConfiguration(
    name: "site", transport: "mcast", role: .trunk,
    values: ConfigurationFixture.values(group: "ff02::42", port: 4711, ttl: 8, interface: "eth0"),
    settings: GuestDefaults().settings(of: .trunk), location: lan.location)
  let guest = PortConfiguration(
    name: "socket", transport: "socket", role: .guest, values: [OptionValue(option: 0, text: "/run/guest")],
    settings: GuestDefaults().settings(of: .guest), location: lan.location)
  #expect(lan.ports == [site, guest])
  #expect(lan.ports.map(\.location.description) == ["u.yaml:11:9", "u.yaml:12:9"])
}

@Test("A LAN of nothing but a name has all doors and no ports")
func bareLan() throws {
  let lan = try lan("lans:\n  lab:\n")
  #expect(lan.doors.map(\.text) == ["bess", "vde"] && lan.ports == [])
}

@Test("An empty list of doors closes all of them")
func noDoors() throws {
  #expect(try lan("lans: {lab: {doors: []}}").doors.isEmpty)
}

@Test("A port without a name is called like its transport, with a number where that is taken")
func portNames() throws {
  let lan = try lan(
    """
    lans:
      lab:
        ports:
          - {transport: mcast}
          - {transport: mcast, port: 2}
          - {transport: socket, path: a, name: mcast2}
          - {transport: mcast, port: 3}
    """)
  #expect(lan.ports.map(\.name) == ["mcast", "mcast3", "mcast2", "mcast4"])
}

@Test("Words that YAML takes for numbers, dates or booleans stay words")
func wordsStayWords() throws {
  let lan = try lan("lans: {no: {ports: [{transport: socket, name: 2024-01-01, path: yes}]}}")
  #expect(lan.name == "no")
  #expect(lan.ports.first?.name == "2024-01-01")
  #expect(lan.ports.first?.values == [OptionValue(option: 0, text: "yes")])
}

@Test("An option that is a list takes a list, or words with commas", arguments: ["[a, b]", "\"a, b\""])
func listOption(text: String) throws {
  let lan = try lan("lans: {lab: {ports: [{transport: mcast, peers: \(text)}]}}")
  #expect(lan.ports.first?.values.last == OptionValue(option: 4, text: "a,b", items: ["a", "b"]))
}

@Test("Aliases repeat what an anchor names, merges fill in what is not written")
func anchorsAndMerges() throws {
  let configuration = try ConfigurationFixture.read(
    (
      "u.yaml",
      """
      lans:
        one: &defaults
          doors: [bess]
          queue: 2M
        two: *defaults
        three:
          <<: *defaults
          queue: 4M
        four:
          <<: [{ageing: 20s}, {ageing: 30s}, *defaults]
      """
    ))
  #expect(configuration.lans.map { $0.doors.map(\.text) } == [["bess"], ["bess"], ["bess"], ["bess"]])
  #expect(configuration.lans.map(\.queueBytes) == [2 << 20, 2 << 20, 4 << 20, 2 << 20])
  #expect(configuration.lans.last?.ageingSeconds == 20)
}

@Test("LANs of lans.d stand after those of the main file")
func lansOfFragments() throws {
  let configuration = try ConfigurationFixture.read(
    ("u.yaml", "lans: {a: {}}"), ("lans.d/1.yaml", "lans: {b: {}}"), ("lans.d/2.yaml", "lans: {c: {}}"))
  #expect(configuration.lans.map(\.name) == ["a", "b", "c"])
}

@Test("A LAN in lans.d alone replaces the built-in one")
func fragmentReplacesDefault() throws {
  let configuration = try ConfigurationFixture.read(("u.yaml", "threads: 2"), ("lans.d/1.yaml", "lans: {b: {}}"))
  #expect(configuration.threads == 2)
  #expect(configuration.lans.map(\.name) == ["b"])
}

@Test("threads: auto is the number of processors that this process may use")
func automaticThreads() throws {
  let threads = try ConfigurationFixture.read(("u.yaml", "threads: auto")).threads
  #expect((1...64).contains(threads))
  #expect(threads == min(64, try usableProcessors()))
}

@Test("A configuration that only moved in its file is the same, one that asks for more is not")
func equality() throws {
  let one = try ConfigurationFixture.read(("u.yaml", "lans: {lab: {ports: [{transport: mcast}]}}"))
  let moved = try ConfigurationFixture.read(("v.yaml", "\n\nlans:\n  lab:\n    ports:\n      - transport: mcast\n"))
  #expect(one == moved)
  for change in ["ttl: 2", "name: other", "port: 7"] {
    let text = "lans: {lab: {ports: [{transport: mcast, \(change)}]}}"
    #expect(try ConfigurationFixture.read(("u.yaml", text)) != one, "\(change)")
  }
  for change in [
    "queue: 2M", "ageing: 20s", "fdb-entries: 2048", "guest-stations: 2", "control-protocols: drop", "doors: []",
    "thread: 0", "record: 1M", "record-snaplen: 64",
  ] {
    let text = "lans: {lab: {\(change), ports: [{transport: mcast}]}}"
    #expect(try ConfigurationFixture.read(("u.yaml", text)) != one, "\(change)")
  }
}

@Test("The summary shows every LAN, port and value")
func summary() throws {
  let text = """
    {threads: 2, busy-poll: 50us, lans: {
      lab: {thread: 1, doors: [vde], ports: [{transport: mcast, interface: eth0}], mirror: {from: [a, b*], to: m}},
      empty: {doors: []}}}
    """
  let configuration = try ConfigurationFixture.read(("u.yaml", text))
  #expect(
    configuration.summary(transports: ConfigurationFixture.transports) == """
      2 forwarding threads, busy-poll 50us
      LAN lab: doors vde, thread 1
        port mcast: mcast trunk group=239.192.168.1 port=1102 ttl=1 interface=eth0
        mirror to m: both of a, b*
      LAN empty: no doors

      """)
}
