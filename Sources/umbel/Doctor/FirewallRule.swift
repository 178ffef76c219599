import Glibc
import LinuxIO

/// A rule of nftables, as far as it is understood.
struct FirewallRule {
  enum Verdict: Equatable {
    case accept
    case drop
    case `return`
    case jump(String)
    case goto(String)
    /// A map from conditions to verdicts, or a program that decides.
    case other
  }

  /// Whether a rule's verdict is for a datagram.
  enum Reading {
    case applies
    case doesNotApply
    case isNotUnderstood
  }

  let handle: Int
  let statements: [JSONValue]

  /// Nil: it has none.
  var verdict: Verdict? {
    for case .object(let members) in statements {
      if members["accept"] != nil { return .accept }
      if members["drop"] != nil || members["reject"] != nil { return .drop }
      if members["return"] != nil { return .return }
      if let target = members["jump"]?["target"]?.text { return .jump(target) }
      if let target = members["goto"]?["target"]?.text { return .goto(target) }
      if members["vmap"] != nil || members["queue"] != nil { return .other }
    }
    return nil
  }

  /// What it has counted so far; nil: it does not count.
  var packets: Int? { statements.lazy.compactMap { $0["counter"]?["packets"]?.integer }.first }

  func reading(for datagram: Firewall.Datagram) -> Reading {
    var isUnderstood = true
    for statement in statements {
      if let condition = statement["match"] {
        switch Self.holds(condition, datagram) {
        case true?: break
        case false?: return .doesNotApply
        case nil: isUnderstood = false
        }
      } else if case .object(let members) = statement, Self.unconditional.isDisjoint(with: members.keys) {
        // A limit, a quota, an extension of iptables: who knows.
        isUnderstood = false
      }
    }
    return isUnderstood ? .applies : .isNotUnderstood
  }

  private static let unconditional: Set = [
    "counter", "log", "comment", "accept", "drop", "reject", "return", "jump", "goto", "continue",
  ]

  /// Whether a condition names where datagrams go to.
  var namesDestination: Bool { statements.contains { Self.destination(in: $0) != nil } }

  /// Whether a condition names the group or port of the datagram, and no others with it.
  func isAbout(_ datagram: Firewall.Datagram) -> Bool {
    statements.contains { statement in
      guard statement["match"]?["op"]?.text == "==", let value = Self.destination(in: statement) else { return false }
      return value == .integer(Int(datagram.port))
        || value.text.flatMap { IPAddress($0) }.map { $0 == datagram.group } == true
    }
  }

  private static func destination(in statement: JSONValue) -> JSONValue? {
    guard let condition = statement["match"],
      ["dport", "daddr"].contains(condition["left"]?["payload"]?["field"]?.text ?? "")
    else { return nil }
    return condition["right"]
  }

  /// Whether a condition holds; nil: that cannot be told.
  private static func holds(_ condition: JSONValue, _ datagram: Firewall.Datagram) -> Bool? {
    guard let left = condition["left"], let right = condition["right"] else { return nil }
    let found: Bool?
    if let payload = left["payload"] {
      // A field of another protocol is in no such datagram, whatever it is compared with.
      if let name = payload["protocol"]?.text, isForeign(name, datagram) { return false }
      switch payload["field"]?.text {
      case "dport": found = contains(right, number: Int(datagram.port))
      case "daddr": found = datagram.group.flatMap { contains(right, address: $0) }
      case "protocol", "nexthdr": found = contains(right, word: "udp")
      default: found = nil
      }
    } else if left["ct"]?["key"]?.text == "state", datagram.group != nil {
      // Nothing answers a group: to the kernel each of its datagrams is the first.
      let states = right.list ?? members(right)
      found = states.allSatisfy { ["established", "related"].contains($0.text) } ? false : nil
    } else {
      switch left["meta"]?["key"]?.text {
      case "nfproto": found = contains(right, word: datagram.family == AF_INET ? "ipv4" : "ipv6")
      case "l4proto": found = contains(right, word: "udp")
      case "iif", "iifname": found = datagram.isIncoming ? contains(right, word: datagram.interface) : nil
      case "oif", "oifname": found = datagram.isIncoming ? nil : contains(right, word: datagram.interface)
      case "pkttype" where datagram.group != nil: found = contains(right, word: "multicast")
      default: found = nil
      }
    }
    switch condition["op"]?.text {
    case "==", "in": return found
    case "!=": return found.map { !$0 }
    default: return nil
    }
  }

  /// Whether a header is one that the datagram does not have.
  private static func isForeign(_ header: String, _ datagram: Firewall.Datagram) -> Bool {
    [
      "tcp", "udplite", "sctp", "dccp", "icmp", "icmpv6", "igmp", "esp", "ah", "comp", "arp",
      datagram.family == AF_INET ? "ip6" : "ip",
    ].contains(header)
  }

  private static func members(_ value: JSONValue) -> [JSONValue] { value["set"]?.list ?? [value] }

  private static func contains(_ value: JSONValue, number: Int) -> Bool? {
    var isKnown = true
    for member in members(value) {
      if member.integer == number { return true }
      if let range = member["range"]?.list, range.count == 2, let low = range[0].integer, let high = range[1].integer {
        if (low...max(low, high)).contains(number) { return true }
      } else if member.integer == nil {
        isKnown = false
      }
    }
    return isKnown ? false : nil
  }

  private static func contains(_ value: JSONValue, word: String) -> Bool? {
    var isKnown = true
    for member in members(value) {
      guard let text = member.text, !text.hasPrefix("@"), !text.hasSuffix("*") else {
        isKnown = false
        continue
      }
      if text == word { return true }
    }
    return isKnown ? false : nil
  }

  private static func contains(_ value: JSONValue, address: IPAddress) -> Bool? {
    var isKnown = true
    for member in members(value) {
      if let text = member.text, let other = IPAddress(text) {
        if other == address { return true }
      } else if let prefix = member["prefix"], let other = prefix["addr"]?.text.flatMap({ IPAddress($0) }),
        let length = prefix["len"]?.integer
      {
        if IPPrefix(other, length: length).contains(address) { return true }
      } else {
        isKnown = false
      }
    }
    return isKnown ? false : nil
  }
}
