import LinuxIO
import Testing

@testable import umbel

/// What is understood of nftables' rules. Its own words are read on a real host in Tests/Hosts.
struct FirewallTests {
  static func match(_ layer: String, _ field: String, _ right: String, op: String = "==") -> String {
    #"{"match": {"op": "\#(op)", "left": {"payload": {"protocol": "\#(layer)", "field": "\#(field)"}}, "right": \#(right)}}"#
  }

  static func meta(_ key: String, _ right: String) -> String {
    #"{"match": {"op": "==", "left": {"meta": {"key": "\#(key)"}}, "right": \#(right)}}"#
  }

  /// A chain "input" with these rules, numbered from 4 on, and a chain "more" that nothing hooks.
  static func firewall(rules: [[String]], more: [[String]] = [], hook: String = "input", policy: String = "accept")
    -> Firewall?
  {
    func rule(_ chain: String, _ number: Int, _ statements: [String]) -> String {
      #"{"rule": {"family": "inet", "table": "filter", "chain": "\#(chain)", "handle": \#(number), "expr": [\#(statements.joined(separator: ","))]}}"#
    }
    let items =
      [
        #"{"metainfo": {"version": "1.0.6"}}"#,
        #"{"chain": {"family": "inet", "table": "filter", "name": "input", "hook": "\#(hook)", "prio": 0, "policy": "\#(policy)"}}"#,
        #"{"chain": {"family": "inet", "table": "filter", "name": "more"}}"#,
      ]
      + rules.enumerated().map { rule("input", 4 + $0, $1) } + more.enumerated().map { rule("more", 40 + $0, $1) }
    return Firewall(json: #"{"nftables": [\#(items.joined(separator: ","))]}"#)
  }

  private static let drop = #"{"drop": null}"#
  private static let accept = #"{"accept": null}"#

  /// The handle of the rule that drops a datagram of the group; 0: the policy; nil: it passes.
  private func handle(_ firewall: Firewall?, incoming: Bool = true) -> Int? {
    let datagram = Firewall.Datagram(
      port: 1_102, group: IPAddress("239.192.168.1"), interface: "eth0", isIncoming: incoming)
    return firewall?.obstacle(to: datagram).map { $0.handle ?? 0 }
  }

  @Test(arguments: [
    [match("udp", "dport", "1102")],
    [match("udp", "dport", #"{"set": [53, {"range": [1100, 1110]}]}"#)],
    [match("ip", "daddr", #""239.192.168.1""#)],
    [match("ip", "daddr", #"{"prefix": {"addr": "224.0.0.0", "len": 4}}"#)],
    [match("ip", "protocol", #""udp""#), meta("iifname", #""eth0""#)],
    [meta("pkttype", #""multicast""#)],
    [match("udp", "dport", "53", op: "!=")],
    [],
  ])
  func `a rule whose conditions hold drops`(_ conditions: [String]) {
    #expect(handle(Self.firewall(rules: [conditions + [Self.drop]])) == 4)
  }

  @Test(arguments: [
    [match("udp", "dport", "1103")],
    [match("tcp", "dport", "1102")],
    [match("ip", "daddr", #""239.192.168.2""#)],
    [match("ip", "daddr", #"{"prefix": {"addr": "239.193.0.0", "len": 16}}"#)],
    [meta("iifname", #""eth1""#)],
    [meta("l4proto", #""tcp""#)],
    [meta("mark", "7")],
  ])
  func `a rule of which one does not hold, or is not understood, does not`(_ conditions: [String]) {
    #expect(handle(Self.firewall(rules: [conditions + [Self.drop]])) == nil)
  }

  @Test func `what an earlier rule accepts is not dropped by a later one`() {
    let rules = [[Self.match("udp", "dport", "1102"), Self.accept], [Self.drop]]
    #expect(handle(Self.firewall(rules: rules)) == nil)
    #expect(handle(Self.firewall(rules: rules.reversed())) == 4)
  }

  @Test func `a policy drops what no rule accepts`() {
    #expect(handle(Self.firewall(rules: [], policy: "drop")) == 0)
    let accepts = [[Self.match("udp", "dport", "1102"), Self.accept]]
    #expect(handle(Self.firewall(rules: accepts, policy: "drop")) == nil)
  }

  @Test func `a chain that is jumped to is walked`() {
    let jump = [[#"{"jump": {"target": "more"}}"#]]
    #expect(handle(Self.firewall(rules: jump, more: [[Self.drop]])) == 40)
    #expect(handle(Self.firewall(rules: jump, more: [[Self.accept]], policy: "drop")) == nil)
    #expect(handle(Self.firewall(rules: jump, more: [], policy: "drop")) == 0)
  }

  @Test func `the way out is looked at by its own hooks`() {
    let rules = [[Self.match("udp", "dport", "1102"), Self.drop]]
    #expect(handle(Self.firewall(rules: rules, hook: "output")) == nil)
    #expect(handle(Self.firewall(rules: rules, hook: "output"), incoming: false) == 4)
    #expect(handle(Self.firewall(rules: rules, hook: "forward"), incoming: false) == nil)
  }

  @Test func `a rule about the group that has a condition of its own is doubtful`() throws {
    let source = Self.match("ip", "saddr", #""192.0.2.2""#)
    let rules = [[source, Self.match("udp", "dport", "1102"), #"{"counter": {"packets": 3}}"#, Self.drop]]
    let datagram = Firewall.Datagram(
      port: 1_102, group: IPAddress("239.192.168.1"), interface: "eth0", isIncoming: true)
    let found = try #require(Self.firewall(rules: rules)?.obstacle(to: datagram))
    #expect(found == .init(chain: "inet filter input", handle: 4, packets: 3, isCertain: false))
  }

  @Test func `what is no ruleset is not taken for one`() {
    #expect(Firewall(json: "") == nil && Firewall(json: "[]") == nil)
  }
}
