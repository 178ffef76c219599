import Glibc
import LinuxIO
import Testing

/// What the kernel tells of sockets.
struct UDPSocketStateTests {
  @Test(arguments: ["239.192.77.1", "ff15::77:1"])
  func `a socket is listed with its address and the buffer that it was granted`(_ text: String) throws {
    let group = try #require(IPAddress(text))
    let socket = try MulticastSocket.receiver(group, port: 40_177, interface: unsafe if_nametoindex("lo"))
    let granted = SocketBuffer.receive.request(65_536, of: socket.number)
    let found = try UDPSocketState.all(family: group.family).filter { $0.local.port == 40_177 }
    #expect(found.map(\.local.address) == [group])
    #expect(found.map(\.receiveBuffer) == [granted])
    #expect(found.map(\.drops) == [0] && found.map(\.remote.port) == [0])
    withExtendedLifetime(socket.number) {}
  }
}

struct IPPrefixTests {
  @Test(arguments: [
    ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("192.0.2.128/25", "192.0.2.127", false),
    ("192.0.2.128/25", "192.0.2.129", true), ("0.0.0.0/0", "203.0.113.9", true), ("fd42::/16", "fd42:1::2", true),
    ("fd42::/16", "fd43::2", false), ("0.0.0.0/0", "::1", false), ("192.0.2.1/32", "192.0.2.1", true),
  ])
  func `a network holds the addresses of its prefix`(_ example: (prefix: String, address: String, holds: Bool)) throws {
    let prefix = try #require(IPPrefix(example.prefix))
    #expect(prefix.contains(try #require(IPAddress(example.address))) == example.holds)
  }
}
