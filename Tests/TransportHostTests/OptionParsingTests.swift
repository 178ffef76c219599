import CTransport
import Testing
import TransportHost

private func option(
  _ kind: OptionKind, _ limits: ClosedRange<Int64> = 0...0, choices: [String] = []
) -> OptionDescription {
  OptionDescription(
    name: "key", help: "A key.", choices: choices, minimum: limits.lowerBound, maximum: limits.upperBound, kind: kind)
}

private let table: [(OptionDescription, String, OptionValue)] = [
  (option(.string), "any: text", OptionValue(option: 0, text: "any: text")),
  (option(.string), "", OptionValue(option: 0, text: "")),
  (option(.integer, 0...255), "0", OptionValue(option: 0, text: "0", integer: 0)),
  (option(.integer, 0...255), "255", OptionValue(option: 0, text: "255", integer: 255)),
  (option(.integer), "-007", OptionValue(option: 0, text: "-7", integer: -7)),
  (option(.boolean), "on", OptionValue(option: 0, text: "true", integer: 1)),
  (option(.boolean), "no", OptionValue(option: 0, text: "false", integer: 0)),
  (option(.choice, choices: ["pass", "drop"]), "drop", OptionValue(option: 0, text: "drop", integer: 1)),
  (option(.list), "a, b ,c", OptionValue(option: 0, text: "a,b,c", items: ["a", "b", "c"])),
  (option(.list), "", OptionValue(option: 0, text: "")),
  (option(.range, 1...65_535), "4000-5000", OptionValue(option: 0, text: "4000-5000", integer: 4000, upper: 5000)),
  (option(.range, 1...65_535), "4000 - 4000", OptionValue(option: 0, text: "4000", integer: 4000, upper: 4000)),
  (option(.range), "7", OptionValue(option: 0, text: "7", integer: 7, upper: 7)),
  (option(.duration), "0s", OptionValue(option: 0, text: "0s", integer: 0)),
  (option(.duration), "1500ms", OptionValue(option: 0, text: "1500ms", integer: 1_500_000_000)),
  (option(.duration), "300s", OptionValue(option: 0, text: "5min", integer: 300_000_000_000)),
  (option(.duration), "24h", OptionValue(option: 0, text: "24h", integer: 86_400_000_000_000)),
  (option(.duration), "5us", OptionValue(option: 0, text: "5us", integer: 5_000)),
  (option(.duration), "3ns", OptionValue(option: 0, text: "3ns", integer: 3)),
  (option(.size), "0", OptionValue(option: 0, text: "0", integer: 0)),
  (option(.size), "1000", OptionValue(option: 0, text: "1000", integer: 1_000)),
  (option(.size), "4096K", OptionValue(option: 0, text: "4M", integer: 4 << 20)),
  (option(.size, 0...(1 << 40)), "2G", OptionValue(option: 0, text: "2G", integer: 2 << 30)),
  (option(.address), "239.192.168.1", OptionValue(option: 0, text: "239.192.168.1")),
  (option(.address), "FF02:0:0::1", OptionValue(option: 0, text: "ff02::1")),
  (option(.interface), "a-15-byte-name.", OptionValue(option: 0, text: "a-15-byte-name.")),
  (option(.host), "Peer_1.example", OptionValue(option: 0, text: "Peer_1.example")),
  (option(.host), "2001:DB8::0", OptionValue(option: 0, text: "2001:db8::")),
]

@Test("An option reads the texts of its type", arguments: table.indices)
func optionReads(index: Int) throws {
  let (option, text, value) = table[index]
  #expect(try option.parse(text) == value)
}

@Test("A canonical text gives the same value again", arguments: table.indices)
func canonicalTextIsStable(index: Int) throws {
  let (option, text, _) = table[index]
  let value = try option.parse(text)
  #expect(try option.parse(value.text) == value)
}

private let refusals: [(OptionDescription, String, String)] = [
  (option(.integer, 0...255), "300", "key is 300; allowed is 0 to 255"),
  (option(.integer, 0...255), "-1", "key is -1; allowed is 0 to 255"),
  (option(.integer, 0...255), "many", "key is many; allowed is 0 to 255"),
  (option(.integer), "+1", "key is +1; allowed is a whole number"),
  (option(.integer), "", "key is empty; allowed is a whole number"),
  (option(.integer), "9223372036854775808", "key is 9223372036854775808; allowed is a whole number"),
  (option(.boolean), "True", "key is True; allowed is true, false, yes, no, on or off"),
  (option(.choice, choices: ["pass", "drop"]), "flood", "key is flood; allowed is pass or drop"),
  (option(.list), "a,,b", "key is a,,b; allowed is a list of words without commas"),
  (option(.range, 1...9), "3-12", "key is 3-12; allowed is a number or a range such as 4000-5000, within 1 to 9"),
  (option(.range), "5-4", "key is 5-4; allowed is a number or a range such as 4000-5000"),
  (option(.range), "1-2-3", "key is 1-2-3; allowed is a number or a range such as 4000-5000"),
  (option(.duration), "10", "key is 10; allowed is a number with ns, us, ms, s, min or h"),
  (option(.duration), "10 s", #"key is "10 s"; allowed is a number with ns, us, ms, s, min or h"#),
  (
    option(.duration, 10_000_000_000...86_400_000_000_000), "5s",
    "key is 5s; allowed is a number with ns, us, ms, s, min or h, from 10s to 24h"
  ),
  (option(.duration), "9999999999h", "key is 9999999999h; allowed is a number with ns, us, ms, s, min or h"),
  (
    option(.size, 65_536...268_435_456), "1K",
    "key is 1K; allowed is bytes, or a number with K, M or G, from 64K to 256M"
  ),
  (option(.size), "1k", "key is 1k; allowed is bytes, or a number with K, M or G"),
  (option(.address), "239.192.168.256", "key is 239.192.168.256; allowed is an IPv4 or IPv6 address"),
  (option(.address), "host.example", "key is host.example; allowed is an IPv4 or IPv6 address"),
  (option(.interface), "a/b", "key is a/b; allowed is an interface's name, 1 to 15 bytes without space, / and :"),
  (
    option(.interface), "sixteen-bytes-ab",
    "key is sixteen-bytes-ab; allowed is an interface's name, 1 to 15 bytes without space, / and :"
  ),
  (option(.interface), "..", "key is ..; allowed is an interface's name, 1 to 15 bytes without space, / and :"),
  (option(.host), "10.0.0.300", "key is 10.0.0.300; allowed is a host name or an address"),
  (option(.host), "-a.example", "key is -a.example; allowed is a host name or an address"),
  (option(.host), "a..b", "key is a..b; allowed is a host name or an address"),
  (option(.string), "a\0b", #"key is "a\0b"; allowed is text without a NUL"#),
]

@Test("A text that does not fit is refused with what is allowed", arguments: refusals.indices)
func optionRefuses(index: Int) {
  let (option, text, sentence) = refusals[index]
  do {
    let value = try option.parse(text)
    Issue.record("\(text) was read as \(value)")
  } catch {
    #expect(error.description == sentence)
  }
}

@Test("An option that is no list refuses one")
func onlyListsTakeLists() {
  #expect(throws: OptionProblem(.value, option: "key", message: "is a list; allowed is an IPv4 or IPv6 address")) {
    try option(.address).parse(.items(["10.0.0.1"]))
  }
}

@Test("A long text is cut in the complaint")
func longTextIsCut() {
  let problem = #expect(throws: OptionProblem.self) { try option(.integer).parse(String(repeating: "x", count: 500)) }
  #expect(problem?.message == "is \(String(repeating: "x", count: 57))...; allowed is a whole number")
}

@Test("The kinds and roles have the numbers of the plugin ABI")
func kindsMatchTheHeader() {
  let header = [
    UMBEL_OPTION_STRING, UMBEL_OPTION_INTEGER, UMBEL_OPTION_BOOLEAN, UMBEL_OPTION_CHOICE, UMBEL_OPTION_LIST,
    UMBEL_OPTION_RANGE, UMBEL_OPTION_DURATION, UMBEL_OPTION_SIZE, UMBEL_OPTION_ADDRESS, UMBEL_OPTION_INTERFACE,
    UMBEL_OPTION_HOST,
  ]
  #expect(OptionKind.allCases.map(\.rawValue) == header)
  #expect(PortRole.allCases.map(\.rawValue) == [UMBEL_ROLE_GUEST, UMBEL_ROLE_TRUNK])
  #expect(PortRole.roles(in: UMBEL_ROLES_GUEST | UMBEL_ROLES_TRUNK) == [.guest, .trunk])
}
