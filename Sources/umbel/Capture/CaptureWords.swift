import AgentAPI
import Ethernet
import LinuxIO
import Recording

/// What the arguments of `umbel capture` say.
enum CaptureWords {
  /// The frames that are wanted.
  static func filter(host: String?, mac: String?, ethertype: String?, vlan: Int?) throws -> CaptureFilter {
    var filter = CaptureFilter()
    if let host {
      guard let address = IPAddress(host) else {
        throw Failure(.usage, "\(host) is no IP address. Write one such as 192.168.0.1 or fe80::1.")
      }
      filter.host = address
    }
    if let mac {
      guard let address = try? MACAddress(parsing: mac) else {
        throw Failure(.usage, "\(mac) is no Ethernet address. Write one such as 52:54:00:12:34:56.")
      }
      filter.mac = address
    }
    if let ethertype {
      guard let type = type(of: ethertype) else {
        throw Failure(.usage, "\(ethertype) is no EtherType. Write ipv4, ipv6, arp, or a number such as 0x88cc.")
      }
      filter.etherType = type
    }
    if let vlan {
      guard (0...4_094).contains(vlan) else {
        throw Failure(.usage, "\(vlan) is no VLAN. Write 1 to 4094, or 0 for frames without a tag.")
      }
      filter.vlan = UInt16(vlan)
    }
    return filter
  }

  private static func type(of word: String) -> UInt16? {
    switch word.lowercased() {
    case "ipv4": EtherType.ipv4.rawValue
    case "ipv6": EtherType.ipv6.rawValue
    case "arp": 0x0806
    case let number where number.hasPrefix("0x"): UInt16(number.dropFirst(2), radix: 16)
    case let number: UInt16(number)
    }
  }

  /// The same for the agent.
  static func wire(_ filter: CaptureFilter) -> FrameFilter {
    FrameFilter(
      mac: filter.mac.map { "\($0)" }, host: filter.host.map { "\($0)" }, etherType: filter.etherType.map(Int.init),
      vlan: filter.vlan.map(Int.init))
  }

  /// A time such as 30s.
  static func nanoseconds(_ word: String) throws -> UInt64 {
    guard let value = QuantityWord.value(of: word, QuantityWord.times + [("h", 3_600_000_000_000)]) else {
      throw Failure(.usage, "\(word) is no time. Write a number with ms, s, min or h, such as 30s.")
    }
    return UInt64(value)
  }

  /// A size such as 16M.
  static func bytes(_ word: String) throws -> Int {
    guard let value = QuantityWord.value(of: word, [("", 1), ("K", 1 << 10), ("M", 1 << 20)]) else {
      throw Failure(.usage, "\(word) is no size. Write bytes, or a number with K or M, such as 16M.")
    }
    return value
  }
}
