import AgentAPI
import Glibc
import LinuxIO
import TransportHost

// Which forwarding thread runs a LAN. It is decided when the LAN is made, and again while nothing is in it.

extension Agent {
  /// That which the LAN is pinned to; else that of the LANs with which it shares a socket, also those that are to be made;
  /// else that with the fewest LANs. There is at least one thread.
  func thread(for configuration: LanConfiguration) -> ForwardingThread {
    let all = placements(with: configuration)
    let names = LANPlacement.companions(of: configuration.name, in: all)
    let fixed = configuration.thread ?? names.lazy.compactMap { all[$0]?.thread }.first
    if let fixed, threads.indices.contains(fixed) { return threads[fixed] }
    return threads.reduce(threads[0]) { $1.lanCount < $0.lanCount ? $1 : $0 }
  }

  /// All LANs by their names: those that are there, those that the configuration wants, and those that somebody had asked
  /// the process before for, or for ports in them, which are not there again yet.
  private func placements(with new: LanConfiguration) -> [String: LANPlacement] {
    let transports = catalogue.transports.map(\.description)
    var placements: [String: LANPlacement] = [:]
    for lan in wanted + [new] {
      placements[lan.name, default: LANPlacement()].join(LANPlacement(lan, transports: transports))
    }
    for former in inheritance.state.lans {
      if placements[former.name] == nil, let thread = former.request?.thread, threads.indices.contains(thread) {
        placements[former.name] = LANPlacement(thread: thread)
      }
      for record in former.ports where record.origin == .request {
        guard let transport = transports.first(where: { $0.name == record.transport }),
          let socket = (try? record.values(of: transport)).flatMap(transport.sharedSocket)
        else { continue }
        placements[former.name, default: LANPlacement()].join(LANPlacement(sockets: [socket]))
      }
    }
    for lan in lans {
      let sockets = lan.ports.compactMap { $0.transport.description.sharedSocket(of: $0.values) }
      let isFixed = !lan.ports.isEmpty || lan.configuration.thread != nil
      placements[lan.name, default: LANPlacement()].join(
        LANPlacement(sockets: Set(sockets), thread: isFixed ? lan.thread.index : nil))
    }
    return placements
  }

  /// Has a LAN run by the thread of an endpoint that one of its ports is about to share.
  /// - Throws: when something else is in the LAN, or it is pinned: nothing has changed.
  func move(_ lan: ManagedLAN, to thread: ForwardingThread, for port: ManagedPort) throws(PluginProblem) {
    let place = "it shares a socket with a LAN of forwarding thread \(thread.index)"
    if lan.configuration.thread != nil {
      throw PluginProblem(
        error: EBUSY,
        text:
          "\(place), and LAN \(lan.name) is pinned to \(lan.thread.index); pin it to \(thread.index), or use another "
          + "socket")
    }
    guard lan.ports.allSatisfy({ $0 === port }) else {
      throw PluginProblem(
        error: EBUSY,
        text: "\(place), and LAN \(lan.name) has ports on thread \(lan.thread.index) already; make the LAN anew with "
          + "`thread: \(thread.index)`, or use another socket")
    }
    do throws(Errno) {
      try lan.move(to: thread)
    } catch {
      throw PluginProblem(error: error.code, text: "LAN \(lan.name) cannot go to another thread: \(error)")
    }
  }
}

extension AddLan.Parameters {
  /// The forwarding thread that is asked for; nil: any.
  var thread: Int? { options?[LanConfiguration.threadOption.name]?.first.flatMap { Int($0) } }
}
