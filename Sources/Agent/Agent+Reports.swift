import CTransport
import Ethernet
import LinuxIO
import Switching
import SystemdSupport
import TransportHost

// What forwarding threads and plugins tell, on its way to the journal.

extension Agent {
  /// Takes over what a forwarding thread has reported up to now; what it adds meanwhile wakes this thread again, so that
  /// a transport that talks without end does not keep it from its other work.
  func takeReports(of thread: ForwardingThread) {
    for _ in 0..<ForwardingChannel.reportCapacity {
      guard let report = thread.channel.reports.pop() else { return }
      // What a port reported before it was stopped comes before the answer to its stopping: it is still listed.
      guard let port = ManagedPort.find(report.port) else { continue }
      switch report.kind {
      case .state:
        port.note(
          ManagedPort.State(rawValue: report.value) ?? .failed, text: report.text.string, error: report.error,
          largestFrame: report.largestFrame, probeLimit: report.probeLimit)
      case .log:
        port.log(report)
      case .misbehaviour:
        port.record(
          .warning, "plugin \(port.transport.description.name) breaks a rule at \(port.path): \(report.text.string)",
          id: .pluginMisbehaves)
      case .clientArrived:
        port.door?.arrived(report.client, at: port)
      case .flap:
        noteFlap(report, newer: port)
      case .ownUnderlay:
        noteOwnUnderlay(port, trunk: report.otherPort)
      case .storm:
        if let reason = DropReason(rawValue: UInt8(clamping: report.value)) { noteStorm(port, reason) }
      }
    }
  }

  /// Takes over the hellos and probes that have come in.
  func takeHellos(of thread: ForwardingThread) {
    for _ in 0..<ForwardingChannel.helloCapacity {
      guard let report = thread.channel.hellos.pop() else { return }
      guard let port = ManagedPort.find(report.port) else { continue }
      port.lan.hello.hear(report, at: port)
    }
  }

  private func noteFlap(_ report: ForwardingReport, newer: ManagedPort) {
    newer.lan.hello.suspectLoop()
    let other = ManagedPort.find(report.otherPort)?.name ?? "another port"
    let address = MACAddress(truncating: report.macAddress)
    let vlan = report.vlan == 0 ? "" : " of VLAN \(report.vlan)"
    newer.record(
      .warning,
      "\(address)\(vlan) moves between \(other) and \(newer.name) of LAN \(newer.lan.name): it stays at \(other) for a while. Two stations have this address, or there is a loop.",
      id: .stationFlapping, fields: [.station: "\(address)"], limitedBy: \.trafficLimiter)
  }

  private func noteOwnUnderlay(_ port: ManagedPort, trunk: UInt32) {
    let flows = underlay.flows(of: trunk).prefix(3).map(\.description).joined(separator: ", ")
    let name = (ManagedPort.find(trunk)?.path ?? "a trunk that is gone") + (flows.isEmpty ? "" : " (\(flows))")
    port.record(
      .warning,
      "\(port.path) brings in datagrams of trunk \(name), which are dropped: carried on they would go round for ever. If the port's TAP is in a bridge with the interface that the trunk uses, take it out (ip link set dev TAP nomaster), or give the trunk another interface. If a guest uses the same address and port for itself, choose another for one of the two.",
      id: .ownUnderlay, limitedBy: \.trafficLimiter)
  }

  private func noteStorm(_ port: ManagedPort, _ reason: DropReason) {
    port.lan.hello.suspectLoop()
    let (limit, what) =
      switch reason {
      case .stormBroadcast: (port.settings.storm.broadcast, "broadcasts")
      case .stormMulticast: (port.settings.storm.multicast, "frames to groups")
      default: (port.settings.storm.unknown, "frames to stations not known")
      }
    port.record(
      .warning,
      "\(port.path) brings in more than \(limit) \(what) a second: the others are dropped, as \(reason.name). A station floods the LAN, or there is a loop; if it is meant to, give the port a higher \(reason.name).",
      id: .storm, limitedBy: \.trafficLimiter)
  }

  /// Writes a record about a port's new state.
  /// - Parameter error: the number of `<errno.h>` behind it; 0: none.
  func report(change old: ManagedPort.State, of port: ManagedPort, error: Int32) {
    let reason = port.text.isEmpty ? "" : ": \(port.text)"
    let (priority, verb, id): (JournalPriority, String, MessageID?) =
      switch (port.role, port.state) {
      case (_, .opening): (.debug, "is opening", nil)
      // What a datagram door receives by is no guest.
      case (_, .up) where port.isDoor: (.debug, "is up", nil)
      case (_, .closing) where port.isDoor: (.debug, "has ended", nil)
      case (.trunk, .waiting): (.warning, old == .up ? "was lost" : "waits", old == .up ? .trunkLost : .trunkWaiting)
      case (.trunk, .up): (.info, "is up", .trunkJoined)
      case (.guest, .waiting): (.info, "waits", nil)
      case (.guest, .up):
        (
          .info, port.guest.map { "is attached (\($0.who))" } ?? "is up",
          .guestAttached
        )
      case (_, .failed): (.error, "has failed", .portFailed)
      case (.guest, .closing): (.info, "has left", .guestLeft)
      case (.trunk, .closing): (.warning, "has ended", .trunkLost)
      }
    port.record(priority, "\(port.path) \(verb)\(reason)", id: id, fields: error > 0 ? [.errno: "\(error)"] : [:])
  }
}

extension ManagedPort {
  /// `lan/port`, as records name it.
  var path: String { "\(lan.name)/\(name)" }

  /// What a plugin says of this port.
  func log(_ report: ForwardingReport) {
    let priority = JournalPriority(rawValue: Int32(clamping: report.value)) ?? .notice
    let peer = report.peer.string
    var fields: [JournalField: String] = [:]
    if !peer.isEmpty { fields[.peer] = peer }
    if report.error > 0 { fields[.errno] = "\(report.error)" }
    let id: MessageID? =
      switch report.condition {
      case UMBEL_CONDITION_FOREIGN_SENDER where !peer.isEmpty: .foreignSender
      case UMBEL_CONDITION_BUFFER_SHORTFALL: .bufferShortfall
      case UMBEL_CONDITION_SETUP_NEEDED: .setupNeeded
      default: priority.rawValue <= JournalPriority.warning.rawValue ? .transportWarning : nil
      }
    record(priority, "\(path): \(report.text.string)", id: id, fields: fields, limitedBy: \.wordsLimiter)
  }

  /// Writes a record about this port, unless it has written too many, or the guests of its LAN have: who is turned away by
  /// one limit comes again as another guest.
  /// - Parameter more: fields besides those that name the port.
  func record(
    _ priority: JournalPriority, _ text: String, id: MessageID? = nil, fields more: [JournalField: String] = [:],
    limitedBy limiter: ReferenceWritableKeyPath<ManagedPort, RecordLimiter> = \.limiter,
    file: String = #fileID, line: Int = #line, function: String = #function
  ) {
    let now = monotonicNanoseconds()
    guard var suppressed = self[keyPath: limiter].admit(now: now) else { return }
    if guest != nil {
      guard let all = lan.guestLimiter.admit(now: now, after: suppressed) else { return }
      suppressed = all
    }
    let hint = RecordLimiter.hint(leftOut: suppressed)
    lan.agent.journal.log(
      priority, text + hint, id: id, fields: fields.merging(more) { $1 }, file: file, line: line, function: function)
  }
}
