import Glibc
import LinuxIO
import SystemdSupport
import Testing

@Test("Without a journal, records are lines on standard error with their priority as a number")
func prefixedLines() throws {
  let probe = try Probe()
  try probe.run("journal", environment: [])
  #expect(
    try Probe.text(of: probe.errorPath) == """
      <4>The trunk waits for interface eth0. (lan=default port=mcast transport=mcast)
      <6>two lines  [31m (peer=a b)

      """)
}

@Test("A journal that is not behind standard error is left alone")
func redirectedErrors() throws {
  let probe = try Probe()
  try probe.run("journal", environment: ["JOURNAL_STREAM=1:1"])
  #expect(try Probe.text(of: probe.errorPath).hasPrefix("<4>The trunk waits"))
}

@Test("On a terminal, records are lines with their priority as a word")
func plainLines() throws {
  let probe = try Probe()
  let terminal = Descriptor(owning: try retrying { unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC) })
  // TIOCSPTLCK and TIOCGPTN of <asm-generic/ioctls.h>: unlock the other side, ask for its number.
  var locked: Int32 = 0
  var number: UInt32 = 0
  try #require(unsafe ioctl(terminal.number, 0x4004_5431, &locked) == 0)
  try #require(unsafe ioctl(terminal.number, 0x8004_5430, &number) == 0)
  try probe.run("journal", environment: [], errors: "/dev/pts/\(number)")
  #expect(
    Probe.text(from: terminal.number) == """
      warning: The trunk waits for interface eth0. (lan=default port=mcast transport=mcast)\r
      info: two lines  [31m (peer=a b)\r

      """)
}

/// The command that runs a program where `directory` is journald's. Mounts are its own and end with it.
private func mountNamespace(_ directory: String) -> [String] {
  let script = """
    mount -t tmpfs none /run && mkdir -p /run/systemd/journal && mount --bind "$0" /run/systemd/journal && exec "$@"
    """
  return ["unshare", geteuid() == 0 ? "-m" : "-rm", "sh", "-c", script, directory]
}

private let canMount: Bool = {
  // A machine may forbid namespaces to who is not root, and a container to everybody.
  guard let probe = try? Probe() else { return false }
  return (try? probe.run("environment", environment: [], wrapper: mountNamespace(probe.directory))) != nil
}()

@Test("Behind journald's stream, records go to its socket with all fields", .enabled(if: canMount, "needs unshare -m"))
func journaldRecords() throws {
  let probe = try Probe()
  try probe.run("journal", environment: [try probe.journalStream()], wrapper: mountNamespace(probe.directory))
  let records = probe.receive().map(journalFields)
  try #require(records.count == 2)
  #expect(
    records[0] == [
      "CODE_FILE": "Agent/Trunk.swift", "CODE_LINE": "42", "CODE_FUNC": "join()", "SYSLOG_IDENTIFIER": "SystemdProbe",
      "MESSAGE": "The trunk waits for interface eth0.", "PRIORITY": "4",
      "MESSAGE_ID": MessageID.trunkWaiting.rawValue, "UMBEL_LAN": "default", "UMBEL_PORT": "mcast",
      "UMBEL_TRANSPORT": "mcast",
    ])
  #expect(records[1]["MESSAGE"] == "two\nlines \u{1b}[31m")
  #expect(records[1]["UMBEL_PEER"] == "a\nb")
  #expect(records[1]["MESSAGE_ID"] == nil)
  #expect(records[1]["CODE_FILE"] == "SystemdProbe/main.swift")
  #expect(try Probe.text(of: probe.errorPath) == "")
}

/// The fields of a message in journald's native protocol: `NAME=value` lines, or a name, a line break, the value's
/// length as 64 bits little-endian, the value (https://systemd.io/JOURNAL_NATIVE_PROTOCOL).
private func journalFields(_ message: [UInt8]) -> [String: String] {
  var fields: [String: String] = [:]
  var rest = message[...]
  while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
    let line = rest[..<end]
    rest = rest[(end + 1)...]
    if let equals = line.firstIndex(of: UInt8(ascii: "=")) {
      fields[String(decoding: line[..<equals], as: UTF8.self)] = String(decoding: line[(equals + 1)...], as: UTF8.self)
    } else {
      let length = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
      fields[String(decoding: line, as: UTF8.self)] = String(decoding: rest.dropFirst(8).prefix(length), as: UTF8.self)
      rest = rest.dropFirst(8 + length + 1)
    }
  }
  return fields
}

@Test(
  "Names that journald drops are no fields",
  arguments: ["", "_LAN", "1LAN", "lan", "UMBEL-LAN", "ÜMBEL", String(repeating: "A", count: 65)])
func badFieldNames(name: String) {
  #expect(JournalField(name) == nil)
}

@Test("Names that journald keeps are fields", arguments: ["A", "UMBEL_LAN2", String(repeating: "A", count: 64)])
func goodFieldNames(name: String) {
  #expect(JournalField(name)?.name == name)
}

@Test("Every condition has an id of its own, of 32 hexadecimal digits")
func messageIDs() {
  let ids = MessageID.allCases.map(\.rawValue)
  #expect(Set(ids).count == ids.count)
  for id in ids {
    #expect(
      id.utf8.count == 32 && id.allSatisfy { "0123456789abcdef".contains($0) }
        && id != String(repeating: "0", count: 32))
  }
}

@Test("The priorities are those of syslog")
func priorities() {
  #expect(JournalPriority.allCases.map(\.rawValue) == [LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG])
}
