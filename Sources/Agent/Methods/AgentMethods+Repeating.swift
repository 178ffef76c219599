import AgentAPI
import LinuxIO
import SystemdSupport
import TransportHost

extension AgentMethods {
  /// Makes LANs and ports again that somebody had asked the process before for. Those that the configuration names by now
  /// are there already.
  func repeatRequests(of inheritance: Inheritance) {
    for former in inheritance.state.lans {
      if let request = former.request, agent.lan(named: former.name) == nil {
        attempt("LAN \(former.name)", [.lan: former.name]) { _ = try makeLAN(possible(request)) }
      }
      guard let lan = agent.lan(named: former.name) else { continue }
      for record in former.ports where record.origin == .request && lan.port(named: record.name) == nil {
        attempt("\(lan.name)/\(record.name)", [.lan: lan.name, .port: record.name, .transport: record.transport]) {
          try repeatPort(record, in: lan, inheritance)
        }
      }
    }
  }

  /// There may be fewer forwarding threads now: a LAN that was pinned to one of the others is on any.
  private func possible(_ request: AddLan.Parameters) -> AddLan.Parameters {
    guard let thread = request.thread, !agent.threads.indices.contains(thread) else { return request }
    var request = request
    request.options?[LanConfiguration.threadOption.name] = nil
    return request
  }

  private func repeatPort(_ record: HandOverState.Port, in lan: ManagedLAN, _ inheritance: Inheritance) throws {
    let request = AddPort.Parameters(
      lan: lan.name, name: record.name, transport: record.transport, role: record.isTrunk ? .trunk : .guest,
      options: record.options)
    let caller = inheritance.caller(of: record)
    // Its process is gone, and nobody has ended the port meanwhile.
    if record.caller != nil, caller == nil { return }
    _ = try makePort(request, caller: caller, adopting: record)
    if let caller { inheritance.confirm(caller, of: record) }
  }

  private func attempt(_ what: String, _ fields: [JournalField: String], _ body: () throws -> Void) {
    do {
      try body()
    } catch {
      agent.journal.log(.warning, "\(what) is not there any more: \(error)", id: .adoptionFailed, fields: fields)
    }
  }
}
