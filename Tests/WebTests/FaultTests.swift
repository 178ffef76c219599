import AgentAPI
import Testing
import Web

@Suite("Faults in words")
struct FaultTests {
  private var port: Port {
    Port(
      lan: "lab", name: "site", number: 1, transport: "vxlan", role: .trunk, state: .up, text: "", counters: Counters(),
      drops: [:], transportCounters: [:], stations: 0, fresh: true)
  }

  private func state(_ port: Port, _ peer: TrunkPeer? = nil, responding: Bool = true) -> AgentState {
    AgentState(
      status: Status.Reply(
        version: "0.1.0", processId: 1, uptimeSeconds: 1, runtimeDirectory: "/run/umbel", text: "",
        lans: [
          Lan(
            name: "lab", doors: [Door(name: "vde", path: "/v", problem: port.state == .up ? nil : "the path is taken")],
            ports: 1, stations: 0, stationLimit: 10, ageingSeconds: 300, forwardingThread: 0, fresh: true)
        ], forwardingThreads: [ForwardingThread(index: 0, lans: ["lab"], responding: responding)]),
      ports: [port], peers: peer.map { [$0] } ?? [], guests: ListGuests.Reply(guests: [], groups: []),
      transports: ListTransports.Reply(transports: [], refused: []))
  }

  private func texts(_ state: AgentState, before: AgentState? = nil) -> [String] {
    Fault.all(in: state, before: before, seconds: 2).map(\.text)
  }

  @Test func `an agent that is well has none`() {
    var peer = TrunkPeer(lan: "lab", port: "site", state: .up)
    peer.lossInPercent = 0
    #expect(texts(state(port, peer), before: state(port, peer)) == [])
  }

  @Test func `a port that waits or has failed is one, with its own words, the worst first`() {
    var waiting = port
    waiting.state = .waiting
    waiting.text = "there is no interface eth7"
    #expect(
      texts(state(waiting, responding: false)) == [
        "Forwarding thread 0 does not answer; it runs lab.", "Door vde is not open: the path is taken",
        "Port site waits: there is no interface eth7",
      ])
    var failed = port
    failed.state = .failed
    #expect(texts(state(failed)).first == "Port site has failed.")
  }

  @Test func `what is lost now is one, what was lost once is not, nor what a switch leaves where it is`() {
    var old = port
    old.drops = ["queue-full": 100, "split-horizon": 5]
    var new = old
    new.drops["split-horizon"] = 50
    #expect(texts(state(new), before: state(old)) == [])
    new.drops["queue-full"] = 124
    #expect(texts(state(new), before: state(old)) == ["Port site drops 12 frames a second: queue-full."])
  }

  @Test func `a port that was made anew has lost nothing yet`() {
    var old = port
    old.name = "other"
    var new = port
    new.drops = ["queue-full": 7]
    #expect(texts(state(new), before: state(old)) == [])
  }

  @Test func `peers that are not heard, lose frames or come twice are`() {
    var peer = TrunkPeer(lan: "lab", port: "site", state: .silent, muted: true)
    peer.address = "192.0.2.2"
    peer.lastHeardSeconds = 12
    #expect(
      texts(state(port, peer)) == [
        "192.0.2.2 on trunk site has not been heard for 12 s.",
        "Trunk site is a second path to 192.0.2.2: what comes by it is dropped.",
      ])
    var lossy = TrunkPeer(lan: "lab", port: "site", state: .up)
    lossy.host = "two"
    lossy.lossInPercent = 5
    lossy.lossOutPercent = 8
    #expect(
      texts(state(port, lossy)) == [
        "5 % of the hellos of two on trunk site do not arrive.", "8 % of our hellos do not reach two on trunk site.",
      ])
  }

  @Test func `there are never so many that nobody reads them`() {
    var many = state(port)
    var waiting = port
    waiting.state = .waiting
    many.ports = Array(repeating: waiting, count: 300)
    let found = texts(many)
    #expect(found.count == 101 && found.last == "And 200 more.")
  }

  @Test func `a search finds a part of an address or of a port's name, and no more than a page shows`() {
    let stations = (0..<300).map { number in
      Station(
        lan: number % 2 == 0 ? "lab" : "red", vlan: 0, mac: "02:00:00:00:0\(number / 256):ff", port: "Guest-\(number)",
        remote: 0, ageSeconds: 0, pinned: false)
    }
    #expect(StationsDocument(stations, lan: nil, containing: "02:00:00:00:01:FF").found == 44)
    #expect(StationsDocument(stations, lan: "lab", containing: "02:00:00:00:01").found == 22)
    #expect(StationsDocument(stations, lan: nil, containing: "guest-299").stations.map(\.port) == ["Guest-299"])
    #expect(StationsDocument(stations, lan: nil, containing: "").stations.count == StationsDocument.most)
    #expect(StationsDocument(stations, lan: nil, containing: "").found == 300)
  }
}
