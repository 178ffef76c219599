import LinuxIO
import SystemdSupport

extension Agent {
  /// Tells the ports whose transports want it when an interface, an address or a route changes.
  func watchInterfaces() throws(Errno) {
    let monitor = Box(try NetlinkMonitor())
    network = monitor
    try loop.watch(monitor.value.descriptor.number) { [unowned self] _ in
      guard monitor.value.drain() else { return }
      // Changes come in bunches: link, address and route of one interface within milliseconds.
      guard self.interfaceTimer == nil else { return }
      self.interfaceTimer = self.loop.after(milliseconds: 50) { [unowned self] in
        self.interfaceTimer = nil
        for lan in self.lans { for port in lan.ports { port.interfacesChanged() } }
      }
    }
  }

  /// Feeds the service manager's watchdog while every forwarding thread answers: an idle thread makes no other progress.
  func feedWatchdog() {
    guard let interval = manager.watchdogInterval else { return }
    let threads = self.threads
    // A thread that floods a storm to many guests needs seconds for a round and is no less alive: it has half the interval,
    // and the service manager hears of it before the whole one is over.
    let milliseconds = interval / 1_000_000
    Inquiry.ask(
      threads.map { ($0, { completion in unsafe ForwardingCommand(.ping, completion: completion) }) },
      within: milliseconds / 2, on: loop
    ) { [unowned self] answers in
      let stuck = zip(threads, answers).filter { $0.1 == nil }.map(\.0.index)
      if stuck.isEmpty {
        self.manager.watchdog()
      } else {
        let names = stuck.map { "forward-\($0)" }.joined(separator: ", ")
        self.journal.log(
          .error, "\(names) makes no progress: the watchdog is not fed", id: .threadStuck, fields: [:])
      }
    }
    loop.after(milliseconds: milliseconds / 4) { [weak self] in self?.feedWatchdog() }
  }
}
