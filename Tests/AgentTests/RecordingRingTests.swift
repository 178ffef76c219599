import Glibc
import LinuxIO
import Recording
import Synchronization
import Testing

/// A ring as its writer and its readers see it.
struct RecordingRingTests {
  /// A frame that shows its number in each of its bytes.
  private static func frame(_ number: Int, length: Int) -> [UInt8] {
    (0..<length).map { UInt8(truncatingIfNeeded: number &* 7 &+ $0) }
  }

  @Test(arguments: [0, 1, 14, 63, 64, 65, 100, 127, 128, 129, 1_514])
  func `what is read is the beginning of what was written`(_ length: Int) throws {
    let ring = try WrittenRing()
    let whole = Self.frame(3, length: length)
    ring.write(whole, time: 42)
    if length > 20 { ring.write(whole, cut: 13) }
    ring.publish()
    var reader = RingReader(try ring.reader())
    var bytes: [UInt8] = []
    let next = reader.next(into: &bytes)
    let record = try #require(next)
    #expect(bytes == Array(whole.prefix(128)))
    #expect(record == CaptureRecord(time: 42, port: 7, direction: .arriving, outcome: .flooded, length: length))
    if length > 20 {
      let other = reader.next(into: &bytes)
      #expect(other != nil)
      #expect(bytes == Array(whole.prefix(128)))
    }
    let none = reader.next(into: &bytes)
    let lost = reader.lost
    #expect(none == nil && lost == 0)
  }

  @Test func `what is not published is not seen`() throws {
    let ring = try WrittenRing()
    ring.write(Self.frame(1, length: 60))
    var reader = RingReader(try ring.reader())
    var bytes: [UInt8] = []
    let early = reader.next(into: &bytes)
    ring.publish()
    let late = reader.next(into: &bytes)
    #expect(early == nil && late != nil)
  }

  @Test func `a reader that keeps up loses nothing over many laps`() throws {
    let ring = try WrittenRing()
    var reader = RingReader(try ring.reader())
    var bytes: [UInt8] = []
    for number in 0..<20_000 {
      let frame = Self.frame(number, length: 60 + number % 90)
      ring.write(frame)
      ring.publish()
      let record = reader.next(into: &bytes)
      try #require(record != nil)
      try #require(bytes == Array(frame.prefix(128)))
    }
    let lost = reader.lost
    #expect(lost == 0)
  }

  @Test func `a reader that is overtaken counts what it has lost, and goes on with whole records`() throws {
    let ring = try WrittenRing()
    var reader = RingReader(try ring.reader())
    var bytes: [UInt8] = []
    for number in 0..<5_000 { ring.write(Self.frame(number, length: 100), time: UInt64(number)) }
    ring.publish()
    var read = 0
    var first: CaptureRecord?
    var last: UInt64 = 0
    while let record = reader.next(into: &bytes) {
      if first == nil { first = record }
      try #require(bytes == Self.frame(Int(record.time), length: 100))
      last = record.time
      read += 1
    }
    #expect(last == 4_999)
    #expect(read > 100)
    let lost = reader.lost
    #expect(Int(lost) + read == 5_000)
    #expect(first?.lostBefore == lost && first?.time == lost)
  }

  @Test func `a flight recorder is read from the oldest record that is there`() throws {
    let ring = try WrittenRing()
    for number in 0..<5_000 { ring.write(Self.frame(number, length: 100), time: UInt64(number)) }
    ring.publish()
    var reader = RingReader.fromOldest(try ring.reader())
    var bytes: [UInt8] = []
    let oldest = reader.next(into: &bytes)
    let first = try #require(oldest)
    var read = 1
    while reader.next(into: &bytes) != nil { read += 1 }
    // 136 bytes each: all but two of 64 parts of the ring.
    #expect(read >= 65_536 / 136 * 61 / 64)
    #expect(first.time == UInt64(5_000 - read))
    let lost = reader.lost
    #expect(lost == 0 && first.lostBefore == 0)
  }

  @Test func `who reads can neither write nor cut the ring`() throws {
    #expect(try !WrittenRing().isOpenToOthers())
  }

  @Test func `a file that is no ring is refused`() throws {
    let file = try MemoryFile.make("no-ring", [UInt8](repeating: 1, count: 100_000))
    do throws(Errno) {
      _ = try RingMemory(reading: file)
      Issue.record("it is taken")
    } catch {
      #expect(error == Errno(EPROTO))
    }
  }

  @Test func `a reader beside a writer that never waits sees no record that is not whole`() async throws {
    let ring = try WrittenRing()
    let memory = try ring.reader()
    let count = 300_000
    let isDone = IsDone()
    let writing = Task.detached {
      for number in 0..<count {
        ring.write(Self.frame(number, length: 20 + number % 109), time: UInt64(number))
        if number % 16 == 0 { ring.publish() }
      }
      ring.publish()
      isDone.value.store(true, ordering: .releasing)
    }
    var reader = RingReader(memory)
    var bytes: [UInt8] = []
    var read = 0
    var wrong = 0
    var next: UInt64 = 0
    while true {
      let wasDone = isDone.value.load(ordering: .acquiring)
      guard let record = reader.next(into: &bytes) else {
        if wasDone { break }
        await Task.yield()
        continue
      }
      let number = Int(record.time)
      if record.time != next + record.lostBefore || bytes != Self.frame(number, length: 20 + number % 109) {
        wrong += 1
      }
      next = record.time + 1
      read += 1
    }
    await writing.value
    #expect(wrong == 0)
    let lost = reader.lost
    #expect(read + Int(lost) == count)
  }
}

private final class IsDone: Sendable {
  let value = Atomic<Bool>(false)
}
