// Carries out a difference of configurations. The order is that of what can be had once, such as a device, a group, a UDP
// port or a door's path:
//
//   live changes ──> what goes is ended ──> what comes is opened ──> the forwarding threads have it: done
//                │                                 ▲
//                └─ what the transport refuses ────┘  is ended and opened, too
//
// Each arrow waits for the forwarding threads, `patience` at most. What cannot be done is noted, and the rest is done.

import AgentAPI
import LinuxIO
import TransportHost

/// One reload, from the difference to the answer. Control thread only.
final class ConfigurationChange {
  /// How long each step may take, in milliseconds.
  private static let patience: UInt64 = 5_000

  private let agent: Agent
  private let difference: ConfigurationDifference
  private var changes: [Change] = []
  private var notes: [String] = []
  /// Ports that are ended.
  private var ending: [ManagedPort] = []
  /// Ports that are opened afterwards.
  private var opening: [(lan: String, port: PortConfiguration, kind: ChangeKind)] = []
  /// Those that were opened: what became of them is known when the forwarding threads have them.
  private var opened: [ManagedPort] = []

  init(_ difference: ConfigurationDifference, of agent: Agent) {
    self.difference = difference
    self.agent = agent
  }

  /// Does it all, and calls `action` once.
  func apply(then action: @escaping (Reload.Reply) -> Void) {
    if let threads = difference.otherThreads {
      notes.append("threads: \(threads) holds from the next start on; there are \(agent.threads.count).")
    }
    if let busyPoll = difference.otherBusyPoll { agent.setBusyPoll(busyPoll) }
    changeLive {
      self.endOld {
        self.openNew()
        self.settle { action(Reload.Reply(changes: self.changes.sorted { $0.order < $1.order }, notes: self.notes)) }
      }
    }
  }

  private func note(_ lan: String, door: DoorConfiguration? = nil, port: String? = nil, _ kind: ChangeKind) {
    changes.append(Change(lan: lan, door: door?.text, port: port, kind: kind))
  }

  // MARK: Live changes

  private func changeLive(then next: @escaping () -> Void) {
    let gathering = Gathering(on: agent.loop, within: Self.patience, then: next)
    for wanted in difference.changed {
      guard let lan = agent.lan(named: wanted.wanted.name) else { continue }
      if wanted.isAdopted { note(lan.name, .adopted) }
      lan.request = nil
      for port in wanted.ports { plan(port, in: lan, gathering) }
    }
    gathering.close()
  }

  /// Changes the port now if it can be; otherwise it is ended, opened, or both.
  private func plan(_ wanted: PortDifference, in lan: ManagedLAN, _ gathering: Gathering) {
    let port = lan.ports.first { $0.name == wanted.name && $0.guest == nil }
    if wanted.isAdopted {
      note(lan.name, port: wanted.name, .adopted)
      port?.joinConfiguration()
    }
    switch wanted.step {
    case .keep: break
    case .remove:
      note(lan.name, port: wanted.name, .removed)
      if let port { ending.append(port) }
    case .add(let new): opening.append((lan.name, new, .added))
    case .reopen(let new): reopen(port, as: new, in: lan)
    case .change(let new):
      guard let port else { return }
      let done = gathering.begin()
      change(port, to: new) { isDone in
        if isDone { self.note(lan.name, port: new.name, .changed) } else { self.reopen(port, as: new, in: lan) }
        done()
      }
    }
  }

  private func change(_ port: ManagedPort, to new: PortConfiguration, then action: @escaping (Bool) -> Void) {
    port.change(to: new.settings)
    if port.values == new.values { return action(true) }
    port.change(to: new.values, then: action)
  }

  private func reopen(_ port: ManagedPort?, as new: PortConfiguration, in lan: ManagedLAN) {
    if let port { ending.append(port) }
    opening.append((lan.name, new, .reopened))
  }

  // MARK: Ending

  private func endOld(then next: @escaping () -> Void) {
    let gathering = Gathering(on: agent.loop, within: Self.patience, then: next)
    for name in difference.removed {
      guard let lan = agent.lan(named: name) else { continue }
      note(name, .removed)
      lan.end(then: gathering.begin())
    }
    // Those that end by themselves have what the new ones want, too.
    for lan in agent.lans where lan.isEnding { lan.end(then: gathering.begin()) }
    for wanted in difference.changed {
      guard let lan = agent.lan(named: wanted.wanted.name) else { continue }
      for door in wanted.closedDoors {
        note(lan.name, door: door, .removed)
        if let open = lan.door(at: door) { lan.close(open) }
      }
    }
    for port in ending { port.remove(then: gathering.begin()) }
    gathering.close()
  }

  // MARK: Opening

  private func openNew() {
    for wanted in difference.changed {
      guard let lan = agent.lan(named: wanted.wanted.name) else { continue }
      changeOptions(of: lan, wanted)
      for door in wanted.changedDoors { change(door, of: lan) }
      for door in wanted.openedDoors where open(door, of: lan) { note(lan.name, door: door, .added) }
    }
    for lan in difference.added { make(lan) }
    for (name, port, kind) in opening {
      guard let lan = agent.lan(named: name), open(port, in: lan) else { continue }
      note(name, port: port.name, kind)
    }
    agent.noteStatus()
    agent.keeper.noteChange()
  }

  private func changeOptions(of lan: ManagedLAN, _ wanted: LANDifference) {
    if let entries = wanted.otherFDBEntries {
      notes.append(
        "\(lan.name): fdb-entries \(entries) holds from the next start on; until then there are \(wanted.wanted.fdbEntries)."
      )
    }
    lan.change(to: wanted.wanted)
    if let thread = wanted.otherThread { move(lan, to: thread) }
    if wanted.hasOtherOptions { note(lan.name, .changed) }
  }

  private func move(_ lan: ManagedLAN, to thread: Int) {
    guard lan.ports.isEmpty, agent.threads.indices.contains(thread), (try? lan.move(to: agent.threads[thread])) != nil
    else {
      return notes.append(
        "\(lan.name): thread \(thread) holds from the next start on; until then it is on \(lan.thread.index).")
    }
    note(lan.name, .changed)
  }

  private func change(_ wanted: DoorConfiguration, of lan: ManagedLAN) {
    guard let door = lan.door(at: wanted) else { return }
    do throws(DoorError) {
      try door.change(to: wanted)
      // Whom the door lets in may reach what is in the directory of its clients.
      try lan.makeDirectories(for: wanted, door.description)
      note(lan.name, door: wanted, .changed)
    } catch {
      notes.append("\(lan.name) door \(wanted.text): \(error)")
    }
  }

  private func open(_ door: DoorConfiguration, of lan: ManagedLAN) -> Bool {
    do throws(DoorError) {
      try lan.open(door)
      return true
    } catch {
      notes.append("\(lan.name) door \(door.text): \(error)")
      return false
    }
  }

  private func make(_ wanted: LanConfiguration) {
    guard agent.lan(named: wanted.name) == nil else {
      return notes.append("\(wanted.name) cannot be made: the LAN that had the name has not ended yet. Reload again.")
    }
    do throws(AgentFailure) {
      let lan = try agent.makeLAN(wanted)
      if let thread = wanted.thread, lan.thread.index != thread {
        notes.append(
          "\(lan.name): thread \(thread) holds from the next start on; until then it is on \(lan.thread.index).")
      }
      for door in wanted.doors { _ = open(door, of: lan) }
      for port in wanted.ports { _ = open(port, in: lan) }
      agent.noteUp(lan)
      note(wanted.name, .added)
    } catch {
      notes.append("\(error).")
    }
  }

  private func open(_ wanted: PortConfiguration, in lan: ManagedLAN) -> Bool {
    if let problem = problem(with: wanted, in: lan) {
      notes.append("\(lan.name)/\(wanted.name) cannot be opened: \(problem)")
      return false
    }
    guard let port = lan.port(named: wanted.name) else { return false }
    opened.append(port)
    return true
  }

  private func problem(with wanted: PortConfiguration, in lan: ManagedLAN) -> String? {
    if let other = lan.port(named: wanted.name) {
      guard let guest = other.guest else { return "the port that had the name has not ended yet. Reload again." }
      other.name = lan.freeName(guest.door ?? "run")
      lan.updateMirrors()
      lan.followPort(named: wanted.name)
      lan.hello.changed(other)
      notes.append("\(lan.name)/\(wanted.name) is the configuration's: the guest of that name is \(other.name) now.")
    }
    // The configuration was checked against itself, and not against what was made by hand.
    if let transport = agent.catalogue.transport(named: wanted.transport),
      let obstacle = agent.obstacle(to: transport, wanted.role, wanted.values)
    {
      return "\(obstacle.what). \(obstacle.remedy)"
    }
    return agent.open(wanted, in: lan).map { $0.text }
  }

  // MARK: In force

  /// Waits until the forwarding threads have done all that they were asked for.
  private func settle(then action: @escaping () -> Void) {
    let threads = agent.threads
    Inquiry.ask(
      threads.map { ($0, { completion in unsafe ForwardingCommand(.ping, completion: completion) }) },
      within: Self.patience, on: agent.loop
    ) { answers in
      for (thread, answer) in zip(threads, answers) where answer == nil {
        self.notes.append(
          "Forwarding thread \(thread.index) does not answer: what its LANs were asked for is not done yet.")
      }
      for lan in self.difference.changed.map(\.wanted) + self.difference.added {
        guard let present = self.agent.lan(named: lan.name) else { continue }
        for mirror in lan.mirrors {
          let obstacle = present.obstacle(to: mirror)
          if !obstacle.isEmpty { self.notes.append("\(lan.name): mirror to \(mirror.target): \(obstacle).") }
        }
      }
      for port in self.opened where port.state == .waiting || port.state == .failed {
        self.notes.append("\(port.path) \(port.state == .waiting ? "waits" : "has failed"): \(port.text)")
      }
      action()
    }
  }
}

extension Change {
  /// A LAN comes before its doors, and they before its ports.
  fileprivate var order: (String, Int, String) {
    (lan, port != nil ? 2 : door != nil ? 1 : 0, port ?? door ?? "")
  }
}
