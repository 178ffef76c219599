import Agent
import Testing
import TransportHost

private let transports = ConfigurationFixture.transports + [ConfigurationFixture.tap]

private func read(_ text: String) throws -> Configuration {
  try ConfigurationFixture.read(("u.yaml", text), transports: transports)
}

extension PresentLAN {
  /// A LAN that is exactly as a configuration asks for.
  fileprivate init(_ lan: LanConfiguration, isConfigured: Bool = true, lost: Set<String> = []) {
    self.init(
      lan, doors: lan.doors.map { PresentDoor($0) },
      ports: lan.ports.map { PresentPort($0, isConfigured: isConfigured, isLost: lost.contains($0.name)) },
      isConfigured: isConfigured)
  }
}

/// What it takes from one text to another, where all is as the first asks for.
private func difference(_ old: String, _ new: String) throws -> ConfigurationDifference {
  let old = try read(old)
  return ConfigurationDifference(
    from: old.lans.map { PresentLAN($0) }, threads: old.threads, busyPoll: old.busyPoll, to: try read(new),
    transports: transports)
}

/// Of LAN `lab`, whose content the two texts are.
private func labDifference(_ old: String, _ new: String) throws -> LANDifference? {
  let difference = try difference("lans: {lab: {\(old)}}", "lans: {lab: {\(new)}}")
  #expect(difference.added.isEmpty && difference.removed.isEmpty)
  return difference.changed.first
}

extension PortDifference {
  /// The step and the name of the port.
  fileprivate var text: String {
    let step =
      switch step {
      case .remove: "remove"
      case .add: "add"
      case .reopen: "reopen"
      case .change: "change"
      case .keep: "keep"
      }
    return "\(step) \(name)" + (isAdopted ? ", adopted" : "")
  }
}

@Suite("What a reload has to do")
struct ConfigurationDifferenceTests {
  @Test("Nothing, when the same is asked for, wherever it is written and in whatever order")
  func nothing() throws {
    let one = "lans: {lab: {ports: [{transport: mcast}, {transport: tap}]}, other: {doors: []}}"
    let moved = "# moved\nlans:\n  other: {doors: []}\n  lab: {ports: [{transport: tap}, {transport: mcast}]}"
    for text in [one, moved] {
      let difference = try difference(one, text)
      #expect(difference.added.isEmpty && difference.removed.isEmpty && difference.changed.isEmpty)
      #expect(difference.otherThreads == nil)
    }
  }

  @Test("LANs come and go")
  func lans() throws {
    let difference = try difference("lans: {one: {}, two: {}}", "lans: {two: {}, three: {}}")
    #expect(difference.removed == ["one"] && difference.added.map(\.name) == ["three"])
    #expect(difference.changed.isEmpty)
  }

  @Test("Another number of threads is told")
  func threads() throws {
    #expect(try difference("threads: 1\nlans: {}", "threads: 3\nlans: {}").otherThreads == 3)
  }

  @Test("Another busy-poll is told, and nothing else for it")
  func busyPoll() throws {
    let other = try difference("lans: {}", "busy-poll: 50us\nlans: {}")
    #expect(other.otherBusyPoll == .always(nanoseconds: 50_000) && other.otherThreads == nil)
    #expect(try difference("busy-poll: off\nlans: {}", "lans: {}").otherBusyPoll == nil)
  }

  @Test("A LAN that is pinned elsewhere is told, and one that is where it is pinned is not")
  func thread() throws {
    let present = PresentLAN(
      try read("threads: 3\nlans: {lab: {}}").lans[0], doors: [], ports: [], isConfigured: true, thread: 1)
    func change(_ options: String) throws -> LANDifference? {
      let wanted = try read("threads: 3\nlans: {lab: {\(options)doors: []}}")
      return ConfigurationDifference(from: [present], threads: 3, to: wanted, transports: transports).changed.first
    }
    #expect(try #require(try change("thread: 2, ")).otherThread == 2)
    let same = try #require(try change("thread: 1, "))
    #expect(same.otherThread == nil && same.wanted.thread == 1 && !same.hasOtherOptions)
    #expect(try change("") == nil)
  }

  @Test(
    "The options of a LAN change it alone",
    arguments: [
      "queue: 2M", "ageing: 60s", "guest-stations: 7", "control-protocols: drop", "storm-broadcast: 9",
      "loop-guard: on", "record: 8M", "record-snaplen: 256", "mirror: {from: web, to: monitor}",
    ])
  func options(_ option: String) throws {
    let change = try #require(try labDifference("", option))
    #expect(change.hasOtherOptions && change.otherFDBEntries == nil && change.ports.isEmpty)
    #expect(change.openedDoors.isEmpty && change.closedDoors.isEmpty && change.changedDoors.isEmpty)
  }

  @Test("The size of the FDB stays, and is told")
  func entries() throws {
    let change = try #require(try labDifference("ageing: 50s", "fdb-entries: 2048"))
    #expect(change.otherFDBEntries == 2_048 && change.wanted.fdbEntries == 65_536)
    #expect(change.wanted.ageingSeconds == 300 && change.hasOtherOptions)
    let alone = try #require(try labDifference("", "fdb-entries: 2048"))
    #expect(!alone.hasOtherOptions)
  }

  @Test("Doors are opened and closed one by one, and change in their place")
  func doors() throws {
    let old = "doors: [bess, {door: vde, path: /a, mode: 0600}, {door: vde, path: /b}]"
    let new = "doors: [{door: vde, path: /a, mode: 0660, group: staff}, {door: vde, path: /b}, {door: bess, path: /c}]"
    let change = try #require(try labDifference(old, new))
    #expect(change.closedDoors.map(\.text) == ["bess"])
    #expect(change.openedDoors.map(\.text) == ["bess=/c"])
    #expect(change.changedDoors.map(\.text) == ["vde=/a"] && change.changedDoors.first?.group == "staff")
    #expect(change.ports.isEmpty && !change.hasOtherOptions)
  }

  @Test(
    "A port is added, ended, changed while it runs, or opened anew, by what differs",
    arguments: [
      ("", "{transport: mcast}", ["add mcast"]),
      ("{transport: mcast}", "", ["remove mcast"]),
      ("{transport: mcast}", "{transport: mcast, ttl: 9}", ["change mcast"]),
      ("{transport: mcast}", "{transport: mcast, hello: off}", ["change mcast"]),
      ("{transport: mcast}", "{transport: mcast, ttl: 9, port: 7}", ["reopen mcast"]),
      ("{transport: mcast}", "{transport: mcast, interface: eth0}", ["reopen mcast"]),
      ("{transport: mcast, interface: eth0}", "{transport: mcast}", ["reopen mcast"]),
      ("{transport: mcast, role: trunk}", "{transport: mcast, role: guest}", ["reopen mcast"]),
      ("{name: p, transport: mcast}", "{name: p, transport: tap}", ["reopen p"]),
      ("{name: p, transport: mcast}", "{name: q, transport: mcast}", ["remove p", "add q"]),
      (
        "{name: p, transport: tap, device: t0}, {name: q, transport: tap, device: t1}",
        "{name: p, transport: tap, device: t1}, {name: q, transport: tap, device: t0}", ["reopen p", "reopen q"]
      ),
    ])
  func ports(_ old: String, _ new: String, _ steps: [String]) throws {
    let change = try #require(try labDifference("ports: [\(old)]", "ports: [\(new)]"))
    #expect(change.ports.map(\.text) == steps)
  }

  @Test("A LAN's defaults change its guest ports that say nothing themselves")
  func defaults() throws {
    let ports = "ports: [{name: p, transport: tap}, {name: q, transport: tap, device: t, storm-unknown: 5}]"
    let change = try #require(try labDifference(ports, "storm-unknown: 6, \(ports)"))
    #expect(change.ports.map(\.text) == ["change p"] && change.hasOtherOptions)
  }

  @Test("What has failed is opened anew, and what is gone is added, although the text is the same")
  func lost() throws {
    let wanted = try read("lans: {lab: {ports: [{name: p, transport: mcast}, {name: q, transport: tap}]}, gone: {}}")
    let lab = try #require(wanted.lans.first)
    let present = PresentLAN(
      lab, doors: [], ports: [PresentPort(lab.ports[0], isConfigured: true, isLost: true)], isConfigured: true)
    let difference = ConfigurationDifference(from: [present], threads: 1, to: wanted, transports: transports)
    #expect(difference.added.map(\.name) == ["gone"])
    let change = try #require(difference.changed.first)
    #expect(change.ports.map(\.text) == ["reopen p", "add q"])
    #expect(change.openedDoors.map(\.text) == ["bess", "vde"])
  }

  @Test("A door that the service manager has opened stays")
  func activated() throws {
    let lan = try #require(try read("lans: {lab: {doors: [bess]}}").lans.first)
    let doors = [
      PresentDoor(lan.doors[0]), PresentDoor(DoorConfiguration(name: "vde", place: .path("/v")), isActivated: true),
    ]
    let present = PresentLAN(lan, doors: doors, ports: [], isConfigured: true)
    func change(_ text: String) throws -> LANDifference? {
      ConfigurationDifference(from: [present], threads: 1, to: try read(text), transports: transports).changed.first
    }
    #expect(try change("lans: {lab: {doors: [bess]}}") == nil)
    let closed = try #require(try change("lans: {lab: {doors: []}}"))
    #expect(closed.closedDoors.map(\.text) == ["bess"] && closed.openedDoors.isEmpty)
  }

  @Test("What was made by hand is left alone, until the configuration names it")
  func byHand() throws {
    let made = try read("lans: {lab: {ports: [{name: p, transport: mcast}, {name: q, transport: tap}]}}").lans
    let present = made.map { PresentLAN($0, isConfigured: false) }
    func steps(_ text: String) throws -> ConfigurationDifference {
      ConfigurationDifference(from: present, threads: 1, to: try read(text), transports: transports)
    }
    let other = try steps("lans: {}")
    #expect(other.removed.isEmpty && other.changed.isEmpty)
    let same = try #require(try steps("lans: {lab: {ports: [{name: p, transport: mcast}]}}").changed.first)
    #expect(same.isAdopted && same.ports.map(\.text) == ["keep p, adopted"])
    let changed = try #require(
      try steps("lans: {lab: {ports: [{name: p, transport: mcast, ttl: 2}, {name: q, transport: tap, device: t}]}}")
        .changed.first)
    #expect(changed.ports.map(\.text) == ["change p, adopted", "reopen q, adopted"])
  }

  @Test("A port made by hand in a LAN of the configuration is left alone")
  func portByHand() throws {
    let lan = try #require(
      try read("lans: {lab: {ports: [{name: p, transport: mcast}, {name: q, transport: tap}]}}").lans.first)
    let present = PresentLAN(
      lan, doors: lan.doors.map { PresentDoor($0) },
      ports: [PresentPort(lan.ports[0], isConfigured: true), PresentPort(lan.ports[1], isConfigured: false)],
      isConfigured: true)
    let wanted = try read("lans: {lab: {ports: []}}")
    let difference = ConfigurationDifference(from: [present], threads: 1, to: wanted, transports: transports)
    #expect(difference.changed.first?.ports.map(\.text) == ["remove p"])
  }
}
