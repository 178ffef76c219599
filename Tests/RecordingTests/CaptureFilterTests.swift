import Ethernet
import LinuxIO
import Recording
import Testing

struct CaptureFilterTests {
  private static let one: [UInt8] = [2, 0, 0, 0, 0, 1]
  private static let other: [UInt8] = [2, 0, 0, 0, 0, 2]
  private static let ipv4: [UInt8] =
    [0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0] + [10, 0, 0, 1] + [10, 0, 0, 2]
  private static let arp: [UInt8] =
    [0, 1, 8, 0, 6, 4, 0, 1] + one + [10, 0, 0, 1] + [0, 0, 0, 0, 0, 0] + [10, 0, 0, 9]

  private static func frame(tags: [UInt8] = [], _ type: [UInt8], _ payload: [UInt8]) -> [UInt8] {
    other + one + tags + type + payload
  }

  private static func matches(_ frame: [UInt8], _ change: (inout CaptureFilter) -> Void) -> Bool {
    var filter = CaptureFilter()
    change(&filter)
    return filter.matches(frame)
  }

  private static let packet = frame([8, 0], ipv4)

  @Test func `without conditions every frame is wanted, even one that is too short`() {
    #expect(Self.matches(Self.packet) { _ in })
    #expect(Self.matches([1, 2]) { _ in })
    #expect(!Self.matches([1, 2]) { $0.etherType = 0x0800 })
  }

  @Test(arguments: [("02:00:00:00:00:01", true), ("02:00:00:00:00:02", true), ("02:00:00:00:00:03", false)])
  func `an Ethernet address is that of either end`(_ address: String, _ isWanted: Bool) throws {
    let mac = try MACAddress(parsing: address)
    #expect(Self.matches(Self.packet) { $0.mac = mac } == isWanted)
  }

  @Test(arguments: [("10.0.0.1", true), ("10.0.0.2", true), ("10.0.0.3", false), ("::1", false)])
  func `a host is that of either end`(_ address: String, _ isWanted: Bool) throws {
    let host = try #require(IPAddress(address))
    #expect(Self.matches(Self.packet) { $0.host = host } == isWanted)
  }

  @Test func `a host is found in ARP, in IPv6 and behind tags`() throws {
    let asked = try #require(IPAddress("10.0.0.9"))
    #expect(Self.matches(Self.frame([8, 6], Self.arp)) { $0.host = asked })
    let six = try #require(IPAddress("fe80::7"))
    let packet = [0x60, 0, 0, 0, 0, 0, 59, 64] + [UInt8](repeating: 0, count: 16) + six.octets
    #expect(Self.matches(Self.frame([0x86, 0xdd], packet)) { $0.host = six })
    let first = try #require(IPAddress("10.0.0.1"))
    let tagged = Self.frame(tags: [0x88, 0xa8, 0, 5, 0x81, 0, 0, 6], [8, 0], Self.ipv4)
    #expect(Self.matches(tagged) { $0.host = first })
  }

  @Test func `a packet that is cut before its addresses is not wanted`() throws {
    let host = try #require(IPAddress("10.0.0.2"))
    #expect(!Self.matches(Array(Self.packet.dropLast())) { $0.host = host })
  }

  @Test func `a VLAN is that of the first tag, and the type is behind all tags`() {
    let tagged = Self.frame(tags: [0x81, 0, 0x20, 5], [8, 0], Self.ipv4)
    #expect(Self.matches(tagged) { $0.vlan = 5 })
    #expect(!Self.matches(tagged) { $0.vlan = 0 })
    #expect(Self.matches(Self.packet) { $0.vlan = 0 })
    #expect(Self.matches(tagged) { $0.etherType = 0x0800 })
    #expect(!Self.matches(tagged) { $0.etherType = 0x8100 })
  }

  @Test func `all conditions have to hold`() throws {
    let mac = try MACAddress(parsing: "02:00:00:00:00:01")
    let isWanted = Self.matches(Self.packet) { filter in
      filter.mac = mac
      filter.etherType = 0x0806
    }
    #expect(!isWanted)
  }
}
