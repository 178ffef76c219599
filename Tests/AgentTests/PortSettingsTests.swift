import Agent
import Switching
import Testing
import TransportHost

// The agent's own options of a port, in a configuration.

private let transports = ConfigurationFixture.transports + [ConfigurationFixture.tap]

private func lan(_ lines: String) throws -> LanConfiguration {
  let text = "lans:\n  lab:\n" + lines
  let configuration = try ConfigurationFixture.read(("u.yaml", text), transports: transports)
  return try #require(configuration.lans.first)
}

private func complaints(_ port: String) -> [String] {
  ConfigurationFixture.complaints(("u.yaml", "lans: {lab: {ports: [\(port)]}}\n"), transports: transports)
}

@Suite("The agent's options of every port")
struct PortSettingsTests {
  @Test("A guest of the configuration has the loop guard and generous storm limits, a trunk the hello and no limits")
  func defaults() throws {
    let ports = try lan("    ports: [{transport: tap}, {transport: mcast}]\n").ports
    let guest = ports[0].settings
    #expect(guest.loopGuard && !guest.hello && guest.mssClamp && guest.tooBig && guest.coalesce)
    #expect(guest.oversize == .fragment)
    #expect([guest.storm.broadcast, guest.storm.multicast, guest.storm.unknown] == [20_000, 100_000, 100_000])
    let trunk = ports[1].settings
    #expect(trunk.hello && !trunk.loopGuard)
    #expect([trunk.storm.broadcast, trunk.storm.multicast, trunk.storm.unknown] == [0, 0, 0])
  }

  @Test("They stand beside the options of the transport, which does not get them")
  func given() throws {
    let port = try lan(
      """
          ports:
            - {transport: tap, device: tap0, storm-broadcast: 500, oversize: drop, too-big: no, mss-clamp: off, coalesce: off}
      """
    ).ports[0]
    #expect(port.values == [OptionValue(option: 0, text: "tap0")])
    #expect(port.settings.storm.broadcast == 500 && port.settings.storm.multicast == 100_000)
    #expect(port.settings.oversize == .drop && !port.settings.tooBig && !port.settings.mssClamp)
    #expect(!port.settings.coalesce)
  }

  @Test(
    "A LAN gives the defaults of its guests, wherever its keys stand, and those of its doors; trunks have their own")
  func lanDefaults() throws {
    let lan = try lan(
      """
          ports: [{transport: tap}, {transport: tap, device: t, storm-unknown: 7}, {transport: mcast}]
          storm-broadcast: 11
          storm-multicast: 12
          storm-unknown: 13
          loop-guard: on
      """)
    let storms = lan.ports.map {
      [$0.settings.storm.broadcast, $0.settings.storm.multicast, $0.settings.storm.unknown]
    }
    #expect(storms == [[11, 12, 13], [11, 12, 7], [0, 0, 0]])
    let door = lan.guestDefaults.settings(of: .guest, isConfigured: false)
    #expect(door.storm.broadcast == 11 && door.loopGuard)
  }

  @Test("Guests of a door have no loop guard unless their LAN says so")
  func doorGuests() throws {
    #expect(try !lan("    doors: [vde]\n").guestDefaults.settings(of: .guest, isConfigured: false).loopGuard)
  }

  @Test("A transport's own option of the same name is the transport's")
  func shadowed() throws {
    let own = TransportDescription(
      name: "own", summary: "Has a hello.", path: "/libumbel-own.so",
      options: [OptionDescription(name: "hello", help: "A word.", kind: .string)], doors: [], roles: [.trunk],
      defaultRole: .trunk)
    let text = "lans: {lab: {ports: [{transport: own, hello: world}]}}"
    let port = try ConfigurationFixture.read(("u.yaml", text), transports: [own]).lans[0].ports[0]
    #expect(port.values.map(\.text) == ["world"] && port.settings.hello)
  }

  @Test("Two ports that differ in them alone are different, and so are two LANs")
  func equality() throws {
    #expect(
      try lan("    ports: [{transport: tap}]\n").ports != lan("    ports: [{transport: tap, too-big: off}]\n").ports)
    #expect(try lan("    doors: [vde]\n") != lan("    doors: [vde]\n    storm-unknown: 1\n"))
  }

  @Test("What is not as usual is in the summary")
  func summary() throws {
    let text = "lans: {lab: {doors: [], ports: [{transport: tap, device: t, storm-broadcast: 5, too-big: true}]}}"
    let configuration = try ConfigurationFixture.read(("u.yaml", text), transports: transports)
    #expect(
      configuration.summary(transports: transports).contains("  port tap: tap guest device=t storm-broadcast=5\n"))
  }

  @Test("A value that is not allowed is shown at its place, with what is")
  func refusedValues() {
    #expect(
      complaints("{transport: tap, storm-broadcast: -1}") == [
        "u.yaml:1:56: storm-broadcast: is -1; allowed is 0 to 4294967295"
      ])
    #expect(
      complaints("{transport: tap, oversize: split}") == [
        "u.yaml:1:49: oversize: is split; allowed is fragment or drop"
      ])
  }

  @Test("A mistyped one is met with the nearest")
  func mistyped() {
    #expect(
      complaints("{transport: tap, strom-broadcast: 1}") == [
        "u.yaml:1:39: strom-broadcast: is not an option of tap; did you mean storm-broadcast?"
      ])
  }

  @Test("One that makes no sense for the role is refused with the role that has it")
  func misplaced() {
    #expect(
      complaints("{transport: tap, hello: on}") == [
        "u.yaml:1:39: hello: is an option of trunk ports, and this is a guest port"
      ])
    #expect(
      complaints("{transport: mcast, loop-guard: on}") == [
        "u.yaml:1:41: loop-guard: is an option of guest ports, and this is a trunk port"
      ])
  }
}
