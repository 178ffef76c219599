// What SystemdSupportTests runs as a process of its own, with the environment and standard error under test.
import SystemdSupport

switch CommandLine.arguments.dropFirst().first {
case "notify":
  let manager = ServiceManager()
  print("watchdog", manager.watchdogInterval.map(String.init) ?? "none")
  print("ready", manager.ready(status: "2 LANs\nREADY=0"))
  print("reloading", manager.reloading())
  print("status", manager.status("trunk mcast waits"))
  print("watchdog", manager.watchdog())
  print("stopping", manager.stopping())
case "long":
  print(ServiceManager().ready(status: String(repeating: "ü", count: 40_000)))
case "journal":
  let journal = Journal()
  journal.log(
    .warning, "The trunk waits for interface eth0.", id: .trunkWaiting,
    fields: [.lan: "default", .port: "mcast", .transport: "mcast"],
    file: "Agent/Trunk.swift", line: 42, function: "join()")
  journal.log(.info, "two\nlines \u{1b}[31m", fields: [.peer: "a\nb"])
case "store":
  let manager = ServiceManager()
  print("store", manager.hasStore)
  print("store", manager.store(0, name: "umbel-d1"))
  print("unstore", manager.unstore(name: "umbel-d1"))
  print("main", manager.mainProcess(7))
case "given":
  var given = GivenDescriptors()
  print(given.names.joined(separator: " "))
  print("taken", given.take("b") != nil, given.take("b") != nil, given.take("c") != nil)
  print(given.names.joined(separator: " "))
case "environment":
  print(ServiceManager.childEnvironment.joined(separator: "\n"))
default:
  print("usage: SystemdProbe notify|long|journal|store|given|environment")
}
