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
}
