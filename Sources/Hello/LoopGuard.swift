// A loop made outside: two ports of a LAN are joined by something else, a bridge with two TAPs, two hosts' TAPs on one
// physical network. Each guarded guest port sends probes with a number that nobody can guess; one that comes in again
// shows the loop, and one port of it is shut. Which one must be known without talking, for in a storm nothing gets
// through for certain: the higher of the two in the order (agent's id, port's number). With n ports joined, all but the
// lowest are shut. A trunk is never shut: it has other peers.
//
//   open ──a loop──► shut ──30 s, doubled to 300 s, and no probe for 3 s──► open
//
// A shut port still sends and hears probes: while the loop is there it does not open, so there are no bursts.

/// The guard of one guest port. Times are nanoseconds.
package struct LoopGuard: Sendable {
  /// Between two probes of a port that came up lately, or whose stations wander.
  static let fastInterval: UInt64 = 250_000_000
  /// Between two probes else: with the time a storm holds one up, still less than the second a LAN may lose.
  static let slowInterval: UInt64 = 500_000_000
  static let fastTime: UInt64 = 5_000_000_000
  static let shortestShut: UInt64 = 30_000_000_000
  static let longestShut: UInt64 = 300_000_000_000
  /// No probe was heard for so long: the loop is gone.
  static let quietTime: UInt64 = 3_000_000_000

  /// When it is open again at the earliest; nil: it is open.
  package private(set) var reopensAt: UInt64?
  /// When ``probe(now:)`` and ``reopen(now:)`` are to be called next.
  package private(set) var nextAt: UInt64

  private var fastUntil: UInt64
  private var shutTime = LoopGuard.shortestShut
  private var openedAt: UInt64
  private var lastEvidence: UInt64 = 0
  private var tokens: [UInt64] = []

  /// The port has come up.
  package init(now: UInt64) {
    nextAt = now
    openedAt = now
    fastUntil = now + Self.fastTime
  }

  /// Something points to a loop: probes go out at once, and faster for a while.
  package mutating func hurry(now: UInt64) {
    guard fastUntil < now + Self.fastTime / 2 else { return }
    fastUntil = now + Self.fastTime
    nextAt = now
  }

  /// The number of the probe to be sent now; nil: it is not time yet.
  package mutating func probe(now: UInt64) -> UInt64? {
    guard now >= nextAt else { return nil }
    nextAt = now + (now < fastUntil ? Self.fastInterval : Self.slowInterval)
    let token = UInt64.random(in: 0...UInt64.max)
    tokens.append(token)
    // What is older than a few seconds has been held up by nobody.
    if tokens.count > 32 { tokens.removeFirst() }
    return token
  }

  /// Whether a probe with this number left here lately.
  package func sent(_ token: UInt64) -> Bool { tokens.contains(token) }

  /// The port is part of a loop and to be shut.
  /// - Returns: whether it was open.
  package mutating func shut(now: UInt64) -> Bool {
    lastEvidence = now
    guard reopensAt == nil else { return false }
    if now - min(now, openedAt) > Self.longestShut { shutTime = Self.shortestShut }
    reopensAt = now + shutTime
    return true
  }

  /// Seconds that the port stays shut at least.
  package var shutSeconds: UInt64 { shutTime / 1_000_000_000 }

  /// Opens the port if its time is over and the loop is gone.
  /// - Returns: whether it was opened.
  package mutating func reopen(now: UInt64) -> Bool {
    guard let at = reopensAt, now >= at, now >= lastEvidence + Self.quietTime else { return false }
    reopensAt = nil
    openedAt = now
    fastUntil = now + Self.fastTime
    shutTime = min(shutTime * 2, Self.longestShut)
    return true
  }

  /// Who a probe comes from.
  package enum Origin: Sendable {
    /// A guest port of this LAN, by its number.
    case own(UInt32)
    /// A guest port of an agent that is heard on a trunk of this LAN.
    case peer(AgentFrame.Sender)
  }

  /// Which of this agent's ports is to be shut.
  /// - Parameters:
  ///   - origin: who sent the probe.
  ///   - port: number of the port where it was heard.
  ///   - isGuarded: that is a guest port with a guard.
  /// - Returns: nil: none, or the other agent's.
  package static func portToShut(_ origin: Origin, heardAt port: UInt32, isGuarded: Bool, agent: AgentID) -> UInt32? {
    switch origin {
    case .own(let sender): isGuarded ? max(sender, port) : sender
    case .peer(let sender): isGuarded && (sender.agent, sender.port) < (agent, port) ? port : nil
    }
  }
}
