// What nftables does with the datagrams of a trunk, by its rules as libnftables-json(5) has them.
//
//   chains of a hook, in the order of their priorities; of each the rules in turn:
//     every condition holds        its verdict: accept ends the chain, drop and reject end the datagram, jump goes on there
//     one does not                 the next rule
//     one is not understood        the next rule; but one that drops, and is about this group or port, is told as doubtful
//   behind the last rule           the chain's policy
//
// Conditions that are understood: destination port and address, protocol, interface. What iptables has set up is there as
// well, with its conditions not understood where it is not in nftables' own words.

import FoundationEssentials
package import LinuxIO

/// The packet filter of this host.
package struct Firewall {
  /// A datagram, by what is known of it.
  package struct Datagram {
    package var port: UInt16
    /// The group that it goes to; nil: an address of a host.
    package var group: IPAddress?
    package var interface: String
    package var isIncoming: Bool

    package init(port: UInt16, group: IPAddress?, interface: String, isIncoming: Bool) {
      self.port = port
      self.group = group
      self.interface = interface
      self.isIncoming = isIncoming
    }
  }

  /// What drops it.
  package struct Obstacle: Equatable {
    /// "inet filter input".
    package var chain: String
    /// Of the rule; nil: it is the policy of the chain.
    package var handle: Int?
    /// What the rule has dropped so far; nil: it does not count.
    package var packets: Int?
    /// It drops, as far as its conditions are understood.
    package var isCertain: Bool
  }

  private struct Chain {
    var name: String
    var hook: String?
    var priority: Int
    var dropsByPolicy: Bool
    var rules: [(handle: Int, statements: [JSONValue])] = []
  }

  private var chains: [String: Chain] = [:]

  /// - Parameter json: what `nft -j list ruleset` prints.
  /// - Returns: nil when it is something else.
  package init?(json: String) {
    guard let all = try? JSONDecoder().decode(JSONValue.self, from: Data(json.utf8)), let items = all["nftables"]?.list
    else { return nil }
    func key(_ item: JSONValue, _ name: String) -> String {
      [item["family"]?.text, item["table"]?.text, item[name]?.text].map { $0 ?? "" }.joined(separator: " ")
    }
    for item in items {
      if let chain = item["chain"] {
        chains[key(chain, "name")] = Chain(
          name: key(chain, "name"), hook: chain["hook"]?.text, priority: chain["prio"]?.integer ?? 0,
          dropsByPolicy: chain["policy"]?.text == "drop")
      } else if let rule = item["rule"] {
        chains[key(rule, "chain")]?.rules.append((rule["handle"]?.integer ?? 0, rule["expr"]?.list ?? []))
      }
    }
  }

  /// The first thing that drops the datagram; nil: nothing that is understood.
  package func obstacle(to datagram: Datagram) -> Obstacle? {
    let hooks = datagram.isIncoming ? ["ingress", "prerouting", "input"] : ["output", "postrouting"]
    for hook in hooks {
      let hooked = chains.values.filter { $0.hook == hook && isOfFamily($0, datagram) }
      for chain in hooked.sorted(by: { ($0.priority, $0.name) < ($1.priority, $1.name) }) {
        if case .dropped(let obstacle) = walk(chain, datagram, depth: 0) { return obstacle }
      }
    }
    return nil
  }

  private func isOfFamily(_ chain: Chain, _ datagram: Datagram) -> Bool {
    guard let group = datagram.group else { return !chain.name.hasPrefix("bridge ") }
    return !chain.name.hasPrefix("bridge ") && !chain.name.hasPrefix(group.length == 4 ? "ip6 " : "ip ")
  }

  private enum Outcome {
    case passed
    case accepted
    case dropped(Obstacle)
  }

  private func walk(_ chain: Chain, _ datagram: Datagram, depth: Int) -> Outcome {
    var doubtful: Obstacle?
    rules: for rule in chain.rules {
      var isCertain = true
      var isAbout = false
      var packets: Int?
      for statement in rule.statements {
        if let condition = statement["match"] {
          switch Self.holds(condition, datagram) {
          case false?: continue rules
          case true?: if Self.isAboutDestination(condition) { isAbout = true }
          case nil: isCertain = false
          }
        }
        if let counter = statement["counter"] { packets = counter["packets"]?.integer }
        // An extension of iptables.
        if statement["xt"] != nil { isCertain = false }
        guard case .object(let members) = statement else { continue }
        if members["drop"] != nil || members["reject"] != nil {
          let obstacle = Obstacle(chain: chain.name, handle: rule.handle, packets: packets, isCertain: isCertain)
          if isCertain { return .dropped(obstacle) }
          if isAbout, packets != 0 { doubtful = doubtful ?? obstacle }
        } else if members["accept"] != nil, isCertain {
          return doubtful.map { .dropped($0) } ?? .accepted
        } else if isCertain, depth < 16, let target = (members["jump"] ?? members["goto"])?["target"]?.text {
          let name = chain.name.split(separator: " ").dropLast().joined(separator: " ") + " " + target
          guard let next = chains[name] else { continue }
          let outcome = walk(next, datagram, depth: depth + 1)
          if case .passed = outcome { continue }
          return outcome
        }
      }
    }
    if let doubtful { return .dropped(doubtful) }
    guard chain.dropsByPolicy else { return .passed }
    return .dropped(Obstacle(chain: chain.name, handle: nil, packets: nil, isCertain: true))
  }

  /// Whether a condition names where the datagram goes to.
  private static func isAboutDestination(_ condition: JSONValue) -> Bool {
    ["dport", "daddr"].contains(condition["left"]?["payload"]?["field"]?.text ?? "")
  }

  /// Whether a condition holds; nil: that cannot be told.
  private static func holds(_ condition: JSONValue, _ datagram: Datagram) -> Bool? {
    guard let left = condition["left"], let right = condition["right"] else { return nil }
    let found: Bool?
    if let payload = left["payload"] {
      switch payload["field"]?.text {
      case "dport": found = payload["protocol"]?.text == "tcp" ? false : contains(right, number: Int(datagram.port))
      case "daddr": found = datagram.group.flatMap { contains(right, address: $0) }
      case "protocol", "nexthdr": found = contains(right, word: "udp")
      default: found = nil
      }
    } else {
      switch left["meta"]?["key"]?.text {
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
