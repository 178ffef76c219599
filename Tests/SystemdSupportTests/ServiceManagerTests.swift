import SystemdSupport
import Testing

@Test("The service manager hears of every step, one message each")
func notifications() throws {
  let probe = try Probe()
  let output = try probe.run("notify", environment: ["NOTIFY_SOCKET=\(probe.socketPath)"])
  #expect(output == "watchdog none\nready sent\nreloading sent\nstatus sent\nwatchdog sent\nstopping sent\n")
  var messages = probe.receive().map { String(decoding: $0, as: UTF8.self) }
  try #require(messages.count == 5)
  let reloading = messages.remove(at: 1).split(separator: "\n")
  #expect(messages == ["READY=1\nSTATUS=2 LANs READY=0", "STATUS=trunk mcast waits", "WATCHDOG=1", "STOPPING=1"])
  #expect(reloading.first == "RELOADING=1")
  let time = try #require(reloading.last?.split(separator: "=").last.flatMap { UInt64($0) })
  #expect(reloading.last == "MONOTONIC_USEC=\(time)" && time > 0)
}

@Test("A status that is longer than systemd takes is cut, so that what comes with it is heard")
func longStatus() throws {
  let probe = try Probe()
  #expect(try probe.run("long", environment: ["NOTIFY_SOCKET=\(probe.socketPath)"]) == "sent\n")
  let messages = probe.receive().map { String(decoding: $0, as: UTF8.self) }
  #expect(messages == ["READY=1\nSTATUS=\(String(repeating: "ü", count: 1_024))…"])
}

@Test("Without a service manager nothing happens")
func noManager() throws {
  let output = try Probe().run("notify", environment: [])
  #expect(
    output
      == "watchdog none\nready noManager\nreloading noManager\nstatus noManager\nwatchdog noManager\nstopping noManager\n"
  )
}

@Test("A service manager that is gone is told as an error, not a trap")
func managerGone() throws {
  let output = try Probe().run("notify", environment: ["NOTIFY_SOCKET=/nonexistent/socket"])
  #expect(output.contains("ready failed(No such file or directory)\n"))
}

@Test("The watchdog's interval is found, in nanoseconds")
func watchdogInterval() throws {
  let output = try Probe().run("notify", environment: ["WATCHDOG_USEC=30000000"])
  #expect(output.hasPrefix("watchdog 30000000000\n"))
}

@Test("The watchdog of another process is not ours")
func watchdogOfAnother() throws {
  let output = try Probe().run("notify", environment: ["WATCHDOG_USEC=30000000", "WATCHDOG_PID=1"])
  #expect(output.hasPrefix("watchdog none\n"))
}

@Test("Children get the environment without what the service manager said to this process")
func childEnvironment() throws {
  let environment = [
    "NOTIFY_SOCKET=/run/notify", "LISTEN_PID=1", "LISTEN_PIDFDID=1", "LISTEN_FDS=2", "LISTEN_FDNAMES=a:b",
    "WATCHDOG_PID=1", "WATCHDOG_USEC=5", "LISTENER=kept", "EMPTY=", "JOURNAL_STREAM=8:1",
  ]
  let output = try Probe().run("environment", environment: environment)
  #expect(
    output == "LISTENER=kept\nEMPTY=\nJOURNAL_STREAM=8:1\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n")
}

@Test("Descriptors are stored under a name, and not dropped when they hang up")
func descriptorStore() throws {
  let probe = try Probe()
  let output = try probe.run("store", environment: ["NOTIFY_SOCKET=\(probe.socketPath)"])
  #expect(output == "store true\nstore sent\nunstore sent\nmain sent\n")
  let messages = probe.receive().map { String(decoding: $0, as: UTF8.self) }
  #expect(
    messages == [
      "FDSTORE=1\nFDNAME=umbel-d1\nFDPOLL=0", "FDSTOREREMOVE=1\nFDNAME=umbel-d1", "MAINPID=7",
    ])
}

@Test("There is no store without a service manager, and none where it says so")
func noDescriptorStore() throws {
  #expect(try Probe().run("store", environment: []).hasPrefix("store false\nstore noManager\n"))
  let probe = try Probe()
  let output = try probe.run("store", environment: ["NOTIFY_SOCKET=\(probe.socketPath)", "FDSTORE=0"])
  #expect(output.hasPrefix("store false\n"))
}

@Test("Without LISTEN_PID nothing is given")
func nothingGiven() throws {
  #expect(try Probe().run("given", environment: []) == "\ntaken false false false\n\n")
  #expect(
    try Probe().run("given", environment: ["LISTEN_PID=1", "LISTEN_FDS=2", "LISTEN_FDNAMES=a:b"])
      == "\ntaken false false false\n\n")
}
