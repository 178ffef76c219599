import Hello
import LinuxIO
import Switching
import SystemdSupport
import TransportHost

// Two agents share one trunk of a LAN at most: a broadcast goes out by every trunk, and would come in by every one that
// they share. An agent that is heard by two is reported, and what it sends by the younger is dropped at both ends, until
// the elder falls silent. Whom a trunk's transport does not tell apart cannot be muted.

extension LANHello {
  private struct PeerLAN: Hashable {
    let agent: AgentID
    let lan: UInt64
  }

  /// Finds the agents that are heard by more than one way, and mutes all ways but the eldest.
  func weighPaths(_ now: UInt64) {
    var muted: [UInt32: Set<Remote>] = [:]
    for (number, trunk) in trunks {
      trunk.echoes = trunk.echoes.filter { now <= $0.value + PeerTable.silence }
      muted[number] = Set(trunk.echoes.keys)
    }
    for (peer, paths) in paths(now) {
      guard let (elder, others) = TrunkPath.choose(paths, own: agent.identity, peer: peer.agent) else { continue }
      for path in others {
        let isApart = path.place != 0 && (path.trunk, path.place) != (elder.trunk, elder.place)
        if isApart { muted[path.trunk, default: []].insert(Remote(place: path.place)) }
        report(path, elder, of: peer, isMuted: isApart, now)
      }
    }
    for (number, trunk) in trunks { mute(muted[number] ?? [], at: trunk) }
  }

  private func paths(_ now: UInt64) -> [PeerLAN: [TrunkPath]] {
    var paths: [PeerLAN: [TrunkPath]] = [:]
    for (number, trunk) in trunks where trunk.isUp {
      for peer in trunk.table.peers where peer.isUp(now) {
        paths[PeerLAN(agent: peer.sender.agent, lan: peer.sender.lan), default: []].append(
          TrunkPath(trunk: number, peerPort: peer.sender.port, place: peer.place, isUp: true))
      }
    }
    return paths
  }

  private func mute(_ remotes: Set<Remote>, at trunk: TrunkHello) {
    guard remotes != trunk.muted, let link = trunk.port.link, !link.isLeaving else { return }
    trunk.muted = remotes
    link.thread.post(link.muteCommand(Array(remotes)))
    agent.noteStatus()
  }

  private func report(_ path: TrunkPath, _ elder: TrunkPath, of peer: PeerLAN, isMuted: Bool, _ now: UInt64) {
    guard isNews("\(peer.agent) \(path.trunk) \(path.peerPort)", now), let younger = trunks[path.trunk],
      let first = trunks[elder.trunk],
      let known = younger.table.peer(peer.agent, lan: peer.lan)
    else { return }
    let effect =
      isMuted
      ? "What it sends by \(younger === first ? "the second" : younger.port.name) is dropped until \(younger === first ? "the first" : first.port.name) falls silent."
      : "Its broadcasts arrive twice, as \(younger.port.transport.description.name) does not tell its peers apart."
    let ways =
      younger === first
      ? "by trunk \(first.port.name) alone, from two trunks of its own" : "\(first.port.name) and \(younger.port.name)"
    younger.port.record(
      .warning,
      "The agent of host \(known.host) (LAN \(known.lan)) is heard by two ways of LAN \(lan.name): \(ways). \(effect) Remove one of the two trunks on one of the hosts.",
      id: .secondPath, fields: [.peer: known.host], limitedBy: \.trafficLimiter)
  }

  /// A hello of this agent has come in.
  func noteOwn(_ sender: AgentFrame.Sender, at trunk: TrunkHello, _ remote: Remote, _ now: UInt64) {
    // What the network echoes to the port that sent it shows nothing.
    if sender.port == trunk.port.number { return }
    guard let other = ManagedPort.find(sender.port) else { return }
    if sender.lan == id {
      if remote != .everyone { trunk.echoes[remote] = now }
      weighPaths(now)
      guard isNews("own \(sender.port) \(trunk.port.number)", now) else { return }
      trunk.port.record(
        .warning,
        "\(trunk.port.path) hears \(other.path), another trunk of the same LAN: they lead into one network, and what goes out by one comes in by the other. Remove one of the two.",
        id: .secondPath, limitedBy: \.trafficLimiter)
    } else if isNews("shared \(sender.port) \(trunk.port.number)", now) {
      trunk.port.record(
        .warning,
        "\(trunk.port.path) hears \(other.path): LANs \(lan.name) and \(other.lan.name) share a network and are one LAN. Give one of the two trunks another group, VNI or port.",
        id: .sharedNetwork, limitedBy: \.trafficLimiter)
    }
  }
}
