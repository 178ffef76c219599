import AgentAPI
import Testing
import umbel

@Suite("Listings for people")
struct ReportTests {
  private var trunk: Port {
    var port = Port(
      lan: "default", name: "trunk", number: 1, transport: "mcast", role: .trunk, state: .up, text: "",
      counters: Counters(), drops: ["runt": 3, "own-underlay": 1], transportCounters: ["own-echo": 9], stations: 4,
      fresh: true)
    port.counters.receivedFrames = 12_345
    port.counters.sentFrames = 678
    port.counters.receivedBytes = 5_000_000
    return port
  }

  private var guest: Port {
    Port(
      lan: "default", name: "g1", number: 2, transport: "socket", role: .guest, state: .waiting,
      text: "interface eth7 is missing", retryInSeconds: 4, peer: Peer(userId: 1000, groupId: 1000, processId: 77),
      counters: Counters(), drops: [:], transportCounters: [:], stations: 0, fresh: true)
  }

  private var lan: Lan {
    Lan(
      name: "default",
      doors: [Door(name: "bess", path: "/run/umbel/default/bess"), Door(name: "vde", path: "/run/umbel/default/vde")],
      ports: 2, stations: 4, stationLimit: 65_536, ageingSeconds: 300, forwardingThread: 0, fresh: true)
  }

  private func status(responding: Bool = true, lans: [Lan]? = nil) -> Status.Reply {
    Status.Reply(
      version: "0.1.0", processId: 42, uptimeSeconds: 7_800, runtimeDirectory: "/run/umbel",
      text: "1 trunk of 1 is up.",
      lans: lans ?? [lan], forwardingThreads: [ForwardingThread(index: 0, lans: ["default"], responding: responding)])
  }

  @Test("The status is the agent, then each LAN with its ports")
  func screen() {
    #expect(
      StatusReport(status: status(), ports: [trunk, guest]).text(coloured: false) == """
        umbeld 0.1.0, process 42, up 2 h 10 min, in /run/umbel
        1 trunk of 1 is up.

        LAN default: 2 ports, 4 of 65,536 stations, doors bess vde
          PORT   TRANSPORT  ROLE   STATIONS  RX FRAMES  TX FRAMES  DROPS  STATE
          trunk  mcast      trunk         4     12,345        678      4  up
          g1     socket     guest         0          0          0      0  waiting: interface eth7 is missing; next try in 4 s

        """)
  }

  @Test("Figures that are not fresh are said to be so, with the thread that does not answer")
  func stale() {
    var stale = lan
    stale.fresh = false
    let text = StatusReport(status: status(responding: false, lans: [stale]), ports: []).text(coloured: false)
    #expect(text.contains("Forwarding thread 0 does not answer; it runs default.\n"))
    #expect(text.contains("doors bess vde (figures are the last known)\n"))
  }

  @Test("An agent without LANs says how to make one")
  func noLans() {
    let text = StatusReport(status: status(lans: []), ports: []).text(coloured: false)
    #expect(text.hasSuffix("\nNo LANs: add one with `umbel lan add NAME`.\n"))
  }

  @Test("LANs are listed with the socket of each door")
  func lans() {
    #expect(
      Table.lans([lan]).rendered() == """
        LAN      PORTS  STATIONS   LIMIT  AGEING  THREAD  DOOR  SOCKET
        default      2         4  65,536   5 min       0  bess  /run/umbel/default/bess
                                                          vde   /run/umbel/default/vde

        """)
  }

  @Test("Counters are listed by what they count, without those at 0")
  func counters() {
    #expect(
      Table.counters(of: [trunk, guest]).rendered() == """
        LAN      PORT   COUNTER                VALUE
        default  trunk  dropped: own-underlay      1
        default  trunk  dropped: runt              3
        default  trunk  mcast: own-echo            9

        """)
  }

  @Test("Ports are listed with bytes in units and their peer")
  func ports() {
    let lines = Table.ports([trunk, guest]).rendered().split(separator: "\n")
    #expect(lines[1].contains("12,345   4.7 MiB"))
    #expect(lines[2].contains("uid 1000 pid 77"))
  }

  @Test("A trunk that does not carry everything in one piece shows what it does, and what it did about the rest")
  func wholeFrames() {
    var limited = trunk
    limited.wholeFrame = 1_450
    limited.counters.mssClamped = 5
    limited.counters.fragmented = 6
    limited.counters.segmentedFrames = 7
    limited.counters.segments = 300
    let lines = Table.ports([limited, guest]).rendered().split(separator: "\n")
    #expect(lines[0].contains("WHOLE") && lines[1].contains("1,450") && !lines[2].contains("1,450"))
    let counters = Table.counters(of: [limited]).rendered()
    #expect(counters.contains("MSS lowered") && counters.contains("fragmented"))
    #expect(counters.contains("segmented frames") && counters.contains("300"))
  }

  @Test func `frames that were made of segments are shown with the number of segments`() {
    var merging = guest
    merging.counters.coalescedFrames = 3
    merging.counters.coalescedSegments = 107
    let rows = Table.counters(of: [merging]).rendered().split(separator: "\n").map { $0.split(separator: " ") }
    #expect(
      rows.contains(["default", "g1", "coalesced", "3"])
        && rows.contains(["default", "g1", "coalesced", "from", "107"]))
  }

  @Test("Stations are listed with what is special about them")
  func stations() {
    let stations = [
      Station(lan: "lab", vlan: 0, mac: "02:00:00:00:00:01", port: "g1", remote: 0, ageSeconds: 3, pinned: false),
      Station(lan: "lab", vlan: 42, mac: "02:00:00:00:00:02", port: "trunk", remote: 7, ageSeconds: 75, pinned: true),
    ]
    #expect(
      Table.stations(stations).rendered() == """
        LAN  VLAN  MAC                PORT   REMOTE         AGE  NOTE
        lab     -  02:00:00:00:00:01  g1          -         3 s
        lab    42  02:00:00:00:00:02  trunk       7  1 min 15 s  pinned: moves too often

        """)
  }

  private var transports: ListTransports.Reply {
    ListTransports.Reply(
      transports: [
        Transport(
          name: "mcast", summary: "Raw frames in a UDP multicast group.", path: "/p/libumbel-mcast.so",
          roles: [.guest, .trunk], defaultRole: .trunk, doors: [],
          options: [
            TransportOption(
              name: "ttl", type: .integer, help: "Hops.", default: "1", choices: [], required: false, live: true,
              minimum: 0, maximum: 255),
            TransportOption(
              name: "group", type: .address, help: "The group.", choices: [], required: true, live: false),
            TransportOption(
              name: "hold", type: .duration, help: "How long.", choices: [], required: false, live: false,
              minimum: 1_000_000, maximum: 10_000_000_000),
          ])
      ],
      refused: [RefusedTransport(name: "odd", path: "/p/libumbel-odd.so", problem: "It is writable by others.")])
  }

  @Test("Transports are listed with the role they usually have, and those that were refused with the reason")
  func transportList() {
    #expect(
      TransportReport(reply: transports).text(coloured: false) == """
        TRANSPORT  ROLES         DOORS  SUMMARY
        mcast      guest trunk*  -      Raw frames in a UDP multicast group.
        * unless a port names another

        Not loaded: odd (/p/libumbel-odd.so)
          It is writable by others.

        """)
  }

  @Test("Where no transport is loaded, the reasons still stand there")
  func noTransports() {
    let reply = ListTransports.Reply(transports: [], refused: transports.refused)
    #expect(
      TransportReport(reply: reply).text(coloured: false) == """
        No transports are loaded.

        Not loaded: odd (/p/libumbel-odd.so)
          It is writable by others.

        """)
  }

  @Test("A transport is shown with its options: what they take, their default, and whether they change live")
  func options() throws {
    let report = TransportReport(reply: transports)
    #expect(
      report.text(of: try report.transport("mcast"), coloured: false) == """
        mcast: Raw frames in a UDP multicast group.
        /p/libumbel-mcast.so

        OPTION  TYPE      DEFAULT   ALLOWED       CHANGES  MEANING
        ttl     integer   1         0 to 255      live     Hops.
        group   address   required  -             reopen   The group.
        hold    duration  -         1 ms to 10 s  reopen   How long.

        """)
  }

  @Test("A transport that was refused says why, one that is not there names the nearest")
  func missing() {
    let report = TransportReport(reply: transports)
    #expect(
      throws: Failure(.noInput, "Transport \"odd\" was not loaded from /p/libumbel-odd.so: It is writable by others.")
    ) {
      try report.transport("odd")
    }
    let unknown = Failure(AgentError.noSuchTransport("mcas", existing: ["mcast", "odd"]))
    #expect(throws: unknown) { try report.transport("mcas") }
  }
}
