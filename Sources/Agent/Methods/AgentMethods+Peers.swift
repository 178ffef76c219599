import AgentAPI
import Hello
import LinuxIO
import Switching
import TransportHost

extension AgentMethods {
  func listPeers(_ call: VarlinkCall) throws {
    let parameters = try call.parameters(of: ListPeers.self)
    let lans = try parameters.lan.map { [try lan($0)] } ?? agent.lans
    let trunks = lans.flatMap(\.ports).filter { $0.role == .trunk && $0.link?.isStopped == false }
    let questions: [Inquiry.Question] = trunks.compactMap { trunk in
      trunk.link.map { link in (link.thread, { link.remotesCommand($0) }) }
    }
    Inquiry.ask(questions, on: agent.loop) { answers in
      let peers = zip(trunks, answers).flatMap { trunk, answer in trunk.peers(answer) }
      call.stream(peers.sorted { $0.order < $1.order }) { ListPeers.Reply(peers: $0) }
    }
  }

  func measurePeers(_ call: VarlinkCall) throws {
    let parameters = try call.parameters(of: MeasurePeers.self)
    for lan in try parameters.lan.map({ [try lan($0)] }) ?? agent.lans { lan.hello.measure() }
    call.reply(Nothing())
  }
}

extension TrunkPeer {
  fileprivate var order: (String, String, String, String) { (lan, port, address ?? "", host ?? name ?? "") }
}

extension ManagedPort {
  /// Who is at the far ends: those that the transport knows, each with what its agent says, and then the agents that the
  /// transport does not tell apart.
  /// - Parameter answer: of the transport; nil: none in time.
  fileprivate func peers(_ answer: ForwardingCommand?) -> [TrunkPeer] {
    let now = monotonicNanoseconds()
    let trunk = lan.hello.trunks[number]
    var agents = trunk?.table.peers ?? []
    var peers: [TrunkPeer] = []
    for index in 0..<Int(answer?.result ?? 0) {
      guard let known = answer.map({ RemoteInfo($0, index) }) else { break }
      var peer = described(known, now)
      if let place = agents.firstIndex(where: { $0.place == known.remote.place && $0.place != 0 }) {
        add(agents.remove(at: place), to: &peer, trunk, now)
      }
      peers.append(peer)
    }
    for agent in agents {
      var peer = TrunkPeer(lan: lan.name, port: name, state: agent.isUp(now) ? .up : .silent)
      peer.lastHeardSeconds = Self.seconds(since: agent.lastHeard, now)
      add(agent, to: &peer, trunk, now)
      peers.append(peer)
    }
    return peers
  }

  private func described(_ known: RemoteInfo, _ now: UInt64) -> TrunkPeer {
    var peer = TrunkPeer(lan: lan.name, port: name, state: known.lastHeard == 0 ? .never : .up)
    peer.address = known.address
    peer.name = known.name.isEmpty ? nil : known.name
    if known.lastHeard != 0 {
      peer.lastHeardSeconds = Self.seconds(since: known.lastHeard, now)
      if now > known.lastHeard + Self.quietTime { peer.state = .silent }
    }
    peer.receivedFrames = Int(clamping: known.receivedFrames)
    peer.receivedBytes = Int(clamping: known.receivedBytes)
    peer.sentFrames = Int(clamping: known.sentFrames)
    peer.sentBytes = Int(clamping: known.sentBytes)
    return peer
  }

  private func add(_ agent: Hello.Peer, to peer: inout TrunkPeer, _ trunk: TrunkHello?, _ now: UInt64) {
    peer.agent = "\(agent.sender.agent)"
    peer.host = agent.host
    peer.peerLan = agent.lan
    peer.peerPort = agent.port
    // Hellos come every two seconds; without them it is silent, whatever else comes from its address.
    peer.state = agent.isUp(now) ? .up : .silent
    peer.roundTripMicroseconds = agent.smoothRoundTrip.map { Int($0 / 1_000) }
    peer.clockOffsetMicroseconds = agent.clock.map { Int($0.offset) }
    peer.clockUncertaintyMicroseconds = agent.clock.map { Int($0.uncertainty) }
    peer.heardBySeconds = agent.lastHeardUs.map { Self.seconds(since: $0, now) }
    peer.duplicateHellos = agent.duplicates
    peer.lossInPercent = Self.percent(agent.lossIn)
    peer.lossOutPercent = Self.percent(agent.lossOut)
    peer.pathBytes = trunk?.pathBytes.map(Int.init)
    peer.muted = agent.place != 0 && trunk?.muted.contains(Remote(place: agent.place)) == true
  }

  /// A peer without hellos that was not heard for so long is shown as silent: 30 s, within which most stations speak.
  private static var quietTime: UInt64 { 30_000_000_000 }

  private static func seconds(since time: UInt64, _ now: UInt64) -> Int {
    Int((now - min(now, time)) / 1_000_000_000)
  }

  private static func percent(_ loss: Hello.Peer.Loss) -> Int { loss.of == 0 ? 0 : loss.lost * 100 / loss.of }
}
