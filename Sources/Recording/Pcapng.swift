// The capture file format pcapng (draft-ietf-opsawg-pcapng), as far as it is written here: a section header, a
// description of each interface, a packet with what is known of it, and statistics of each interface at the end. Least
// significant byte first: a reader knows by the section header.

/// Makes the blocks of one section.
package struct Pcapng {
  /// Blocks that are to be written next.
  package private(set) var bytes: [UInt8] = []
  private let snaplen: UInt32
  private var interfaces: [(first: UInt64, last: UInt64, packets: UInt64)] = []

  private static let sectionHeader: UInt32 = 0x0a0d_0d0a
  private static let interfaceDescription: UInt32 = 1
  private static let interfaceStatistics: UInt32 = 5
  private static let enhancedPacket: UInt32 = 6
  /// LINKTYPE_ETHERNET.
  private static let ethernet: UInt16 = 1

  /// Begins a section.
  /// - Parameters:
  ///   - snaplen: bytes of a packet that are kept at most.
  ///   - application: who writes it.
  package init(snaplen: Int, application: String) {
    self.snaplen = UInt32(snaplen)
    bytes.appendBlock(Self.sectionHeader) { body in
      body.append(UInt32(0x1a2b_3c4d))
      body.append(UInt16(1))
      body.append(UInt16(0))
      // The section's length is not known.
      body.append(UInt64.max)
      body.append(option: 3, text: "Linux")
      body.append(option: 4, text: application)
      body.endOptions()
    }
  }

  /// Forgets the blocks that are in `bytes`.
  package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  /// Describes an Ethernet interface.
  /// - Returns: its index.
  package mutating func addInterface(name: String, description: String) -> Int {
    let snaplen = snaplen
    bytes.appendBlock(Self.interfaceDescription) { body in
      body.append(Self.ethernet)
      body.append(UInt16(0))
      body.append(snaplen)
      body.append(option: 2, text: name)
      body.append(option: 3, text: description)
      // Times are in nanoseconds, 10⁻⁹ s.
      body.append(option: 9, [9])
      body.endOptions()
    }
    interfaces.append((0, 0, 0))
    return interfaces.count - 1
  }

  /// Adds a packet.
  /// - Parameters:
  ///   - interface: its index.
  ///   - comments: what is to be said of it.
  package mutating func add(_ record: CaptureRecord, _ frame: [UInt8], interface: Int, comments: [String]) {
    bytes.appendBlock(Self.enhancedPacket) { body in
      body.append(UInt32(interface))
      body.append(UInt32(truncatingIfNeeded: record.time >> 32))
      body.append(UInt32(truncatingIfNeeded: record.time))
      body.append(UInt32(frame.count))
      body.append(UInt32(record.length))
      body.append(padded: frame)
      for comment in comments { body.append(option: 1, text: comment) }
      // epb_flags: inbound or outbound.
      body.append(option: 2, UInt32(record.direction == .arriving ? 1 : 2))
      // epb_dropcount: between this packet and the one before.
      if record.lostBefore > 0 { body.append(option: 4, record.lostBefore) }
      body.endOptions()
    }
    if interfaces[interface].packets == 0 { interfaces[interface].first = record.time }
    interfaces[interface].last = max(interfaces[interface].last, record.time)
    interfaces[interface].packets += 1
  }

  /// Adds what there was of each interface, as the last blocks.
  /// - Parameter time: when it ended: nanoseconds since 1970.
  package mutating func finish(time: UInt64) {
    for (index, interface) in interfaces.enumerated() {
      bytes.appendBlock(Self.interfaceStatistics) { body in
        body.append(UInt32(index))
        body.append(UInt32(truncatingIfNeeded: time >> 32))
        body.append(UInt32(truncatingIfNeeded: time))
        // isb_starttime, isb_endtime, isb_usrdeliv.
        if interface.packets > 0 {
          body.append(option: 2, time: interface.first)
          body.append(option: 3, time: interface.last)
        }
        body.append(option: 8, interface.packets)
        body.endOptions()
      }
    }
  }
}

extension [UInt8] {
  fileprivate init(of value: some FixedWidthInteger) {
    self = []
    append(value)
  }

  /// Adds a block: its type, its length, the body, and its length again.
  fileprivate mutating func appendBlock(_ type: UInt32, _ write: (inout [UInt8]) -> Void) {
    let start = count
    append(type)
    append(UInt32(0))
    write(&self)
    let length = UInt32(count - start + 4)
    append(length)
    for (index, byte) in [UInt8](of: length).enumerated() { self[start + 4 + index] = byte }
  }

  fileprivate mutating func append(_ value: some FixedWidthInteger) {
    for shift in stride(from: 0, to: value.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: value >> shift)) }
  }

  /// Up to a multiple of four bytes, as all that is of any length.
  fileprivate mutating func append(padded bytes: [UInt8]) {
    append(contentsOf: bytes)
    append(contentsOf: repeatElement(0, count: -bytes.count & 3))
  }

  fileprivate mutating func append(option code: UInt16, _ value: [UInt8]) {
    append(code)
    append(UInt16(value.count))
    append(padded: value)
  }

  fileprivate mutating func append(option code: UInt16, text: String) {
    append(option: code, Array(text.utf8.prefix(65_535)))
  }

  fileprivate mutating func append(option code: UInt16, _ value: some FixedWidthInteger) {
    append(option: code, [UInt8](of: value))
  }

  /// A time is its upper and its lower half.
  fileprivate mutating func append(option code: UInt16, time: UInt64) {
    append(
      option: code,
      [UInt8](of: UInt32(truncatingIfNeeded: time >> 32)) + [UInt8](of: UInt32(truncatingIfNeeded: time)))
  }

  fileprivate mutating func endOptions() { append(UInt32(0)) }
}
