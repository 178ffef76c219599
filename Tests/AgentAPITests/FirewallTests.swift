import Glibc
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
  static func firewall(
    rules: [[String]], more: [[String]] = [], hook: String = "input", policy: String = "accept",
    family: String = "inet", device: String? = nil
  ) -> Firewall? {
    func rule(_ chain: String, _ number: Int, _ statements: [String]) -> String {
      #"{"rule": {"family": "\#(family)", "table": "filter", "chain": "\#(chain)", "handle": \#(number), "expr": [\#(statements.joined(separator: ","))]}}"#
    }
    let items =
      [
        #"{"metainfo": {"version": "1.0.6"}}"#,
        #"{"chain": {"family": "\#(family)", "table": "filter", "name": "input", "hook": "\#(hook)", "prio": 0, "policy": "\#(policy)"\#(device.map { #", "dev": "\#($0)""# } ?? "")}}"#,
        #"{"chain": {"family": "\#(family)", "table": "filter", "name": "more"}}"#,
      ]
      + rules.enumerated().map { rule("input", 4 + $0, $1) } + more.enumerated().map { rule("more", 40 + $0, $1) }
    return Firewall(json: #"{"nftables": [\#(items.joined(separator: ","))]}"#)
  }

  private static let drop = #"{"drop": null}"#
  private static let accept = #"{"accept": null}"#

  private static func datagram(_ group: String? = "239.192.168.1", family: Int32 = AF_INET, incoming: Bool = true)
    -> Firewall.Datagram
  {
    Firewall.Datagram(
      port: 1_102, family: family, group: group.flatMap { IPAddress($0) }, interface: "eth0", isIncoming: incoming)
  }

  /// The handle of the rule that drops a datagram of the group; 0: the policy; nil: it passes.
  private func handle(_ firewall: Firewall?, incoming: Bool = true) -> Int? {
    firewall?.obstacle(to: Self.datagram(incoming: incoming)).map { $0.handle ?? 0 }
  }

  /// What `handle` is, and whether that is certain.
  private func verdict(_ firewall: Firewall?, _ datagram: Firewall.Datagram = datagram()) -> String? {
    firewall?.obstacle(to: datagram).map { "\($0.handle ?? 0)" + ($0.isCertain ? "" : "?") }
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
    let jump = [[Self.jump]]
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
    let found = try #require(Self.firewall(rules: rules)?.obstacle(to: Self.datagram()))
    #expect(found == .init(chain: "inet filter input", handle: 4, packets: 3, isCertain: false, isOwn: true))
  }

  private static let back = #"{"return": null}"#
  private static let limit = #"{"limit": {"rate": 3, "per": "minute"}}"#
  private static let jump = #"{"jump": {"target": "more"}}"#
  private static let goto = #"{"goto": {"target": "more"}}"#
  private static let xt = #"{"xt": null}"#
  private static let known =
    #"{"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": ["established", "related"]}}"#
  private static let source = match("ip", "saddr", #""192.0.2.2""#)

  @Test func `a return ends its chain`() {
    let own = [Self.match("udp", "dport", "1102"), Self.back]
    #expect(verdict(Self.firewall(rules: [[Self.jump]], more: [own, [Self.drop]])) == nil)
    #expect(verdict(Self.firewall(rules: [[Self.jump], [Self.drop]], more: [own, [Self.accept]])) == "5")
    #expect(verdict(Self.firewall(rules: [own, [Self.accept]], policy: "drop")) == "0")
    let other = [Self.match("udp", "dport", "53"), Self.back]
    #expect(verdict(Self.firewall(rules: [[Self.jump]], more: [other, [Self.drop]])) == "41")
  }

  @Test func `a goto does not come back`() {
    #expect(verdict(Self.firewall(rules: [[Self.goto], [Self.drop]])) == nil)
    #expect(verdict(Self.firewall(rules: [[Self.goto], [Self.accept]], policy: "drop")) == "0")
  }

  @Test(arguments: [
    [source, accept],
    [match("ip", "saddr", #""@friends""#), accept],
    [meta("iifname", #""@inside""#), accept],
    [known.replacing("established", with: "new"), accept],
    [source, back],
    [source, jump],
    [source, goto],
    [limit, accept],
    [#"{"quota": {"val": 25, "val_unit": "mbytes"}}"#, accept],
    [xt, accept],
    [#"{"vmap": {"key": {"payload": {"protocol": "udp", "field": "dport"}}, "data": "@ports"}}"#],
    [#"{"queue": {"num": 0}}"#],
  ])
  func `behind what may let it pass nothing is certain`(_ rule: [String]) {
    #expect(verdict(Self.firewall(rules: [rule, [Self.drop]])) == "5?")
    // Behind a return from a chain that is hooked is its policy.
    let sure = [Self.match("udp", "dport", "1102"), Self.accept]
    let isReturn = rule.contains(Self.back)
    #expect(verdict(Self.firewall(rules: [rule, sure], policy: "drop")) == (isReturn ? "0?" : nil))
    #expect(verdict(Self.firewall(rules: [rule], policy: "drop")) == (isReturn ? "0" : "0?"))
    // A rule that has counted nothing has dropped nothing.
    #expect(verdict(Self.firewall(rules: [rule, [#"{"counter": {"packets": 0}}"#, Self.drop]])) == nil)
  }

  @Test func `a certain drop goes before a doubtful one`() {
    #expect(verdict(Self.firewall(rules: [[Self.drop], [Self.source, Self.accept]])) == "4")
    #expect(
      verdict(Self.firewall(rules: [[Self.jump], [Self.drop]], more: [[Self.source, Self.back], [Self.drop]])) == "5")
  }

  @Test(arguments: [limit, #"{"quota": {"val": 25, "val_unit": "mbytes"}}"#, xt])
  func `a limit is a condition`(_ statement: String) {
    #expect(verdict(Self.firewall(rules: [[statement, Self.drop]])) == nil)
    #expect(verdict(Self.firewall(rules: [[Self.match("udp", "dport", "1102"), statement, Self.drop]])) == "4?")
  }

  @Test func `counters, logs and comments are none`() {
    #expect(verdict(Self.firewall(rules: [[#"{"counter": {"packets": 9}}"#, #"{"log": null}"#, Self.drop]])) == "4")
  }

  @Test func `a group has no established connections, a host may`() {
    let rules = [[Self.known, Self.accept]]
    #expect(verdict(Self.firewall(rules: rules, policy: "drop")) == "0")
    #expect(verdict(Self.firewall(rules: rules, policy: "drop"), Self.datagram(nil)) == "0?")
  }

  @Test(arguments: ["239.192.168.1", nil])
  func `chains of another family, or of another interface, are not met`(_ group: String?) {
    func policy(_ family: String, hook: String = "input", device: String? = nil) -> String? {
      verdict(
        Self.firewall(rules: [], hook: hook, policy: "drop", family: family, device: device), Self.datagram(group))
    }
    #expect(policy("inet") == "0" && policy("ip") == "0")
    #expect(policy("ip6") == nil && policy("arp") == nil && policy("bridge") == nil)
    #expect(policy("netdev", hook: "ingress", device: "eth0") == "0")
    #expect(policy("netdev", hook: "ingress", device: "eth1") == nil)
    let six = Self.datagram(group == nil ? nil : "ff15::1", family: AF_INET6)
    #expect(verdict(Self.firewall(rules: [], policy: "drop", family: "ip6"), six) == "0")
    #expect(verdict(Self.firewall(rules: [], policy: "drop", family: "ip"), six) == nil)
  }

  @Test(arguments: [
    match("ip6", "saddr", #""2001:db8::1""#), match("ip6", "daddr", #""ff15::1""#, op: "!="),
    match("tcp", "dport", "22", op: "!="), match("icmp", "type", #""echo-request""#), meta("nfproto", #""ipv6""#),
  ])
  func `a condition about another protocol never holds`(_ condition: String) {
    #expect(verdict(Self.firewall(rules: [[condition, Self.drop]])) == nil)
    #expect(verdict(Self.firewall(rules: [[condition, Self.accept]], policy: "drop")) == "0")
  }

  @Test func `only a rule about this group or port alone is a rule to delete`() throws {
    func isOwn(_ conditions: [String]) throws -> Bool {
      try #require(Self.firewall(rules: [conditions + [Self.drop]])?.obstacle(to: Self.datagram())).isOwn
    }
    #expect(try isOwn([Self.match("udp", "dport", "1102")]))
    #expect(try isOwn([Self.match("ip", "daddr", #""239.192.168.1""#)]))
    #expect(try !isOwn([]))
    #expect(try !isOwn([Self.meta("l4proto", #""udp""#)]))
    #expect(try !isOwn([Self.match("udp", "dport", "53", op: "!=")]))
    #expect(try !isOwn([Self.match("udp", "dport", #"{"set": [1102, 1103]}"#)]))
    #expect(try !isOwn([Self.match("ip", "daddr", #"{"prefix": {"addr": "224.0.0.0", "len": 4}}"#)]))
  }

  /// As ufw sets them up with iptables-nft: it goes to a chain that returns what is for this host or a group, which
  /// iptables alone understands, and drops the rest; rules of the user; the policy.
  @Test func `chains like those of ufw drop for certain only what nothing may accept`() {
    let notLocal = [[Self.xt, Self.back], [Self.xt, Self.back], [Self.limit, #"{"log": null}"#], [Self.drop]]
    let before = [
      [Self.meta("iifname", #""lo""#), Self.accept], [Self.xt, Self.accept], [Self.xt, Self.drop],
      [Self.match("icmp", "type", #""echo-request""#), Self.accept], [Self.jump],
    ]
    let user = [Self.match("udp", "dport", "1102"), #"{"counter": {"packets": 0}}"#, Self.accept]
    func ufw(_ rules: [[String]]) -> Firewall? {
      Self.firewall(rules: rules, more: notLocal, policy: "drop", family: "ip")
    }
    #expect(verdict(ufw(before + [user])) == nil)
    #expect(verdict(ufw(before)) == "0?")
    #expect(verdict(ufw([user] + before)) == nil)
  }

  @Test func `what is certain of one direction goes before a doubt about the other`() {
    func chain(_ hook: String) -> String {
      #"{"chain": {"family": "ip", "table": "t", "name": "\#(hook)", "hook": "\#(hook)", "prio": 0, "policy": "drop"}}"#
    }
    let rule =
      #"{"rule": {"family": "ip", "table": "t", "chain": "input", "handle": 4, "expr": [\#(Self.source), \#(Self.accept)]}}"#
    var fixture = DoctorFixture()
    fixture.agent.ports.remove(at: 1)
    fixture.host.firewall = Firewall(json: #"{"nftables": [\#(chain("input")), \#(chain("output")), \#(rule)]}"#)
    #expect(fixture.troubles.map(\.verdict) == [.fault])
    #expect(fixture.troubles.first?.remedies == ["sudo nft insert rule ip t output udp dport 1102 accept"])
  }

  @Test func `the doctor deletes no rule that is about more, and has no fault where it is not certain`() {
    func finding(_ rules: [[String]], policy: String = "accept") -> Finding? {
      var fixture = DoctorFixture()
      fixture.host.firewall = Self.firewall(rules: rules, policy: policy)
      fixture.agent.ports.remove(at: 1)
      return fixture.troubles.first
    }
    let insertion = ["sudo nft insert rule inet filter input udp dport 1102 accept"]
    let last = finding([[Self.drop]])
    #expect(last?.verdict == .fault && last?.remedies == insertion)
    #expect(last?.text == "nftables drops 239.192.168.1:1102 from eth0: rule 4 of chain inet filter input")
    let maybe = finding([[Self.source, Self.accept]], policy: "drop")
    #expect(maybe?.verdict == .warning && maybe?.remedies == insertion)
    #expect(
      maybe?.text
        == "nftables may drop 239.192.168.1:1102 from eth0: no rule of chain inet filter input surely accepts it, and its policy is drop"
    )
  }

  @Test func `what is no ruleset is not taken for one`() {
    #expect(Firewall(json: "") == nil && Firewall(json: "[]") == nil)
  }
}
