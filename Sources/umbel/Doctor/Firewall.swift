// What nftables does with the datagrams of a trunk, by its rules as libnftables-json(5) has them.
//
//   chains of a hook, in the order of their priorities; of each the rules in turn:
//     every condition holds        its verdict: accept ends the chain, drop and reject end the datagram, jump goes on there
//                                  and comes back, goto does not, return goes back
//     one does not                 the next rule
//     one is not understood        the next rule, and from there on what drops is not certain, if this one accepts, returns
//                                  or jumps; one that drops, and is about this group or port, is told as doubtful
//   behind the last rule           the chain's policy
//
// Conditions that are understood: destination port and address, protocol, family, interface. What iptables has set up is
// there as well, with its conditions not understood where it is not in nftables' own words.

import FoundationEssentials
import Glibc
package import LinuxIO

/// The packet filter of this host.
package struct Firewall {
  /// A datagram, by what is known of it.
  package struct Datagram {
    package var port: UInt16
    /// `AF_INET` or `AF_INET6`.
    package var family: Int32
    /// The group that it goes to; nil: an address of a host.
    package var group: IPAddress?
    package var interface: String
    package var isIncoming: Bool

    package init(port: UInt16, family: Int32, group: IPAddress?, interface: String, isIncoming: Bool) {
      self.port = port
      self.family = family
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
    /// It drops: its conditions, and those of the rules before it, are understood.
    package var isCertain: Bool
    /// The rule names this group or port alone: without it nothing else passes.
    package var isOwn = false
  }

  private struct Chain {
    var name: String
    var hook: String?
    var priority: Int
    var dropsByPolicy: Bool
    /// Of the families that hook to interfaces; nil: all.
    var interfaces: [String]?
    var rules: [FirewallRule] = []
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
          dropsByPolicy: chain["policy"]?.text == "drop",
          interfaces: chain["dev"].map { device in (device.list ?? [device]).compactMap(\.text) })
      } else if let rule = item["rule"] {
        chains[key(rule, "chain")]?.rules.append(
          FirewallRule(handle: rule["handle"]?.integer ?? 0, statements: rule["expr"]?.list ?? []))
      }
    }
  }

  /// The first thing that drops the datagram, or else the first that may; nil: nothing that is understood.
  package func obstacle(to datagram: Datagram) -> Obstacle? {
    let hooks = datagram.isIncoming ? ["ingress", "prerouting", "input"] : ["output", "postrouting", "egress"]
    var doubtful: Obstacle?
    for hook in hooks {
      let hooked = chains.values.filter { $0.hook == hook && Self.sees($0, datagram) }
      for chain in hooked.sorted(by: { ($0.priority, $0.name) < ($1.priority, $1.name) }) {
        guard let obstacle = obstacle(in: chain, to: datagram) else { continue }
        if obstacle.isCertain { return obstacle }
        doubtful = doubtful ?? obstacle
      }
    }
    return doubtful
  }

  /// Whether datagrams of this family and interface come by a chain.
  private static func sees(_ chain: Chain, _ datagram: Datagram) -> Bool {
    if let interfaces = chain.interfaces, !interfaces.contains(datagram.interface) { return false }
    let family = chain.name.prefix { $0 != " " }
    return ["inet", "netdev", datagram.family == AF_INET ? "ip" : "ip6"].contains(family)
  }

  private func obstacle(in chain: Chain, to datagram: Datagram) -> Obstacle? {
    var doubts = Doubts()
    switch walk(chain, datagram, &doubts, depth: 0) {
    case .dropped(let obstacle) where obstacle.isCertain: return obstacle
    case .dropped(let obstacle) where obstacle.packets == 0: return doubts.own
    case .dropped(let obstacle): return doubts.own ?? obstacle
    case .accepted: return doubts.own
    case .passed:
      guard chain.dropsByPolicy else { return doubts.own ?? doubts.general }
      let policy = Obstacle(chain: chain.name, handle: nil, packets: nil, isCertain: !doubts.isMaybeAccepted)
      return policy.isCertain ? policy : doubts.own ?? policy
    }
  }

  private enum Outcome {
    /// Its end, or a return.
    case passed
    case accepted
    case dropped(Obstacle)
  }

  /// What is not certain on the way through a chain and those that it leads to.
  private struct Doubts {
    /// Something has accepted it already, or not.
    var isMaybeAccepted = false
    /// Something about this group or port may have dropped it.
    var own: Obstacle?
    /// Something else may have.
    var general: Obstacle?
  }

  private func walk(_ chain: Chain, _ datagram: Datagram, _ doubts: inout Doubts, depth: Int) -> Outcome {
    var isMaybeBack = false
    for rule in chain.rules {
      let reading = rule.reading(for: datagram)
      guard reading != .doesNotApply, let verdict = rule.verdict else { continue }
      let isUnderstood = reading == .applies
      let outcome: Outcome
      switch verdict {
      case .accept: outcome = .accepted
      case .drop:
        outcome = .dropped(
          Obstacle(
            chain: chain.name, handle: rule.handle, packets: rule.packets,
            isCertain: isUnderstood && !doubts.isMaybeAccepted && !isMaybeBack, isOwn: rule.isAbout(datagram)))
      case .return: outcome = .passed
      case .jump(let target), .goto(let target):
        let table = chain.name.split(separator: " ").dropLast().joined(separator: " ")
        guard isUnderstood, depth < 16, let next = chains["\(table) \(target)"] else {
          doubts.isMaybeAccepted = true
          continue
        }
        outcome = walk(next, datagram, &doubts, depth: depth + 1)
        if case .passed = outcome, case .jump = verdict { continue }
      case .other:
        doubts.isMaybeAccepted = true
        continue
      }
      if isUnderstood && !isMaybeBack { return outcome }
      // It may be so, or not.
      switch outcome {
      case .passed: isMaybeBack = true
      case .accepted: doubts.isMaybeAccepted = true
      case .dropped(var obstacle) where obstacle.packets != 0:
        obstacle.isCertain = false
        if rule.namesDestination {
          doubts.own = doubts.own ?? obstacle
        } else if isUnderstood {
          doubts.general = doubts.general ?? obstacle
        }
      case .dropped: break
      }
      // What is left of the chain is for datagrams that this rule does not take.
      if isUnderstood { return .passed }
    }
    return .passed
  }
}
