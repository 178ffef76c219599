import Ethernet
import Testing

@testable import Switching

@Suite struct FlapTests {
  private let lan: Lan
  private let a: PortIndex
  private let b: PortIndex
  private let c: PortIndex
  private let flapping = station(7)

  init() throws {
    lan = Lan()
    a = try lan.add(.guest)
    b = try lan.add(.guest)
    c = try lan.add(.trunk)
    lan.send(from: a, flapping)
  }

  private func port(at now: UInt32 = start) -> PortIndex? { lan.find(flapping, at: now)?.port }

  /// The station is heard at `b` and `a` in turn, that many times in all.
  private func flap(_ count: Int, at now: UInt32 = start) {
    for move in 0..<count { lan.send(from: move % 2 == 0 ? b : a, flapping, at: now) }
  }

  @Test func `five moves are followed`() {
    flap(5)
    #expect(port() == b)
    #expect(lan.takeFlapEvent() == nil)
    #expect(lan.statistics(b).moves == 3)
    #expect(lan.statistics(a).moves == 2)
  }

  @Test func `the sixth move pins the station at its first port`() {
    flap(6)
    #expect(port() == a)
    #expect(lan.find(flapping)?.isPinned == true)
    lan.send(from: b, flapping)
    #expect(port() == a)
    #expect(lan.statistics(b).refusedPinned == 1)
    #expect(
      lan.takeFlapEvent()
        == FlapEvent(vlan: 0, address: flapping, keptPort: a, refusedPort: b, suppressed: 0))
    #expect(lan.takeFlapEvent() == nil)
  }

  @Test func `six forged frames do not steal an address`() {
    // The owner speaks after each of them but the last.
    flap(5)
    lan.send(from: c, flapping)
    #expect(port() == a)
    #expect(lan.entryCount(of: a) == 1)
    #expect(lan.entryCount(of: b) == 0)
    #expect(lan.entryCount(of: c) == 0)
    #expect(lan.takeFlapEvent()?.refusedPort == c)
    #expect(lan.send(from: c, station(1), to: flapping) == .unicast(a, .everyone))
  }

  @Test func `no port but the kept one learns a pinned station`() {
    flap(6)
    for port in [b, c] { lan.send(from: port, flapping, at: start &+ 179) }
    #expect(self.port(at: start &+ 179) == a)
  }

  @Test func `frames of a pinned station are still forwarded`() {
    flap(6)
    lan.send(from: c, station(1))
    #expect(lan.send(from: b, flapping, to: station(1)) == .unicast(c, .everyone))
  }

  @Test func `a pinned station is released after 180 seconds`() {
    flap(6)
    lan.send(from: b, flapping, at: start &+ 179)
    #expect(port(at: start &+ 179) == a)
    lan.send(from: b, flapping, at: start &+ 180)
    #expect(port(at: start &+ 180) == b)
    #expect(lan.find(flapping, at: start &+ 180)?.isPinned == false)
  }

  @Test func `after the release it takes six moves again`() {
    flap(6)
    flap(5, at: start &+ 180)
    #expect(port(at: start &+ 180) == b)
    lan.send(from: a, flapping, at: start &+ 180)
    #expect(lan.find(flapping, at: start &+ 180)?.isPinned == true)
    #expect(port(at: start &+ 180) == a)
  }

  @Test func `moves further apart than the window do not add up`() {
    for move in 0..<30 { lan.send(from: move % 2 == 0 ? b : a, flapping, at: start &+ UInt32(move * 40)) }
    #expect(lan.takeFlapEvent() == nil)
    #expect(port(at: start &+ 1_160) == a)
  }

  @Test func `a window lasts 180 seconds from its first move`() {
    flap(5)
    lan.send(from: a, flapping, at: start &+ 180)
    #expect(port(at: start &+ 180) == a)
    #expect(lan.takeFlapEvent() == nil)
    // Had it been one second earlier, the station would be pinned.
    let other = station(8)
    lan.send(from: a, other)
    for move in 0..<5 { lan.send(from: move % 2 == 0 ? b : a, other) }
    lan.send(from: a, other, at: start &+ 179)
    #expect(lan.takeFlapEvent()?.address == other)
  }

  @Test func `a new window begins at the port the station has then`() {
    flap(1)
    lan.send(from: b, flapping, at: start &+ 100)
    // The window from a to b is over; in the next one b is the oldest.
    for move in 0..<6 { lan.send(from: move % 2 == 0 ? a : b, flapping, at: start &+ 250) }
    #expect(port(at: start &+ 250) == b)
    #expect(lan.takeFlapEvent()?.keptPort == b)
  }

  @Test func `the window is right when the 16 bits of its start come round`() {
    for offset in stride(from: UInt32(65_536 - 300), through: 65_536 + 300, by: 50) {
      let now = (start & ~0xffff) &+ offset
      let moving = station(Int(100 + offset))
      lan.send(from: a, moving, at: now)
      for move in 0..<5 { lan.send(from: move % 2 == 0 ? b : a, moving, at: now &+ 100) }
      #expect(lan.find(moving, at: now &+ 100)?.port == b)
      lan.send(from: a, moving, at: now &+ 279)
      #expect(lan.find(moving, at: now &+ 279)?.isPinned == true)
      lan.send(from: b, moving, at: now &+ 279 &+ 180)
      #expect(lan.find(moving, at: now &+ 279 &+ 180)?.port == b)
    }
  }

  @Test func `a window of long ago is not taken for a new one when its 16 bits come round`() {
    flap(5)
    // Swept each minute, and heard, for as long as the 16 bits need.
    for minute in 1...UInt32(65_536 / 60) {
      let now = start &+ 60 &* minute
      lan.send(from: b, flapping, at: now)
      lan.sweep(at: now)
    }
    let now = start &+ 65_536 &+ 5
    lan.send(from: a, flapping, at: now)
    #expect(port(at: now) == a)
    #expect(lan.takeFlapEvent() == nil)
  }

  @Test func `when the first port is gone the station stays where it is`() throws {
    let lan = Lan()
    let (a, b, c) = (try lan.add(.guest), try lan.add(.guest), try lan.add(.guest))
    lan.send(from: a, flapping)
    lan.send(from: b, flapping)
    lan.remove(a)
    for port in [c, b, c, b] { lan.send(from: port, flapping) }
    lan.send(from: c, flapping)
    #expect(lan.find(flapping)?.port == b)
    #expect(lan.takeFlapEvent()?.keptPort == b)
  }

  @Test func `a new port with the first one's index is not the first one`() throws {
    let lan = Lan()
    let (a, b, c) = (try lan.add(.guest), try lan.add(.guest), try lan.add(.guest))
    lan.send(from: a, flapping)
    lan.send(from: b, flapping)
    lan.remove(a)
    #expect(try lan.add(.guest) == a)
    for port in [c, b, c, b, c] { lan.send(from: port, flapping) }
    #expect(lan.find(flapping)?.port == b)
    #expect(lan.entryCount(of: a) == 0)
  }

  @Test func `moves between the remotes of one trunk are no moves`() {
    for index in 0..<UInt32(20) { lan.send(from: c, station(9), remote: Remote(index: index, generation: 1)) }
    #expect(lan.statistics(c).moves == 0)
    #expect(lan.find(station(9))?.remote.index == 19)
    #expect(lan.takeFlapEvent() == nil)
  }

  @Test func `a station pinned at a trunk is sent to everyone until its remote is heard again`() {
    let remote = Remote(index: 5, generation: 2)
    let moving = station(9)
    lan.send(from: c, moving, remote: remote)
    for move in 0..<6 { lan.send(from: move % 2 == 0 ? a : b, moving) }
    #expect(lan.send(from: a, station(1), to: moving) == .unicast(c, .everyone))
    lan.send(from: c, moving, remote: remote)
    #expect(lan.send(from: a, station(1), to: moving) == .unicast(c, remote))
  }

  @Test func `one address in two VLANs is two stations`() {
    for move in 0..<6 {
      lan.send(from: move % 2 == 0 ? a : b, station(9), vlan: 1)
      lan.send(from: move % 2 == 0 ? b : a, station(9), vlan: 2)
    }
    #expect(lan.find(station(9), vlan: 1)?.isPinned == false)
    #expect(lan.find(station(9), vlan: 2)?.isPinned == false)
  }

  @Test func `a pinned station that has expired is learned anywhere`() {
    var configuration = SwitchConfiguration()
    configuration.ageingSeconds = 60
    let lan = Lan(configuration)
    guard let a = try? lan.add(.guest), let b = try? lan.add(.guest) else { return }
    lan.send(from: a, flapping)
    for move in 0..<6 { lan.send(from: move % 2 == 0 ? b : a, flapping) }
    lan.send(from: b, flapping, at: start &+ 60)
    #expect(lan.find(flapping, at: start &+ 60)?.port == b)
  }

  @Test func `events are limited to one in ten seconds and the others are counted`() {
    for number in 10..<20 {
      lan.send(from: a, station(number))
      for move in 0..<6 { lan.send(from: move % 2 == 0 ? b : a, station(number)) }
    }
    #expect(lan.takeFlapEvent()?.address == station(10))
    #expect(lan.takeFlapEvent() == nil)
    for (number, second) in [(20, UInt32(9)), (21, 10)] {
      lan.send(from: a, station(number), at: start &+ second)
      for move in 0..<6 { lan.send(from: move % 2 == 0 ? b : a, station(number), at: start &+ second) }
    }
    let event = lan.takeFlapEvent()
    #expect(event?.address == station(21))
    #expect(event?.suppressed == 10)
  }
}
