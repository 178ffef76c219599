import AgentAPI
import LinuxIO
import Switching
import TransportHost

extension AgentMethods {
  func listTransports(_ call: VarlinkCall) {
    let catalogue = agent.catalogue
    call.reply(
      ListTransports.Reply(
        transports: catalogue.transports.map(\.described),
        refused: catalogue.refused.map { name, refusal in
          RefusedTransport(
            name: name, path: "\(catalogue.directory.path)/libumbel-\(name).so", problem: refusal.description)
        }))
  }

  func listStations(_ call: VarlinkCall) throws {
    let parameters = try call.parameters(of: ListStations.self)
    let lans = try parameters.lan.map { [try lan($0)] } ?? agent.lans.sorted { $0.name < $1.name }
    StationListing(call, lans, loop: agent.loop).next()
  }
}

/// One call of `ListStations`: asks the forwarding threads part by part, so that a large FDB neither holds up frames nor
/// gathers in memory when the caller reads the parts as they come.
private final class StationListing {
  private let call: VarlinkCall
  private let loop: ControlLoop
  private var lans: ArraySlice<ManagedLAN>
  private var cursor = 0
  private var gathered: [Station] = []

  init(_ call: VarlinkCall, _ lans: [ManagedLAN], loop: ControlLoop) {
    self.call = call
    self.lans = lans[...]
    self.loop = loop
  }

  /// Goes on with the next part; the closures keep this object until it is done.
  func next() {
    guard !call.isCancelled else { return }
    guard let lan = lans.first else { return call.reply(ListStations.Reply(stations: gathered)) }
    Inquiry.ask([(lan.thread, { lan.stationsCommand(from: self.cursor, $0) })], on: loop) { answers in
      guard let answer = answers[0] else {
        return self.call.fail(
          AgentError.failed(
            lan.name, what: "Forwarding thread \(lan.thread.index) does not answer.",
            remedy: "Restart the agent, and report the plugins that are in use."))
      }
      self.take(answer, of: lan)
    }
  }

  private func take(_ answer: ForwardingCommand, of lan: ManagedLAN) {
    let names = Dictionary(
      lan.ports.compactMap { port in port.link?.slot.map { ($0, port.name) } }, uniquingKeysWith: { first, _ in first })
    for index in 0..<Int(answer.result) {
      let record = unsafe answer.stations[index]
      gathered.append(
        Station(
          lan: lan.name, vlan: Int(record.vlan), mac: "\(record.address)", port: names[record.port] ?? "?",
          remote: Int(record.remote.index), ageSeconds: Int(record.ageSeconds), pinned: record.isPinned))
    }
    if let cursor = answer.cursor {
      self.cursor = cursor
    } else {
      cursor = 0
      lans = lans.dropFirst()
    }
    guard call.wantsMore, !lans.isEmpty, gathered.count >= 256 else { return next() }
    call.reply(ListStations.Reply(stations: gathered), continues: true)
    gathered = []
    call.afterReading { self.next() }
  }
}
