import AgentAPI
import Testing
import umbel

private func port(
  _ name: String, _ number: Int, lan: String = "lab", received: Int = 0, sent: Int = 0, drops: [String: Int] = [:],
  role: Role = .guest
) -> Port {
  var port = Port(
    lan: lan, name: name, number: number, transport: "socket", role: role, state: .up, text: "", counters: Counters(),
    drops: drops, transportCounters: [:], stations: 0, fresh: true)
  port.counters.receivedFrames = received
  port.counters.receivedBytes = received * 100
  port.counters.sentFrames = sent
  port.counters.sentBytes = sent * 100
  return port
}

private func lan(_ name: String, ports: Int = 1) -> Lan {
  Lan(
    name: name, doors: [], ports: ports, stations: 3, stationLimit: 65_536, ageingSeconds: 300, forwardingThread: 0,
    fresh: true)
}

private func snapshot(
  _ seconds: Double, _ ports: [Port], lans: [String] = ["lab"], process: Int = 7, peers: [TrunkPeer] = [],
  guests: [Int: String] = [:]
) -> Snapshot {
  Snapshot(
    time: UInt64(seconds * 1e9),
    status: Status.Reply(
      version: "1", processId: process, uptimeSeconds: 65, runtimeDirectory: "/run/umbel", text: "",
      lans: lans.map { lan($0) }, forwardingThreads: []), ports: ports, peers: peers, guests: guests)
}

struct RatesTests {
  @Test func `rates are differences by the second, and losses those that are none of a switch's work`() throws {
    let old = port("a", 1, received: 100, sent: 7, drops: ["queue-full": 1, "no-recipients": 5])
    let new = port("a", 1, received: 300, sent: 7, drops: ["queue-full": 9, "no-recipients": 50, "runt": 2])
    let rates = try #require(Rates(from: old, to: new, seconds: 2))
    #expect(rates.receivedFrames == 100 && rates.receivedBits == 80_000 && rates.sentFrames == 0)
    #expect(rates.drops == ["queue-full": 4, "runt": 1] && rates.dropped == 5)
  }

  @Test func `counters that begin anew give no rate, and none below 0`() {
    let old = port("a", 1, received: 100, sent: 7, drops: ["runt": 3])
    #expect(Rates(from: old, to: port("a", 1, received: 99, sent: 9, drops: ["runt": 3]), seconds: 1) == nil)
    #expect(Rates(from: old, to: port("a", 1, received: 100, sent: 6, drops: ["runt": 3]), seconds: 1) == nil)
    #expect(Rates(from: old, to: port("a", 1, received: 200, sent: 9), seconds: 1) == nil)
    #expect(Rates(from: old, to: port("b", 1, received: 200, sent: 9, drops: ["runt": 3]), seconds: 1) == nil)
    #expect(Rates(from: old, to: old, seconds: 0) == nil)
  }

  @Test func `ports are told apart by number, and another process's are not compared`() {
    let old = snapshot(1, [port("a", 1, received: 10), port("b", 2)])
    let new = [port("a", 1, received: 30), port("c", 3, received: 9)]
    #expect(Rates.of(snapshot(2, new), since: old).mapValues(\.receivedFrames) == [1: 20])
    #expect(Rates.of(snapshot(2, new, process: 8), since: old).isEmpty)
    #expect(Rates.of(snapshot(2, new), since: nil).isEmpty)
    var stale = new
    stale[0].fresh = false
    #expect(Rates.of(snapshot(2, stale), since: old).isEmpty)
  }

  @Test func `rates are short`() {
    let texts = [0, 0.04, 0.5, 9.94, 9.96, 12.4, 999.4, 999.6, 1_234, 9_960, 123_456, 999_600, 1_250_000, 18.2e9]
      .map { Units.rate($0) }
    #expect(
      texts == [
        "0", "0", "0.5", "9.9", "10", "12", "999", "1k", "1.2k", "10k", "123k", "1M", "1.3M", "18G",
      ])
  }

  @Test func `intervals`() {
    #expect(Interval(argument: "2s")?.nanoseconds == 2_000_000_000)
    #expect(Interval(argument: "250ms")?.text == "250ms" && Interval(argument: "3")?.text == "3s")
    #expect(Interval(argument: "1min")?.nanoseconds == 60_000_000_000)
    for wrong in ["", "s", "99ms", "61min", "1h", "-1", "1.5s", "99999999999999999999"] {
      #expect(Interval(argument: wrong) == nil, "\(wrong)")
    }
  }
}

struct TopTests {
  /// Two looks, a second apart.
  private static func model(_ ports: [Port], lans: [String] = ["lab"], peers: [TrunkPeer] = []) -> TopModel {
    var model = TopModel(host: "here", interval: "1s")
    model.take(snapshot(1, ports.map { port($0.name, $0.number, lan: $0.lan, role: $0.role) }, lans: lans))
    model.take(snapshot(2, ports, lans: lans, peers: peers, guests: [1: "alpha"]))
    return model
  }

  private static func text(_ model: TopModel, _ columns: Int = 80, _ rows: Int = 24, isUnicode: Bool = true) -> [String]
  {
    TopScreen(model, columns: columns, rows: rows, isUnicode: isUnicode).lines.map(\.trimmed)
  }

  @Test func `LANs, drops, ports and peers on 80 columns and 24 rows`() {
    var peer = TrunkPeer(lan: "lab", port: "site", state: .up)
    (peer.host, peer.address, peer.roundTripMicroseconds) = ("there", "192.0.2.9", 420)
    (peer.lossInPercent, peer.lossOutPercent) = (0, 3)
    let ports = [
      port("bess-1", 1, received: 1_500, sent: 20),
      port("site", 2, received: 20, sent: 1_000, drops: ["queue-full": 500], role: .trunk),
    ]
    let lines = Self.text(Self.model(ports, peers: [peer]))
    #expect(
      lines == [
        "umbel top on here: 1 LAN, 2 ports; up 1 min 5 s; every 1s",
        "LAN                PORTS GUESTS STATIONS   RX/S   TX/S RX BIT/S TX BIT/S DROPS/S",
        "lab                    1      1        3   1.5k     1k     1.2M     816k     500",
        "Drops/s: queue-full 500",
        "",
        "PORT              LAN      STATE     RX/S   TX/S RX BIT/S TX BIT/S DROPS/S QUEUE",
        "bess-1 (alpha)    lab      up        1.5k     20     1.2M      16k       0     0",
        "site              lab      up          20     1k      16k     800k     500     0",
        "",
        "PEER                                TRUNK            STATE       RTT LOSS IN/OUT",
        "there 192.0.2.9                     lab/site         up       420 µs     0 % 3 %",
      ] + Array(repeating: "", count: 12) + [
        "q quit  < > sort  r reverse  l LAN  up down choose  Enter port  Esc all  p pause"
      ])
  }

  @Test(arguments: [(1, 1), (3, 2), (20, 5), (40, 12), (79, 23), (80, 24), (200, 60)])
  func `no size is left`(_ columns: Int, _ rows: Int) {
    let ports = (1...300).map { port("port-\($0)", $0, lan: "lab-\($0 % 9)", received: $0) }
    let peers = (1...20).map { TrunkPeer(lan: "lab-\($0 % 9)", port: "p\($0)", state: .silent) }
    var model = Self.model(ports, lans: (0..<9).map { "lab-\($0)" }, peers: peers)
    for key in [TopKey.down, .enter, .escape, .character("l")] {
      let lines = TopScreen(model, columns: columns, rows: rows, isUnicode: true).lines
      #expect(lines.count == rows && lines.allSatisfy { $0.text.count <= columns })
      _ = model.press(key)
      model.fail("nobody answers")
    }
  }

  @Test func `more ports than rows are shown around the mark`() {
    let ports = (1...40).map { port("p\($0)", $0, received: 1_000 - $0) }
    var model = Self.model(ports)
    #expect(Self.text(model).contains { $0.hasPrefix("PORT 1-18 of 40") })
    for _ in 0..<2 { _ = model.press(.pageDown, page: 15) }
    #expect(Self.text(model).contains { $0.hasPrefix("PORT 22-39 of 40") })
    #expect(Self.text(model).contains { $0.hasPrefix("p31 ") })
    _ = model.press(.enter)
    #expect(Self.text(model)[1].hasPrefix("Port p31 of LAN lab, socket, guest: up"))
  }

  @Test func `ports are sorted by the column that is chosen, and the other way`() {
    let ports = [
      port("b", 1, received: 5, sent: 1), port("a", 2, received: 9), port("c", 3, received: 1, drops: ["runt": 9]),
    ]
    var model = Self.model(ports)
    func names() -> [String] {
      Self.text(model).drop { !$0.hasPrefix("PORT") }.dropFirst().prefix(3).map { String($0.prefix(1)) }
    }
    #expect(names() == ["a", "b", "c"])
    _ = model.press(.character("r"))
    #expect(names() == ["c", "b", "a"])
    _ = model.press(.character("r"))
    _ = model.press(.character(">"))
    #expect(names() == ["b", "a", "c"])
    _ = model.press(.character(">"))
    #expect(names() == ["c", "b", "a"])
    _ = model.press(.character(">"))
    _ = model.press(.character(">"))
    // Round to the first.
    #expect(names() == ["a", "b", "c"])
  }

  @Test func `one LAN after the other, and all again`() {
    var model = Self.model([port("a", 1, lan: "one"), port("b", 2, lan: "two")], lans: ["one", "two"])
    var seen: [String?] = []
    for _ in 0..<3 {
      _ = model.press(.character("l"))
      seen.append(model.lan)
      #expect(!Self.text(model).contains { $0.hasPrefix(model.lan == "one" ? "b " : "none") })
    }
    #expect(seen == ["one", "two", nil])
    _ = model.press(.character("l"))
    _ = model.press(.escape)
    #expect(model.lan == nil)
    let goesOn = model.press(.character("q"))
    #expect(!goesOn)
  }

  @Test func `an agent that does not answer is told, with the last figures and without rates`() {
    var model = Self.model([port("a", 1, received: 9)])
    model.fail("nobody\u{1b} answers")
    var lines = Self.text(model)
    #expect(lines[1] == "The agent does not answer: nobody? answers")
    #expect(lines.contains("a (alpha)         lab      up           -      -        -        -       -     0"))
    model.take(snapshot(9, [port("a", 1, received: 3)], process: 8))
    lines = Self.text(model)
    #expect(!lines.contains { $0.contains("does not answer") })
    #expect(lines.contains("a                 lab      up           -      -        -        -       -     0"))
  }

  @Test func `a port alone, with its losses, and one that has gone`() {
    var model = TopModel(host: "here", interval: "1s", lan: "lab", port: "a")
    model.take(snapshot(1, [port("a", 1)]))
    model.take(snapshot(3, [port("a", 1, received: 8, drops: ["runt": 3])], guests: [1: "alpha"]))
    let lines = Self.text(model)
    #expect(lines[1...2] == ["Port a of LAN lab, socket, guest: up", "guest alpha"])
    #expect(lines.contains("received frames" + String(repeating: " ", count: 53) + "8          4"))
    #expect(lines.contains("dropped: runt" + String(repeating: " ", count: 55) + "3        1.5"))
    model.take(snapshot(4, []))
    #expect(Self.text(model)[1] == "Port a of LAN lab is not there.")
  }

  @Test func `without UTF-8 there is none`() {
    var peer = TrunkPeer(lan: "lab", port: "site", state: .up)
    (peer.host, peer.roundTripMicroseconds) = ("bücher", 5)
    let name = String(repeating: "n", count: 32)
    for isUnicode in [false, true] {
      let text = Self.text(Self.model([port(name, 2)], peers: [peer]), isUnicode: isUnicode).joined(separator: "\n")
      #expect(text.contains(isUnicode ? "nn… " : "nn~ ") && text.contains(isUnicode ? " 5 µs" : " 5 us"))
      // Of any width: who knows.
      #expect(text.contains("b?cher"))
      #expect(isUnicode || text.allSatisfy(\.isASCII))
    }
  }

  @Test func `keys are told apart from what else a terminal says`() {
    #expect(TopKey.all(in: Array("q<".utf8)) == [.character("q"), .character("<")])
    #expect(
      TopKey.all(in: Array("\u{1b}[A\u{1b}OB\u{1b}[5~\u{1b}[6~\r".utf8)) == [.up, .down, .pageUp, .pageDown, .enter])
    #expect(TopKey.all(in: [0x1b]) == [.escape])
    // A focus report, a mouse click, an answer, a letter of another alphabet.
    #expect(TopKey.all(in: Array("\u{1b}[I\u{1b}[<0;1;1m\u{1b}[?6cé".utf8)) == [])
    #expect(TopKey.all(in: Array("\u{1b}[".utf8)) == [])
  }

  @Test func `the status shows rates in place of totals`() {
    let old = snapshot(1, [port("a", 1), port("b", 2)])
    let new = snapshot(2, [port("a", 1, received: 1_500, drops: ["runt": 1]), port("c", 3)])
    let report = StatusReport(status: new.status, ports: new.ports, rates: Rates.of(new, since: old))
    #expect(
      report.text(coloured: false).hasSuffix(
        """
          PORT  ROLE   RX/S  TX/S  RX BIT/S  TX BIT/S  DROPS/S  QUEUED  STATE
          a     guest  1.5k     0      1.2M         0        1       0  up
          c     guest     -     -         -         -        -       0  up

        """))
  }
}
