import LinuxIO
import Testing
import TransportKit

@testable import MulticastTransport

@Suite struct OwnAddressesTests {
  private func key(_ text: String, _ port: UInt16 = 5_000) throws -> RemoteKey {
    RemoteKey(SocketAddress(try #require(IPAddress(text)), port: port))
  }

  @Test func `an address is own only with its port`() throws {
    var own = OwnAddresses()
    own.replace(with: try key("10.0.0.1"), now: 0)
    #expect(own.contains(try key("10.0.0.1")))
    #expect(!own.contains(try key("10.0.0.1", 5_001)))
    #expect(!own.contains(try key("10.0.0.2")))
  }

  @Test func `an IPv6 address is own only with its port`() throws {
    var own = OwnAddresses()
    own.replace(with: try key("fe80::1"), now: 0)
    #expect(own.contains(try key("fe80::1")))
    #expect(!own.contains(try key("fe80::1", 5_001)))
    #expect(!own.contains(try key("fe80::2")))
  }

  @Test func `a former address is own for ten seconds`() throws {
    var own = OwnAddresses()
    own.replace(with: try key("10.0.0.1"), now: 0)
    own.replace(with: try key("10.0.0.2"), now: 5_000_000_000)
    own.expire(now: 14_999_999_999)
    #expect(own.contains(try key("10.0.0.1")))
    own.expire(now: 15_000_000_000)
    #expect(!own.contains(try key("10.0.0.1")))
    #expect(own.contains(try key("10.0.0.2")))
  }

  @Test func `of more than eight former addresses the oldest is forgotten`() throws {
    var own = OwnAddresses()
    for last in 1...10 { own.replace(with: try key("10.0.0.\(last)"), now: 0) }
    #expect(own.formerCount == 8)
    #expect(!own.contains(try key("10.0.0.1")))
    for last in 2...10 { #expect(own.contains(try key("10.0.0.\(last)"))) }
  }

  @Test func `before the first address nothing is own`() throws {
    #expect(!OwnAddresses().contains(try key("10.0.0.1")))
  }
}
