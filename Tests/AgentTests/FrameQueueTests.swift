import CTransport
import Testing
import TransportHost

@testable import Agent

/// What waits for a slow port.
struct FrameQueueTests {
  @Test func `frames come out as they went in, in order`() throws {
    let queue = try TestQueue(capacity: 64 << 10)
    let frames = (0..<5).map { QueuedFrame(length: 14 + $0 * 100, serial: $0) }
    for frame in frames { #expect(queue.add(frame)) }
    #expect(queue.frameCount == 5)
    #expect(queue.take(5) == frames)
    #expect(queue.isEmpty && queue.usedBytes == 0)
  }

  @Test func `a frame in pieces comes out in one`() throws {
    let queue = try TestQueue(capacity: 4_096)
    let frame = QueuedFrame(length: 300, serial: 7)
    #expect(queue.add(frame, cutAt: [1, 1, 64, 200]))
    #expect(queue.take(1) == [frame])
  }

  @Test func `remote and offload metadata stay with the frame`() throws {
    let queue = try TestQueue(capacity: 4_096)
    var frame = QueuedFrame(length: 60, serial: 1)
    frame.remote = 0x0001_0002_0003_0004
    frame.gsoSize = 1_448
    #expect(queue.add(frame))
    #expect(queue.take(1) == [frame])
  }

  @Test func `looking takes nothing out`() throws {
    let queue = try TestQueue(capacity: 4_096)
    let frames = (0..<3).map { QueuedFrame(length: 60, serial: $0) }
    for frame in frames { #expect(queue.add(frame)) }
    #expect(queue.look(2) == Array(frames[..<2]))
    #expect(queue.look(10) == frames)
    #expect(queue.frameCount == 3)
  }

  @Test func `what finds no room is refused, and what was there stays`() throws {
    // 60 bytes and a header of 32 make a record of 96.
    let queue = try TestQueue(capacity: 960)
    let frames = (0..<10).map { QueuedFrame(length: 60, serial: $0) }
    for frame in frames { #expect(queue.add(frame)) }
    #expect(queue.usedBytes == 960)
    #expect(!queue.add(QueuedFrame(length: 14, serial: 99)))
    #expect(queue.take(10) == frames)
  }

  @Test func `a frame larger than the queue is refused`() throws {
    let queue = try TestQueue(capacity: 1_024)
    #expect(!queue.add(QueuedFrame(length: 1_000, serial: 1)))
    #expect(queue.isEmpty)
    #expect(queue.add(QueuedFrame(length: 1_024 - 32, serial: 2)))
  }

  @Test func `the smallest queue that a LAN may have takes the longest frame`() throws {
    let option = try #require(LanConfiguration.options.first { $0.name == "queue" })
    let queue = try TestQueue(capacity: Int(option.minimum))
    let isTaken = queue.add(QueuedFrame(length: Int(UMBEL_LARGEST_FRAME), serial: 1))
    #expect(isTaken)
  }

  @Test("no record wraps in the middle, however near the end is", arguments: [16, 32, 48, 64, 160])
  func wraps(_ restAtEnd: Int) throws {
    // Two records leave `restAtEnd` bytes at the end; the first goes, so that a third has room at the start only.
    let queue = try TestQueue(capacity: 2_016 + restAtEnd)
    let first = QueuedFrame(length: 976, serial: 1)
    let second = QueuedFrame(length: 976, serial: 2)
    #expect(queue.add(first) && queue.add(second))
    #expect(queue.take(1) == [first])
    let third = QueuedFrame(length: 400, serial: 3)
    #expect(queue.add(third))
    #expect(queue.usedBytes == 1_008 + restAtEnd + 432)
    #expect(queue.look(2) == [second, third])
    #expect(queue.take(1) == [second])
    #expect(queue.take(1) == [third])
    #expect(queue.usedBytes == 0)
  }

  @Test func `a queue whose memory was given back works on`() throws {
    let queue = try TestQueue(capacity: 64 << 10)
    for round in 0..<3 {
      let frame = QueuedFrame(length: 9_216, serial: round)
      #expect(queue.add(frame))
      queue.releaseIdleMemory()
      #expect(queue.take(1) == [frame], "memory in use is not given back")
      queue.releaseIdleMemory()
    }
  }

  @Test("it does what a plain list does", arguments: 0..<8)
  func model(_ seed: UInt64) throws {
    var random = Generator(state: seed)
    let capacity = [512, 1_040, 4_096, 65_536][Int(seed % 4)]
    let queue = try TestQueue(capacity: capacity)
    var model: [QueuedFrame] = []
    var refused = 0
    for serial in 0..<2_000 {
      if Int.random(in: 0..<100, using: &random) < 60 {
        let frame = QueuedFrame(length: .random(in: 14...min(capacity, 2_000), using: &random), serial: serial)
        if queue.add(frame) {
          model.append(frame)
        } else {
          refused += 1
          // Half of the queue is always usable, whatever is left over at its end.
          #expect(2 * (model.map(\.record).reduce(0, +) + frame.record) > capacity)
        }
      } else if !model.isEmpty {
        let count = Int.random(in: 1...min(model.count, 4), using: &random)
        #expect(queue.take(count) == Array(model[..<count]))
        model.removeFirst(count)
      }
      #expect(queue.frameCount == model.count)
      #expect(queue.usedBytes <= capacity)
      #expect(queue.usedBytes >= model.map(\.record).reduce(0, +))
    }
    #expect(queue.look(model.count) == model)
    if capacity < 65_536 { #expect(refused > 0) }
  }
}
