import Ethernet
import PortWords
import Testing

private func mac(_ value: UInt64) -> MACAddress { MACAddress(truncating: value) }

@Suite("The HOWTO's words for ports")
struct PortWordTests {
  @Test(
    "All fields are read",
    arguments: ["mcast,fe:fd:0:0:0:1,239.1.2.3,4711,8", "mcast,FE:FD:00:00:00:01,239.1.2.3,4711,8"])
  func multicast(_ text: String) throws {
    let word = try PortWord(parsing: text)
    #expect(word.mac == mac(0xfefd_0000_0001))
    #expect(word.meaning == .multicast(group: IPv4Address("239.1.2.3"), port: 4711, ttl: 8))
    #expect(word.way == .port(transport: "mcast"))
    #expect(
      word.options.map { "\($0.name)=\($0.text)@\($0.columns)" }
        == [
          "group=239.1.2.3@\(text.count - 15..<text.count - 6)", "port=4711@\(text.count - 5..<text.count - 1)",
          "ttl=8@\(text.count)..<\(text.count + 1)",
        ])
  }

  @Test("An empty or missing field is left to its default", arguments: ["mcast", "mcast,", "mcast,,,,"])
  func defaults(_ text: String) throws {
    let word = try PortWord(parsing: text)
    #expect(word.mac == nil && word.options == [] && word.notes == [])
    #expect(word.meaning == .multicast(group: nil, port: nil, ttl: nil))
  }

  @Test("The defaults are those of kernels")
  func kernelDefaults() {
    #expect("\(PortWord.defaultGroup) \(PortWord.defaultPort) \(PortWord.defaultTTL)" == "239.192.168.1 1102 1")
  }

  @Test("A TAP is named, or new with an address for the host")
  func tap() throws {
    let named = try PortWord(parsing: "tuntap,tap0")
    #expect(named.meaning == .tap(device: "tap0", host: nil))
    #expect(named.way == .port(transport: "tap"))
    let new = try PortWord(parsing: "tuntap,,,192.168.0.254")
    #expect(new.options.map(\.name) == ["address"])
    #expect(new.options.map(\.columns) == [10..<23])
    #expect(try PortWord(parsing: "tuntap,,,192.168.0.254/24").options.map(\.text) == ["192.168.0.254/24"])
    // The only address there is the host's: the guest's MAC is not made of it.
    #expect(new.mac == nil)
  }

  @Test("ethertap is a TAP, and that is said")
  func ethertap() throws {
    let word = try PortWord(parsing: "ethertap,tap0,fe:fd:0:0:0:1,192.168.0.254")
    #expect(word.way == .port(transport: "tap"))
    #expect(
      word.notes.map(\.text) == [
        "ethertap is gone from Linux and is carried out on a TAP",
        "the ethernet address fe:fd:00:00:00:01 is that of the guest's NIC and does not apply to a port",
        "192.168.0.254 is the host's address alone, as uml_net set it; for a way to the guests name the network, such as "
          + "192.168.0.254/24, or one guest with route-guest",
      ])
    #expect(word.notes.map(\.columns) == [1..<9, 15..<28, 29..<42])
  }

  @Test("daemon is a door at the switch's control socket")
  func daemon() throws {
    #expect(try PortWord(parsing: "daemon").way == .door(name: "vde", path: "/tmp/uml.ctl"))
    let word = try PortWord(parsing: "daemon,,unix,/run/a.ctl,/run/a.data")
    #expect(word.way == .door(name: "vde", path: "/run/a.ctl"))
    #expect(word.notes.map(\.columns) == [25..<36])
  }

  /// A word, where its fault is, and how its sentence goes on.
  struct Bad: Sendable, CustomTestStringConvertible {
    let text: String
    let columns: Range<Int>
    let sentence: String
    var testDescription: String { text }
    init(_ text: String, _ columns: Range<Int>, _ sentence: String) {
      self.text = text
      self.columns = columns
      self.sentence = sentence
    }
  }

  @Test(
    "A fault names its field, its place and what is allowed",
    arguments: [
      Bad("mcst", 1..<5, "field 1 (transport) is mcst; did you mean mcast?"),
      Bad(
        "tuntap,192.168.0.254", 8..<21,
        "field 2 (tap device) is 192.168.0.254; write an address as field 4, such as tuntap,,,192.168.0.254"),
      Bad("vxlan,42", 1..<6, "field 1 (transport) is vxlan; allowed is mcast, tuntap, ethertap or daemon"),
      Bad("", 1..<1, "field 1 (transport) is empty; allowed is mcast, tuntap, ethertap or daemon"),
      Bad("eth0=mcast", 1..<11, "field 1 (transport) is eth0=mcast; write the word alone, without ethN="),
      Bad(
        "mcast,03:00:00:00:00:01", 7..<24,
        "field 2 (ethernet address) is 03:00:00:00:00:01; an odd first byte makes it a group address; allowed is an even one, such as 02:00:00:00:00:01"
      ),
      Bad(
        "mcast,0:0:0:0:0:0", 7..<18,
        "field 2 (ethernet address) is 0:0:0:0:0:0; allowed is an address that is not all zeros, such as fe:fd:00:00:00:01"
      ),
      Bad(
        "mcast,fe:fd:0:0:1", 7..<18,
        "field 2 (ethernet address) is fe:fd:0:0:1; allowed is six hexadecimal numbers with colons, such as fe:fd:00:00:00:01"
      ),
      Bad(
        "mcast,+2:0:0:0:0:1", 7..<19,
        "field 2 (ethernet address) is +2:0:0:0:0:1; allowed is six hexadecimal numbers with colons, such as fe:fd:00:00:00:01"
      ),
      Bad(
        "mcast,,10.0.0.1", 8..<16,
        "field 3 (multicast address) is 10.0.0.1; allowed is a multicast address, 224.0.0.0 to 239.255.255.255; empty: 239.192.168.1"
      ),
      Bad(
        "mcast,,240.0.0.1", 8..<17,
        "field 3 (multicast address) is 240.0.0.1; allowed is a multicast address, 224.0.0.0 to 239.255.255.255; empty: 239.192.168.1"
      ),
      Bad(
        "mcast,,239.1.1", 8..<15,
        "field 3 (multicast address) is 239.1.1; allowed is an IPv4 address, four numbers of 0 to 255 with dots"),
      Bad(
        "mcast,,239.1.1.256", 8..<19,
        "field 3 (multicast address) is 239.1.1.256; allowed is an IPv4 address, four numbers of 0 to 255 with dots"),
      Bad(
        "mcast,,239.1.1.01", 8..<18,
        "field 3 (multicast address) is 239.1.1.01; allowed is an IPv4 address, four numbers of 0 to 255 with dots"),
      Bad("mcast,,,0", 9..<10, "field 4 (multicast port) is 0; allowed is 1 to 65535; empty: 1102"),
      Bad("mcast,,,65536", 9..<14, "field 4 (multicast port) is 65536; allowed is 1 to 65535; empty: 1102"),
      Bad("mcast,,,,256", 10..<13, "field 5 (ttl) is 256; allowed is 0 to 255; empty: 1"),
      Bad("mcast,,,,1 ", 10..<12, "field 5 (ttl) is 1 ; allowed is 0 to 255; empty: 1"),
      Bad("mcast,,,,1,", 12..<12, "field 6 (trailing text) is empty; the word has 5 fields; take away what follows"),
      Bad("tuntap,tap0,,,x", 15..<16, "field 5 (trailing text) is x; the word has 4 fields; take away what follows"),
      Bad(
        "tuntap,a234567890123456", 8..<24,
        "field 2 (tap device) is a234567890123456; allowed are at most 15 bytes: Linux would cut the name"),
      Bad("tuntap,a/b", 8..<11, "field 2 (tap device) is a/b; allowed is an interface's name, without spaces, / and :"),
      Bad("tuntap,..", 8..<10, "field 2 (tap device) is ..; allowed is an interface's name, without spaces, / and :"),
      Bad(
        "tuntap,tap0,fe:fd:0:0:0:1,239.1.1.1", 27..<36,
        "field 4 (host IP address) is 239.1.1.1; allowed is an IPv4 address of a host, alone or with its network: 192.168.0.254/24"
      ),
      Bad(
        "ethertap,tap0,,0.0.0.0", 16..<23,
        "field 4 (host IP address) is 0.0.0.0; allowed is an IPv4 address of a host, alone or with its network: 192.168.0.254/24"
      ),
      Bad("daemon,,tcp", 9..<12, "field 3 (socket type) is tcp; allowed is unix, or nothing"),
      Bad(
        "daemon,,,uml.ctl", 10..<17,
        "field 4 (control socket) is uml.ctl; allowed is an absolute path of at most 107 bytes"),
      Bad(
        "tuntap,täp0:", 8..<13, "field 2 (tap device) is täp0:; allowed is an interface's name, without spaces, / and :"
      ),
    ])
  func faults(_ bad: Bad) {
    #expect {
      try PortWord(parsing: bad.text)
    } throws: { error in
      guard let error = error as? PortWordError else { return false }
      #expect("\(error)" == bad.sentence)
      #expect(error.columns == bad.columns)
      return true
    }
  }

  @Test("The field is underlined in the word")
  func mark() {
    let error = #expect(throws: PortWordError.self) { try PortWord(parsing: "mcast,,10.0.0.1,1102") }
    #expect(error?.marked(in: "mcast,,10.0.0.1,1102") == "  mcast,,10.0.0.1,1102\n         ^^^^^^^^")
  }

  @Test("Fifteen bytes are a device's name")
  func longestDevice() throws {
    #expect(try PortWord(parsing: "tuntap,a23456789012345").meaning == .tap(device: "a23456789012345", host: nil))
  }
}
