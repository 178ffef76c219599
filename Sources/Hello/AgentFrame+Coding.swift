import Ethernet

extension AgentFrame {
  // MARK: To bytes

  /// The frame's bytes, from the destination address on.
  package var bytes: [UInt8] {
    let (kind, body) = encodedBody
    var bytes = [UInt8]()
    bytes.append(MACAddress.agents.rawValue, bytes: 6)
    bytes.append(sender.agent.source.rawValue, bytes: 6)
    bytes.append(UInt64(EtherType.localExperimental2.rawValue), bytes: 2)
    bytes.append(UInt64(Self.magic), bytes: 4)
    bytes.append(Self.version)
    bytes.append(kind)
    bytes.append(UInt64(body.count), bytes: 2)
    bytes.append(sender.agent.high, bytes: 8)
    bytes.append(sender.agent.low, bytes: 8)
    bytes.append(sender.lan, bytes: 8)
    bytes.append(UInt64(sender.port), bytes: 4)
    bytes.append(UInt64(sequence), bytes: 4)
    bytes += body
    if case .hello(let announcement) = content, let clock = announcement.clock {
      bytes.append(UInt64(Announcement.clockMagic), bytes: 4)
      bytes.append(UInt64(clock), bytes: 8)
    }
    if case .pathProbe(_, let length) = content, length > bytes.count {
      bytes += [UInt8](repeating: 0, count: length - bytes.count)
    }
    return bytes
  }

  private var encodedBody: (kind: UInt8, bytes: [UInt8]) {
    var bytes = [UInt8]()
    switch content {
    case .hello(let announcement):
      for name in [announcement.host, announcement.lan, announcement.port] { bytes.append(name: name) }
      let heard = announcement.heard.prefix(announcement.capacity)
      bytes.append(UInt8(heard.count))
      for entry in heard { bytes.append(entry) }
      return (1, bytes)
    case .loopProbe(let token, let port):
      bytes.append(token, bytes: 8)
      bytes.append(name: port)
      return (2, bytes)
    case .pathProbe(let round, let length):
      bytes.append(UInt64(round), bytes: 4)
      bytes.append(UInt64(length), bytes: 4)
      return (3, bytes)
    }
  }

  // MARK: From bytes

  /// Reads a frame.
  /// - Parameters:
  ///   - bytes: its first ``mostBytes`` bytes, or all if it is shorter.
  ///   - length: bytes of the whole frame.
  /// - Returns: nil for anything but a whole frame of this version.
  package init?(_ bytes: [UInt8], length: Int) {
    var reader = ByteReader(bytes)
    guard reader.number(6) == MACAddress.agents.rawValue, reader.number(6) != nil,
      reader.number(2) == UInt64(EtherType.localExperimental2.rawValue), reader.number(4) == UInt64(Self.magic),
      reader.number(1) == UInt64(Self.version), let kind = reader.number(1), let bodyLength = reader.number(2),
      let high = reader.number(8), let low = reader.number(8), let lan = reader.number(8),
      let port = reader.number(4), let sequence = reader.number(4)
    else { return nil }
    let rest = bytes.count - Self.headerLength
    guard bodyLength <= rest, length >= bytes.count else { return nil }
    let bodyEnd = Self.headerLength + Int(bodyLength)
    var body = ByteReader(Array(bytes[Self.headerLength..<bodyEnd]))
    guard var content = Content(kind: kind, &body, length: length), body.isAtEnd else { return nil }
    if case .hello(var announcement) = content {
      announcement.clock = Announcement.clock(Array(bytes[bodyEnd...]))
      content = .hello(announcement)
    }
    self.init(
      sender: Sender(agent: AgentID(high: high, low: low), lan: lan, port: UInt32(port)), sequence: UInt32(sequence),
      content: content)
  }
}

extension AgentFrame.Content {
  fileprivate init?(kind: UInt64, _ body: inout ByteReader, length: Int) {
    switch kind {
    case 1:
      guard let announcement = Announcement(&body) else { return nil }
      self = .hello(announcement)
    case 2:
      guard let token = body.number(8), let port = body.name() else { return nil }
      self = .loopProbe(token: token, port: port)
    case 3:
      guard let round = body.number(4), let stated = body.number(4), Int(stated) == length else { return nil }
      self = .pathProbe(round: UInt32(round), length: length)
    default: return nil
    }
  }
}

extension Announcement {
  /// The clock told by what follows the body; nil: that is padding.
  fileprivate static func clock(_ trailer: [UInt8]) -> Int64? {
    var reader = ByteReader(trailer)
    guard reader.number(4) == UInt64(clockMagic), let clock = reader.number(8), clock <= UInt64(latestClock) else {
      return nil
    }
    return Int64(clock)
  }

  fileprivate init?(_ body: inout ByteReader) {
    guard let host = body.name(), let lan = body.name(), let port = body.name(), let count = body.number(1) else {
      return nil
    }
    self.init(host: host, lan: lan, port: port)
    for _ in 0..<count {
      guard let agent = body.number(8), let port = body.number(4), let sequence = body.number(4),
        let held = body.number(4), let round = body.number(4), let longest = body.number(2),
        let lost = body.number(1), let window = body.number(1), lost < window, window <= 64
      else { return nil }
      heard.append(
        Heard(
          agent: agent, port: UInt32(port), sequence: UInt32(sequence), heldMicroseconds: UInt32(held),
          round: UInt32(round), longestProbe: UInt16(longest), lost: UInt8(lost), window: UInt8(window)))
    }
  }
}

extension [UInt8] {
  /// Adds the lower bytes of a number, the most significant first.
  fileprivate mutating func append(_ number: UInt64, bytes: Int) {
    for shift in (0..<bytes).reversed() { append(UInt8(truncatingIfNeeded: number >> UInt64(8 * shift))) }
  }

  /// Adds a name after its length, cut between two characters.
  fileprivate mutating func append(name: String) {
    var name = name
    while name.utf8.count > Announcement.longestName { name.removeLast() }
    append(UInt8(name.utf8.count))
    self += Array(name.utf8)
  }

  fileprivate mutating func append(_ entry: Announcement.Heard) {
    append(entry.agent, bytes: 8)
    append(UInt64(entry.port), bytes: 4)
    append(UInt64(entry.sequence), bytes: 4)
    append(UInt64(entry.heldMicroseconds), bytes: 4)
    append(UInt64(entry.round), bytes: 4)
    append(UInt64(entry.longestProbe), bytes: 2)
    append(entry.lost)
    append(entry.window)
  }
}

/// Takes numbers and names from the front of some bytes; nil: there are too few.
private struct ByteReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  mutating func number(_ count: Int) -> UInt64? {
    guard bytes.count - position >= count else { return nil }
    defer { position += count }
    return bytes[position..<position + count].reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// A name that may be shown: UTF-8 without control characters.
  mutating func name() -> String? {
    guard let length = number(1), Int(length) <= Announcement.longestName, bytes.count - position >= Int(length) else {
      return nil
    }
    defer { position += Int(length) }
    guard let name = String(validating: bytes[position..<position + Int(length)], as: UTF8.self),
      !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
    else { return nil }
    return name
  }
}
