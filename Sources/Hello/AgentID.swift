package import Ethernet

/// The name of an agent process: 128 random bits. Of two agents the lower one decides.
package struct AgentID: Hashable, Comparable, Sendable {
  /// The first eight bytes on the wire, the first one most significant.
  package let high: UInt64
  /// The last eight.
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// One that nobody has.
  package static func random() -> AgentID {
    AgentID(high: .random(in: 0...UInt64.max), low: .random(in: 0...UInt64.max))
  }

  package static func < (left: AgentID, right: AgentID) -> Bool { (left.high, left.low) < (right.high, right.low) }

  /// The source of its frames: 02 and the first five bytes, a locally administered address of one station.
  package var source: MACAddress { MACAddress(truncating: 0x0200_0000_0000 | high >> 24) }
}

extension AgentID: CustomStringConvertible {
  /// 32 hexadecimal digits in lower case.
  package var description: String {
    [high, low].map { number in
      let digits = String(number, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
