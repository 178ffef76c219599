import AgentAPI
import LinuxIO
import Recording

/// One run of `umbel capture`: from a ring to pcapng.
final class CaptureSession {
  private let lan: String
  private let client: AgentClient
  private let output: CaptureOutput
  /// Why frames ended, each at the place of its code.
  private let reasons: [String]
  private var pcapng: Pcapng
  private var ports: [UInt32: CapturePort]
  /// The interface of each port that has one.
  private var interfaces: [UInt32: Int] = [:]
  /// Frames that are still to be written; nil: any number.
  private var remaining: Int?
  private var written = 0
  private var frame: [UInt8] = []

  /// How often it is looked for more: milliseconds.
  private static let interval: Int32 = 20
  /// Blocks of so many bytes are written together.
  private static let outputBytes = 64 << 10

  init(
    lan: String, _ reply: AgentAPI.Capture.Reply, snaplen: Int, client: AgentClient, output: CaptureOutput,
    count: Int?
  ) {
    self.lan = lan
    self.client = client
    self.output = output
    reasons = reply.reasons
    remaining = count
    pcapng = Pcapng(snaplen: snaplen, application: "umbel \(umbelVersion)")
    ports = Dictionary(reply.ports.map { (UInt32($0.number), $0) }, uniquingKeysWith: { $1 })
    for port in reply.ports where port.transport != "ended" { _ = interface(of: UInt32(port.number)) }
  }

  // MARK: What comes

  /// Writes frames as they come, until it is told to end.
  func follow(_ memory: RingMemory) throws {
    var reader = RingReader(memory)
    try flush()
    var end: String?
    while !isDone, end == nil {
      if try drain(&reader) { continue }
      if reader.isEnded {
        end = "LAN \(lan) has ended."
      } else if output.wait(forReading: client.number, milliseconds: Self.interval) {
        end = "The agent has ended."
      }
    }
    // What has come by now is written, too.
    while remaining != 0, try drain(&reader) {}
    try finish()
    if let end { Output.complain(end) }
    let lost = reader.lost
    Output.complain(
      "\(Units.counted(written, "frame"))"
        + (lost == 0
          ? "."
          : "; \(Units.grouped(Int(lost))) more were lost, for they were not read fast enough: --snaplen, --buffer and the "
            + "filters help."))
  }

  private var isDone: Bool { output.isEnding || remaining == 0 }

  /// Writes what is there, up to a bound.
  /// - Returns: whether there may be more.
  private func drain(_ reader: inout RingReader) throws -> Bool {
    for _ in 0..<1_024 {
      guard remaining != 0, let record = reader.next(into: &frame) else {
        try flush()
        return false
      }
      try add(record, tellsWay: false)
    }
    return true
  }

  // MARK: What was

  /// Writes what a flight recorder holds.
  /// - Parameters:
  ///   - nanoseconds: of so long a time until now.
  ///   - names: of the ports that are wanted; none: all.
  func writePast(
    _ past: consuming RingReader, nanoseconds: UInt64, _ filter: CaptureFilter, ports names: [String]
  ) throws {
    let now = realtimeNanoseconds()
    let first = now - min(now, nanoseconds)
    var reader = past
    let end = reader.end
    for name in names where !ports.values.contains(where: { $0.name == name }) {
      throw Failure(
        AgentError.noSuchPort(name, lan: lan, existing: ports.values.filter { $0.transport != "ended" }.map(\.name)))
    }
    while !isDone, let record = reader.next(into: &frame, before: end) {
      guard record.time >= first, isWanted(record, names), filter.matches(frame) else { continue }
      try add(record, tellsWay: true)
    }
    try finish()
    let lost = reader.lost
    Output.complain(
      "\(Units.counted(written, "frame"))"
        + (lost == 0
          ? "." : "; \(Units.grouped(Int(lost))) were overwritten while they were read: a larger record: helps."))
  }

  private func isWanted(_ record: CaptureRecord, _ names: [String]) -> Bool {
    names.isEmpty || [record.port, record.peer].contains { ports[$0].map { names.contains($0.name) } ?? false }
  }

  // MARK: Packets

  /// - Parameter tellsWay: where a frame goes is said of it, for there is no other record of that.
  private func add(_ record: CaptureRecord, tellsWay: Bool) throws {
    var comments: [String] = []
    switch record.outcome {
    case .passed: if tellsWay { comments.append("forwarded to \(port(record.peer).name)") }
    case .flooded: if tellsWay { comments.append("forwarded to all ports") }
    case .dropped(let code):
      let reason = reasons.indices.contains(Int(code)) ? reasons[Int(code)] : "reason \(code)"
      comments.append(reason == "hello" ? "of an agent: ends here" : "dropped: \(reason)")
    }
    if record.segmentSize > 0 { comments.append("stands for segments of \(record.segmentSize) bytes") }
    pcapng.add(record, frame, interface: interface(of: record.port), comments: comments)
    written += 1
    remaining = remaining.map { $0 - 1 }
    if pcapng.bytes.count >= Self.outputBytes { try flush() }
  }

  private func flush() throws {
    try output.write(pcapng.bytes)
    pcapng.removeAll()
  }

  private func finish() throws {
    pcapng.finish(time: realtimeNanoseconds())
    try flush()
  }

  // MARK: Ports

  private func interface(of number: UInt32) -> Int {
    if let index = interfaces[number] { return index }
    let port = port(number)
    let index = pcapng.addInterface(name: port.name, description: "LAN \(lan), port \(port.name) (\(port.transport))")
    interfaces[number] = index
    return index
  }

  /// The port; one that came after the capture began is asked for.
  private func port(_ number: UInt32) -> CapturePort {
    if let known = ports[number] { return known }
    for port in (try? client.ports(of: lan)) ?? [] {
      ports[UInt32(port.number)] = CapturePort(number: port.number, name: port.name, transport: port.transport)
    }
    let found = ports[number] ?? CapturePort(number: Int(number), name: "port-\(number)", transport: "ended")
    ports[number] = found
    return found
  }
}
