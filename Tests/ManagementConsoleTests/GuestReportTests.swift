import AgentAPI
import Glibc
import ManagementConsole
import Testing
import umbel

/// What `umbel guest` shows and asks for.
struct GuestReportTests {
  private func port(_ lan: String, _ name: String, door: String?) -> Port {
    Port(
      lan: lan, name: name, number: 1, transport: "socket", role: .guest, state: .up, text: "",
      peer: Peer(userId: 0, groupId: 0, processId: Int(getpid()), door: door), counters: Counters(), drops: [:],
      transportCounters: [:], stations: 0, fresh: true)
  }

  private func lan(_ name: String) -> Lan {
    Lan(
      name: name, doors: [Door(name: "bess", path: "/run/umbel/\(name)/bess")], ports: 1, stations: 0,
      stationLimit: 1, ageingSeconds: 1, forwardingThread: 0, fresh: true)
  }

  private var view: AgentView {
    var view = AgentView()
    view.lans = [lan("default"), lan("lab")]
    view.groups = [Group(lan: "default", port: "mcast", address: "239.192.168.1", udpPort: 1102, ttl: 1)]
    return view
  }

  private func devices(_ words: [String], up: Set<String>?, _ ports: [Port]) -> [String] {
    GuestReport.devices(GuestDevice.all(in: words), up: up, ports: ports, view: view).map {
      "\($0.name) \($0.lan ?? "-") \($0.port ?? "-") \($0.isUp.map { $0 ? "up" : "down" } ?? "?")"
    }
  }

  @Test func `a device is on the LAN of its door, and has the port of that door once it is up`() {
    let words = ["vec0:transport=bess,dst=/run/umbel/lab/bess"]
    #expect(devices(words, up: ["vec0"], [port("lab", "bess-3", door: "bess")]) == ["vec0 lab bess-3 up"])
    #expect(devices(words, up: [], []) == ["vec0 lab - down"])
    #expect(devices(["vec0:transport=bess,dst=/elsewhere"], up: ["vec0"], []) == ["vec0 - - up"])
  }

  @Test func `a device of a group is on the LAN that has the group`() {
    #expect(devices(["eth0=mcast"], up: ["eth0"], []) == ["eth0 default mcast up"])
    #expect(devices(["eth0=mcast,,239.192.168.1,1103"], up: ["eth0"], []) == ["eth0 - - up"])
  }

  @Test func `an inherited descriptor is the port that was attached, not one of a door`() {
    let ports = [port("lab", "bess-1", door: "bess"), port("default", "run-1", door: nil)]
    #expect(
      devices(["vec0:transport=fd,fd=3"], up: ["vec0"], ports) == ["vec0 default run-1 up", " lab bess-1 ?"])
  }

  @Test func `a device that only the guest knows has the port that is left, or at least its LAN`() {
    let (one, two) = (port("lab", "bess-1", door: "bess"), port("lab", "bess-2", door: "bess"))
    #expect(devices([], up: ["vec1"], [one]) == ["vec1 lab bess-1 up"])
    #expect(devices([], up: ["vec1", "vec2"], [one, two]) == ["vec1 lab - up", "vec2 lab - up"])
    #expect(
      devices([], up: ["vec1", "vec2"], [one, port("default", "bess-1", door: "bess")])
        == ["vec1 - - up", "vec2 - - up", " lab bess-1 ?", " default bess-1 ?"])
  }

  @Test func `a guest has the ports of its own processes`() throws {
    let console = try FakeConsole { _ in [] }
    defer { console.kill() }
    var view = view
    var stranger = port("lab", "bess-2", door: "bess")
    stranger.peer?.processId = 1
    view.ports = [port("lab", "bess-1", door: "bess"), stranger]
    let directory = try #require(GuestDirectory(at: console.directory))
    let report = GuestReport(RunningGuest(directory: directory, console: .answers), view: view)
    #expect(report.devices.map(\.port) == ["bess-1"])
    #expect(!report.announced)
  }

  @Test func `guests are listed with a row for each device, and with what is wrong`() {
    var guest = RunningGuest(
      directory: GuestDirectory(umid: "g1", path: "/nowhere/g1", processId: .max), console: .answers)
    guest.version = GuestVersion("Linux (none) 6.1.176 #1 x86_64")
    guest.uptimeSeconds = 75
    guest.up = ["vec0", "vec1"]
    let silent = RunningGuest(
      directory: GuestDirectory(umid: "g2", path: "/nowhere/g2", processId: .max - 1), console: .silent)
    let reports = [guest, silent].map { GuestReport($0, view: view) }
    #expect(
      GuestList(guests: reports, agent: nil).text(coloured: false) == """
        UMID         PID  KERNEL           UP  DEVICE  LAN  PORT  STATE
        g1    2147483647  6.1.176  1 min 15 s  vec0    -    -     up
                                               vec1    -    -     up
        g2    2147483646  ?                 ?  -                  does not answer

        """)
    #expect(
      GuestList(guests: [], agent: "No agent answers at /s.").text(coloured: false)
        == "No guests.\nLANs are not known: No agent answers at /s.\n")
  }

  @Test func `a device is asked for by its door, or by the group`() throws {
    let bess = try DeviceWords.bess(on: lan("lab"), mac: "02:00:00:00:00:01")
    #expect(bess.word(for: "vec2") == "vec2:transport=bess,dst=/run/umbel/lab/bess,mac=02:00:00:00:00:01")
    #expect(
      try DeviceWords.native(on: lan("default"), view, mac: nil).word(for: "eth1")
        == "eth1=mcast,,239.192.168.1,1102,1")
    #expect(throws: Failure.self) { try DeviceWords.native(on: lan("lab"), view, mac: nil) }
    var odd = lan("lab")
    odd.doors[0].path = "/run/a,b/bess"
    #expect(throws: Failure.self) { try DeviceWords.bess(on: odd, mac: nil) }
    odd.doors = []
    #expect(throws: Failure.self) { try DeviceWords.bess(on: odd, mac: nil) }
  }

  @Test func `an address that no station can have is refused`() {
    #expect(DeviceWords.problem(ofAddress: "02:00:00:00:00:01") == nil)
    #expect(DeviceWords.problem(ofAddress: "2:0:0:0:0:1") == nil)
    for text in ["03:00:00:00:00:01", "00:00:00:00:00:00", "02:00:00:00:01", "2:0:0:0:0:g"] {
      #expect(DeviceWords.problem(ofAddress: text) != nil)
    }
  }

  @Test func `a guest's refusal says what to do in the guest`() {
    let open = Failure(ConsoleError.refused("Device is currently open"), guest: "g1", device: "vec1")
    #expect(
      open.text
        == "Guest g1 keeps vec1: Device is currently open. Bring it down inside the guest first: ip link set vec1 down")
    #expect(Failure(.refused("Device doesn't exist"), guest: "g", device: "vec1").status == .noInput)
    #expect(Failure(.refused("Odd"), guest: "g", device: "vec1").text.contains("refuses vec1: Odd."))
    #expect(Failure(.silent(path: "/p", milliseconds: 5), guest: "g", device: "vec1").status == .unavailable)
  }
}
