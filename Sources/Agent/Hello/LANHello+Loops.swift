import Hello
import LinuxIO
import SystemdSupport

// Loops made outside: see Sources/Hello/LoopGuard.swift. A probe counts when it was sent lately by a guest port of this
// LAN, or by one of an agent that is heard on a trunk of this LAN and says that the port is in the same LAN of its. What
// other LANs send joins two LANs, which is no loop.

extension LANHello {
  /// Something points to a loop: stations wander, or a port brings in more than it may.
  func suspectLoop() {
    let now = monotonicNanoseconds()
    for guest in guests.values where guest.isUp {
      guest.loopGuard.hurry(now: now)
      probe(guest, now)
    }
  }

  /// Sends what is due, and opens the port again when the loop is gone.
  func probe(_ guest: GuestGuard, _ now: UInt64) {
    if let token = guest.loopGuard.probe(now: now) {
      send(
        AgentFrame(
          sender: sender(guest.port), sequence: 0, content: .loopProbe(token: token, port: guest.port.name)),
        by: guest.port)
    }
    if guest.loopGuard.reopen(now: now) {
      set(guest, shut: nil)
      guest.port.record(
        .notice, "\(guest.port.path) is open again: the loop is gone", id: .loopGone,
        limitedBy: \.trafficLimiter)
    }
  }

  func noteLoopProbe(
    _ sender: AgentFrame.Sender, _ token: UInt64, _ name: String, at port: ManagedPort, _ now: UInt64
  ) {
    let origin: LoopGuard.Origin
    let other: String
    if sender.agent == agent.identity {
      guard sender.lan == id, guests[sender.port]?.loopGuard.sent(token) == true else { return }
      origin = .own(sender.port)
      other = "\(lan.name)/\(name)"
    } else {
      guard let peer = peer(sender) else { return }
      origin = .peer(sender)
      other = "port \(name) of LAN \(peer.lan) at host \(peer.host)"
    }
    let number = LoopGuard.portToShut(
      origin, heardAt: port.number, isGuarded: guests[port.number] != nil, agent: agent.identity)
    guard let number, let guest = guests[number], guest.loopGuard.shut(now: now) else { return }
    shut(guest, joinedTo: number == port.number ? other : port.path, now)
  }

  /// The agent of a sender, as a trunk of this LAN hears it.
  private func peer(_ sender: AgentFrame.Sender) -> Peer? {
    for trunk in trunks.values {
      if let peer = trunk.table.peer(sender.agent, lan: sender.lan) { return peer }
    }
    return nil
  }

  private func shut(_ guest: GuestGuard, joinedTo other: String, _ now: UInt64) {
    let path = guest.port.path
    let what =
      other == path
      ? "what it sends comes in by it again" : "it and \(other) are joined outside of the LAN, perhaps by a bridge"
    let seconds = guest.loopGuard.shutSeconds
    set(
      guest,
      shut: ShutReason(text: "shut because of a loop: \(what)", until: now + seconds * 1_000_000_000))
    guest.port.record(
      .warning,
      "\(path) is shut: \(what), so frames would go round for ever. It is tried again in \(seconds) s at the earliest, when the loop is gone.",
      id: .loopFound, limitedBy: \.trafficLimiter)
  }

  func set(_ guest: GuestGuard, shut reason: ShutReason?) {
    guest.port.shut = reason
    agent.noteStatus()
    guard let link = guest.port.link, !link.isLeaving else { return }
    link.thread.post(link.shutCommand(reason != nil))
  }
}
