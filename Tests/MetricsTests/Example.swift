import AgentAPI
import FoundationEssentials

/// A state in which nothing that may be absent is absent, and each number is another.
struct Example {
  /// The number of each field, by its name; of fields that are in several types, all of them.
  let numbers: [String: [Int]]
  let state: AgentState

  init() throws {
    let plain = try String(decoding: JSONEncoder().encode(Self.plain), as: UTF8.self)
    var numbers: [String: [Int]] = [:]
    var next = 1_000
    let json = plain.replacing(#/"([\w-]+)":\d+/#) { match in
      next += 1
      numbers[String(match.1), default: []].append(next)
      return "\"\(match.1)\":\(next)"
    }
    self.numbers = numbers
    state = try JSONDecoder().decode(AgentState.self, from: Data(json.utf8))
  }

  /// With each optional field.
  static var plain: AgentState {
    let port = Port(
      lan: "lab", name: "site", number: 1, transport: "vxlan", role: .trunk, state: .waiting, text: "no route",
      retryInSeconds: 1, largestFrame: 1, wholeFrame: 1,
      peer: Peer(userId: 1, groupId: 1, processId: 1, address: "127.0.0.1:1", door: "bess"), mirrorOf: ["guest"],
      counters: Counters(),
      drops: ["queue-full": 1, "split-horizon": 1], transportCounters: ["own-echo": 1], stations: 1, fresh: true)
    var peer = TrunkPeer(lan: "lab", port: "site", state: .up)
    peer.address = "192.0.2.2"
    peer.name = "two.example"
    peer.agent = "0badcafe"
    peer.host = "two"
    peer.peerLan = "lab"
    peer.peerPort = "site"
    peer.lastHeardSeconds = 1
    peer.receivedFrames = 1
    peer.receivedBytes = 1
    peer.sentFrames = 1
    peer.sentBytes = 1
    peer.roundTripMicroseconds = 1
    peer.clockOffsetMicroseconds = 1
    peer.clockUncertaintyMicroseconds = 1
    peer.lossInPercent = 1
    peer.lossOutPercent = 1
    peer.duplicateHellos = 1
    peer.heardBySeconds = 1
    peer.pathBytes = 1
    let lan = Lan(
      name: "lab", doors: [Door(name: "dgram", path: "/run/umbel/lab/dgram", transportCounters: ["refused": 1])],
      ports: 1, stations: 1, stationLimit: 1, ageingSeconds: 1, recordBytes: 1, forwardingThread: 1,
      fresh: true)
    return AgentState(
      status: Status.Reply(
        version: "0.1.0", processId: 1, uptimeSeconds: 1, runtimeDirectory: "/run/umbel", text: "", lans: [lan],
        forwardingThreads: [ForwardingThread(index: 1, lans: ["lab"], responding: true)]),
      ports: [port], peers: [peer],
      guests: ListGuests.Reply(
        guests: [Guest(name: "g1", console: "/c", processId: 1, userId: 1, announcedSecondsAgo: 1, trouble: "panic")],
        groups: []),
      transports: ListTransports.Reply(
        transports: [
          Transport(
            name: "vxlan", summary: "", path: "/p", roles: [.trunk], defaultRole: .trunk, doors: [], options: [])
        ], refused: [RefusedTransport(name: "own", path: "/o", problem: "not owned by root")]))
  }
}
