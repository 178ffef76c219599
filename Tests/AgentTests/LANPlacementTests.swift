import Testing
import TransportHost

@testable import Agent

/// Which LANs one forwarding thread has to run, and what a configuration may say of it.
struct LANPlacementTests {
  private static let vxlan = TransportDescription(
    name: "vxlan", summary: "Tunnels.", path: "/libumbel-vxlan.so",
    options: [
      OptionDescription(name: "vni", help: "The network.", minimum: 1, maximum: 9_999, kind: .integer),
      OptionDescription(
        name: "port", help: "UDP port.", defaultText: "4789", minimum: 1, maximum: 65_535, kind: .integer),
    ],
    doors: [], roles: [.trunk], defaultRole: .trunk)

  private func port(_ vni: Int, _ port: Int = 4_789) -> String {
    "{name: v\(vni), transport: vxlan, vni: \(vni), port: \(port)}"
  }

  private func complaints(_ text: String) -> [String] {
    ConfigurationFixture.complaints(("u.yaml", text), transports: ConfigurationFixture.transports + [Self.vxlan])
  }

  @Test func `LANs with one socket belong together, also by way of others`() {
    let all = [
      "a": LANPlacement(sockets: ["1"]), "b": LANPlacement(sockets: ["2"]), "c": LANPlacement(sockets: ["1", "2"]),
      "d": LANPlacement(sockets: ["3"]), "e": LANPlacement(),
    ]
    #expect(LANPlacement.companions(of: "a", in: all) == ["b", "c"])
    #expect(LANPlacement.companions(of: "d", in: all) == [])
    #expect(LANPlacement.companions(of: "e", in: all) == [])
  }

  @Test func `a LAN is pinned to a thread that there is`() throws {
    let lan = try ConfigurationFixture.read(("u.yaml", "threads: 2\nlans: {lab: {thread: 1, ports: []}, other: {}}"))
      .lans
    #expect(lan.map(\.thread) == [1, nil])
    #expect(
      complaints("lans:\n  lab: {thread: 2}\nthreads: 2\n")
        == ["u.yaml:2:17: thread: is 2; allowed is 0 to 1, as there are 2 threads"])
    #expect(
      complaints("threads: 1\nlans: {lab: {thread: 1}}\n")
        == ["u.yaml:2:22: thread: is 1; allowed is 0, as there is one thread"])
  }

  @Test func `LANs that share a socket are not pinned apart`() {
    let lans = "threads: 2\nlans:\n  red:\n    thread: 0\n    ports: [\(port(1))]\n"
    #expect(complaints(lans + "  blue:\n    thread: 0\n    ports: [\(port(2))]\n") == [])
    #expect(complaints(lans + "  blue:\n    thread: 1\n    ports: [\(port(2, 8_472))]\n") == [])
    #expect(complaints(lans + "  blue: {ports: [\(port(2))]}\n") == [])
    #expect(
      complaints(lans + "  blue:\n    thread: 1\n    ports: [\(port(2))]\n") == [
        "u.yaml:7:13: thread: is 1, and LAN red, with which it shares a socket, is pinned to 0 at u.yaml:4:13; "
          + "pin both to one thread, or give one of them another socket"
      ])
  }
}
