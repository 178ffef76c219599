import CTransport
import Glibc
import LinuxIO
import Testing

@testable import SocketTransport

// Guests of a datagram door. The door's socket is kept by the host, and each process opens the door's own port anew.

@Suite struct DatagramHandOverTests {
  @Test(arguments: [(false, false), (false, true), (true, false), (true, true)], [true, false])
  func `a guest goes on with the next process and has noticed nothing`(
    sender: (isAbstract: Bool, isConnected: Bool), isQuiet: Bool
  ) throws {
    let door = try DatagramDoor()
    let guest = try DatagramGuest(to: door, isAbstract: sender.isAbstract, isConnected: sender.isConnected)
    let first = try door.open()
    let port = try guest.attach(to: door, first)
    let left = try port.leave(isQuiet: isQuiet)
    let second = try door.open()
    let next = try guest.adopt(left)
    #expect(next.state == UMBEL_STATE_UP && next.text == port.text)
    #expect(next.send([frame(60, tag: 2)]) == 1)
    #expect(guest.socket.receive() == frame(60, tag: 2))
    guest.send(frame(60, tag: 3), to: door)
    let received = second.receive()
    #expect(received.map(\.bytes) == [frame(60, tag: 3)])
    #expect(received.map(\.port) == [DrivenPort.number])
    #expect(second.record.arrived.isEmpty)
  }

  @Test func `a guest that sent before its port came has one port all the same`() throws {
    let door = try DatagramDoor()
    let guest = try DatagramGuest(to: door)
    let left = try guest.attach(to: door, try door.open()).leave(isQuiet: true)
    let second = try door.open()
    guest.send(frame(60, tag: 2), to: door)
    #expect(second.receive().isEmpty)
    let arrived = try #require(second.record.arrived.first)
    let next = try guest.adopt(left)
    // The announcement comes when the port has begun.
    let refusal = #expect(throws: Refusal.self) { try guest.open(arrived) }
    #expect(refusal?.code == EEXIST)
    arrived.abandon()
    second.tick(1)
    guest.send(frame(60, tag: 3), to: door)
    #expect(second.receive().map(\.port) == [DrivenPort.number])
    #expect(next.send([frame(60, tag: 4)]) == 1)
    #expect(guest.socket.receive() == frame(60, tag: 4))
    #expect(second.record.arrived.count == 1)
    // The place in the table is free again, and whoever has it next is let in.
    let other = try DatagramGuest(to: door)
    let port = try other.attach(to: door, second)
    #expect(port.state == UMBEL_STATE_UP)
  }

  @Test func `a guest finds the place of the door that it came in by`() throws {
    let doors = [try DatagramDoor(), try DatagramDoor()]
    let guests = try doors.map { try DatagramGuest(to: $0, isConnected: true) }
    let firsts = try doors.map { try $0.open() }
    let left = try zip(guests, zip(doors, firsts)).map { try $0.attach(to: $1.0, $1.1).leave(isQuiet: true) }
    let seconds = try doors.map { try $0.open() }
    for (index, guest) in guests.enumerated() {
      let next = try guest.adopt(left[index])
      #expect(next.send([frame(60)]) == 1)
      #expect(guest.socket.receive() == frame(60))
      guest.send(frame(60, tag: 2), to: doors[index])
      #expect(seconds[index].receive().map(\.bytes) == [frame(60, tag: 2)])
    }
  }

  @Test func `a guest that has gone meanwhile is found out`() throws {
    let door = try DatagramDoor()
    let guest = try DatagramGuest(to: door)
    let left = try guest.attach(to: door, try door.open()).leave(isQuiet: false)
    let second = try door.open()
    guest.socket.close()
    let next = try guest.adopt(left)
    #expect(second.deadline == 0)
    // A child that the test process is just starting may hold the guest's socket open for a moment after it was closed.
    for round in UInt64(0)..<500 where next.state != UMBEL_STATE_CLOSING {
      if round > 1 { usleep(10_000) }
      second.tick(1 + round * 1_000_000_000)
    }
    #expect(next.state == UMBEL_STATE_CLOSING)
    #expect(next.text == "the guest has closed its socket")
  }

  @Test func `a guest whose address is another's by now ends`() throws {
    let door = try DatagramDoor()
    let guest = try DatagramGuest(to: door)
    let left = try guest.attach(to: door, try door.open()).leave(isQuiet: false)
    let second = try door.open()
    guest.send(frame(60), to: door)
    #expect(second.receive().isEmpty)
    let next = try guest.adopt(left, process: 1)
    #expect(next.state == UMBEL_STATE_CLOSING)
    #expect(next.text == "another process has the guest's address now")
    #expect(next.send([frame(60)]) == -ECONNREFUSED)
    #expect(next.counters.isEmpty)
    next.close()
    // The other one is let in as usual.
    let port = try guest.open(try #require(second.record.arrived.first))
    #expect(port.state == UMBEL_STATE_UP)
  }

  @Test func `a guest of a door that is not open any more is refused`() throws {
    let door = try DatagramDoor()
    let guest = try DatagramGuest(to: door)
    let first = try door.open()
    let left = try guest.attach(to: door, first).leave(isQuiet: true)
    first.close()
    let refusal = #expect(throws: Refusal.self) { try guest.adopt(left) }
    #expect(refusal?.code == EBADMSG)
  }

  @Test func `what no guest can have left is refused`() throws {
    let door = try DatagramDoor()
    let guest = try DatagramGuest(to: door)
    let left = try guest.attach(to: door, try door.open()).leave(isQuiet: true)
    let second = try door.open()
    func field(_ bytes: [UInt8]) -> [UInt8] { [0, 0, 0, UInt8(bytes.count)] + bytes }
    let name: [UInt8] = [1, 0] + Array(door.path.utf8) + [0]
    for address in [[], [1, 0], [2, 0] + name.dropFirst(2), name + [UInt8](repeating: 1, count: 80)] as [[UInt8]] {
      let state = [1] + field(name) + field(address)
      let refusal = #expect(throws: Refusal.self) { try guest.adopt(left.with(state: state)) }
      #expect(refusal?.code == EBADMSG)
    }
    #expect(throws: Refusal.self) { try guest.adopt(left.with([(guest.socket.number, 0)])) }
    #expect(try guest.adopt(left).state == UMBEL_STATE_UP && second.state == UMBEL_STATE_UP)
  }
}
