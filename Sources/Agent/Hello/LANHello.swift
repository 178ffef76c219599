// What a LAN's ports say to other agents and what follows from what they hear. The frames are those of
// Sources/Hello/AgentFrame.swift; forwarding threads pass them on and understand nothing of them.
//
//   trunk        hello every 2 s, at once when it comes up and when an agent is heard that was not known; path probes
//   guest port   loop probes, every 250 ms for 5 s after it came up and while a loop is suspected, else every 500 ms
//
//   hello      ──► peers, round trips, losses, clocks; an agent heard by two trunks: LANHello+Paths.swift
//   path probe ──► the next hello comes at once, not less than 100 ms after the last
//   loop probe ──► LANHello+Loops.swift
//
// All of it lives on the control thread. Bounds: 256 peers of a trunk; 256 frames a second of a port that are listened
// to; 64 frames on their way out, so that a forwarding thread that is stuck gathers none.

import CTransport
import Hello
import LinuxIO
import Switching
import SystemdSupport
import TransportHost

/// What one LAN says to other agents, and hears.
final class LANHello {
  /// Names the LAN to other agents.
  let id = UInt64.random(in: 0...UInt64.max)
  unowned let lan: ManagedLAN
  /// Trunks that say hello, and guest ports that look for loops, by the ports' numbers.
  var trunks: [UInt32: TrunkHello] = [:]
  var guests: [UInt32: GuestGuard] = [:]
  /// When a fault was reported last, by what it is about.
  var reported: [String: UInt64] = [:]
  private var timer: ControlLoop.Timer?
  private var timerAt = UInt64.max
  private var underway = 0

  private static let mostUnderway = 64
  /// Between two hellos that answer something.
  private static let shortestInterval: UInt64 = 100_000_000
  /// Hellos of a measurement, and the time between them.
  private static let burstLength = 10
  private static let burstInterval: UInt64 = 200_000_000
  /// Until a hello answers a path probe: the others of its round come with it.
  private static let gathering: UInt64 = 10_000_000
  /// Between two records about the same fault.
  private static let reportInterval: UInt64 = 3_600_000_000_000

  init(_ lan: ManagedLAN) { self.lan = lan }

  var agent: Agent { lan.agent }

  // MARK: Ports

  /// A port has come up, has changed, or goes.
  func changed(_ port: ManagedPort) {
    let now = monotonicNanoseconds()
    if port.isLeaving {
      trunks[port.number] = nil
      guests[port.number] = nil
      port.shut = nil
    } else if port.role == .trunk, port.settings.hello {
      noteTrunk(port, now)
    } else if port.role == .guest, port.settings.loopGuard, !port.isDoor, !port.lan.isMirrorTarget(port) {
      noteGuest(port, now)
    } else {
      dismiss(port)
    }
    schedule(now)
  }

  /// The port goes on, and says nothing any more: what was found out by it does not hold any longer.
  private func dismiss(_ port: ManagedPort) {
    if let trunk = trunks.removeValue(forKey: port.number), let link = port.link, !link.isLeaving {
      if trunk.pathBytes != nil { link.thread.post(link.pathCommand(nil)) }
      if !trunk.muted.isEmpty { link.thread.post(link.muteCommand([])) }
    }
    if let guest = guests.removeValue(forKey: port.number), guest.isShut { set(guest, shut: nil) }
  }

  private func noteTrunk(_ port: ManagedPort, _ now: UInt64) {
    let isUp = port.state == .up
    guard let trunk = trunks[port.number] else {
      if isUp { trunks[port.number] = TrunkHello(port, now: now) }
      return
    }
    if isUp, !trunk.isUp { trunk.helloAt = now }
    trunk.isUp = isUp
    step(trunk, now)
  }

  private func noteGuest(_ port: ManagedPort, _ now: UInt64) {
    let isUp = port.state == .up
    guard let guest = guests[port.number] else {
      if isUp { guests[port.number] = GuestGuard(port, now: now) }
      return
    }
    if isUp, !guest.isUp { guest.loopGuard.hurry(now: now) }
    guest.isUp = isUp
  }

  // MARK: Time

  private func schedule(_ now: UInt64) {
    var next = UInt64.max
    for trunk in trunks.values where trunk.isUp { next = min(next, trunk.helloAt, trunk.search.nextAt) }
    for guest in guests.values where guest.isUp { next = min(next, guest.loopGuard.nextAt) }
    guard next != timerAt || timer == nil else { return }
    if let timer { agent.loop.cancel(timer) }
    timer = nil
    timerAt = next
    guard next != .max else { return }
    let milliseconds = next <= now ? 0 : (next - now + 999_999) / 1_000_000
    timer = agent.loop.after(milliseconds: milliseconds) { [weak self] in
      self?.timer = nil
      self?.tick()
    }
  }

  private func tick() {
    let now = monotonicNanoseconds()
    for trunk in trunks.values where trunk.isUp {
      if trunk.helloAt <= now { sayHello(trunk, now) }
      trunk.table.forgetOld(now: now)
      step(trunk, now)
    }
    for guest in guests.values where guest.isUp { probe(guest, now) }
    weighPaths(now)
    schedule(monotonicNanoseconds())
  }

  // MARK: Saying

  func sender(_ port: ManagedPort) -> AgentFrame.Sender {
    AgentFrame.Sender(agent: agent.identity, lan: id, port: port.number)
  }

  private func sayHello(_ trunk: TrunkHello, _ now: UInt64) {
    let hello = trunk.table.nextHello(
      of: sender(trunk.port), host: agent.hostName, lan: lan.name, port: trunk.port.name, now: now,
      clock: realtimeMicroseconds(at: now))
    trunk.lastHello = now
    if trunk.burst > 0 {
      trunk.burst -= 1
      trunk.helloAt = now + Self.burstInterval
    } else {
      trunk.helloAt = now + PeerTable.interval * UInt64.random(in: 90...110) / 100
    }
    send(hello, by: trunk.port)
  }

  /// Says hello soon, and not more often than every 100 ms.
  private func hurry(_ trunk: TrunkHello, _ now: UInt64, after delay: UInt64 = 0) {
    trunk.helloAt = min(trunk.helloAt, max(now + delay, trunk.lastHello + Self.shortestInterval))
  }

  /// Has each trunk say some hellos at short intervals and search the width of its path again. Asked again before that is
  /// over, it goes on no faster.
  func measure() {
    let now = monotonicNanoseconds()
    for trunk in trunks.values where trunk.isUp && trunk.burst == 0 {
      trunk.burst = Self.burstLength
      hurry(trunk, now)
      trunk.search.restart()
      step(trunk, now)
    }
    schedule(now)
  }

  /// - Parameter flags: `UMBEL_FRAME_*`.
  func send(_ frame: AgentFrame, by port: ManagedPort, flags: UInt32 = 0) {
    guard let link = port.link, !link.isLeaving, !link.isStopped, underway < Self.mostUnderway else { return }
    underway += 1
    link.thread.post(link.injectCommand(frame.bytes, flags: flags) { [weak self] in self?.underway -= 1 })
  }

  // MARK: Hearing

  /// A frame of an agent has come in.
  func hear(_ report: HelloReport, at port: ManagedPort) {
    guard let frame = AgentFrame(report.beginning, length: Int(report.length)) else { return }
    let now = monotonicNanoseconds()
    switch frame.content {
    case .hello(let announcement):
      guard let trunk = trunks[port.number] else { return }
      if frame.sender.agent == agent.identity {
        noteOwn(frame.sender, at: trunk, report.remote, now)
      } else {
        note(announcement, frame, at: trunk, report)
      }
    case .pathProbe(let round, let length):
      guard let trunk = trunks[port.number], trunk.table.hear(probeOf: frame.sender, round: round, length: length)
      else { return }
      hurry(trunk, now, after: Self.gathering)
    case .loopProbe(let token, let name):
      noteLoopProbe(frame.sender, token, name, at: port, now)
    }
    schedule(now)
  }

  private func note(_ announcement: Announcement, _ frame: AgentFrame, at trunk: TrunkHello, _ report: HelloReport) {
    let now = report.time
    let arrival = trunk.table.hear(
      announcement, sequence: frame.sequence, of: frame.sender, own: sender(trunk.port), at: report.remote.place,
      now: now, clock: realtimeMicroseconds(at: now))
    if arrival == .new {
      hurry(trunk, now)
      trunk.search.restart()
      trunk.port.record(
        .info,
        "\(trunk.port.path) hears the agent of host \(announcement.host) (LAN \(announcement.lan), port \(announcement.port))",
        fields: [.peer: announcement.host], limitedBy: \.trafficLimiter)
      weighPaths(now)
    }
    step(trunk, now)
  }

  // MARK: Width of the path

  /// Goes on with the search for what passes a trunk in one piece, and tells the forwarding thread what was found.
  private func step(_ trunk: TrunkHello, _ now: UInt64) {
    let limit = trunk.isUp && trunk.port.probeLimit > 0 ? Int(trunk.port.probeLimit) : nil
    let answers = trunk.table.peers.filter { $0.isUp(now) }.map {
      PathSearch.Answer($0.confirmed, roundTrip: $0.smoothRoundTrip ?? 0)
    }
    if let probes = trunk.search.step(now: now, limit: limit, answers: answers) {
      for length in probes.lengths {
        let frame = AgentFrame(
          sender: sender(trunk.port), sequence: 0, content: .pathProbe(round: probes.round, length: length))
        send(frame, by: trunk.port, flags: UMBEL_FRAME_WHOLE)
      }
    }
    let found = trunk.search.result.map { UInt32($0) }
    guard found != trunk.pathBytes, let link = trunk.port.link, !link.isLeaving else { return }
    trunk.pathBytes = found
    link.thread.post(link.pathCommand(found))
  }

  // MARK: Faults

  /// Whether a fault is to be reported now.
  func isNews(_ fault: String, _ now: UInt64) -> Bool {
    if let last = reported[fault], now < last + Self.reportInterval { return false }
    if reported.count >= 256 { reported.removeAll() }
    reported[fault] = now
    return true
  }

  /// What is wrong now, in a few words each.
  var faults: [String] {
    let shut = guests.values.filter(\.isShut).map { "\($0.port.name) is shut (loop)" }
    let double = trunks.values.filter { !$0.muted.isEmpty }.map { "\($0.port.name) is a second path" }
    return (shut + double).sorted()
  }
}

/// A trunk that says hello.
final class TrunkHello {
  let port: ManagedPort
  var isUp = true
  var table = PeerTable()
  var search = PathSearch(firstRound: .random(in: 1...UInt32.max))
  var helloAt: UInt64
  var lastHello: UInt64 = 0
  /// Hellos that are yet to come at short intervals.
  var burst = 0
  /// What the forwarding thread was told last.
  var pathBytes: UInt32?
  var muted: Set<Remote> = []
  /// By whom hellos of another trunk of this LAN come in, and when they did last.
  var echoes: [Remote: UInt64] = [:]

  init(_ port: ManagedPort, now: UInt64) {
    self.port = port
    helloAt = now
  }
}

/// A guest port that looks for loops.
final class GuestGuard {
  let port: ManagedPort
  var isUp = true
  var loopGuard: LoopGuard

  init(_ port: ManagedPort, now: UInt64) {
    self.port = port
    loopGuard = LoopGuard(now: now)
  }

  var isShut: Bool { loopGuard.reopensAt != nil }
}

extension Remote {
  /// As ``Hello/Peer/place``; 0: the transport does not tell its peers apart.
  var place: UInt64 { UInt64(generation) << 32 | UInt64(index) }

  init(place: UInt64) {
    self.init(index: UInt32(truncatingIfNeeded: place), generation: UInt32(truncatingIfNeeded: place >> 32))
  }
}
