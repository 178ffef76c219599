import Agent
import CTransport
import Glibc
import LinuxIO
import Recording
import Synchronization
import Testing

/// A ring as its writer and its readers see it.
struct RecordingRingTests {
  /// A ring with a writer.
  @safe
  private final class Written: @unchecked Sendable {
    // Sendable: one thread writes, others read through mappings of their own.
    private let memory: RingMemory
    private let writer: UnsafeMutablePointer<RingWriter>

    init(bytes: Int = 65_536, snaplen: Int = 128) throws {
      memory = try RingMemory(byteCount: bytes, snaplen: snaplen)
      unsafe writer = .allocate(capacity: 1)
      unsafe writer.initialize(to: RingWriter(memory))
    }

    deinit {
      unsafe writer.deinitialize(count: 1)
      unsafe writer.deallocate()
    }

    /// Records a frame in one piece, or in two.
    func write(_ bytes: [UInt8], time: UInt64 = 0, cut: Int? = nil) {
      unsafe bytes.withUnsafeBytes { buffer in
        let cut = cut ?? buffer.count
        let pieces = unsafe [
          umbel_piece(data: buffer.baseAddress!, length: cut),
          umbel_piece(data: buffer.baseAddress! + cut, length: buffer.count - cut),
        ]
        unsafe pieces.withUnsafeBufferPointer { pieces in
          var frame = unsafe umbel_frame()
          unsafe frame.pieces = pieces.baseAddress
          unsafe frame.piece_count = cut == buffer.count ? 1 : 2
          unsafe frame.length = UInt32(buffer.count)
          unsafe writer.pointee.time = time
          unsafe writer.pointee.append(
            &frame, port: 7, RingWriter.Fate(isLeaving: false, outcome: RingLayout.flooded))
        }
      }
    }

    func publish() { unsafe writer.pointee.publish() }

    /// A mapping as another process has it.
    func reader() throws -> RingMemory { try RingMemory(reading: try memory.descriptor().number) }

    /// Whether somebody with the descriptor could write, or cut the file.
    func isOpenToOthers() throws -> Bool {
      let file = try memory.descriptor()
      return ftruncate(file.number, 0) == 0
        || (unsafe mmap(nil, 4_096, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0)) != MAP_FAILED
    }
  }

  /// A frame that shows its number in each of its bytes.
  private static func frame(_ number: Int, length: Int) -> [UInt8] {
    (0..<length).map { UInt8(truncatingIfNeeded: number &* 7 &+ $0) }
  }

  @Test(arguments: [0, 1, 14, 63, 64, 65, 100, 127, 128, 129, 1_514])
  func `what is read is the beginning of what was written`(_ length: Int) throws {
    let ring = try Written()
    let whole = Self.frame(3, length: length)
    ring.write(whole, time: 42)
    if length > 20 { ring.write(whole, cut: 13) }
    ring.publish()
    var reader = RingReader(try ring.reader())
    var bytes: [UInt8] = []
    let record = try #require(reader.next(into: &bytes))
    #expect(bytes == Array(whole.prefix(128)))
    #expect(record == CaptureRecord(time: 42, port: 7, direction: .arriving, outcome: .flooded, length: length))
    if length > 20 {
      _ = try #require(reader.next(into: &bytes))
      #expect(bytes == Array(whole.prefix(128)))
    }
    #expect(reader.next(into: &bytes) == nil)
    #expect(reader.lost == 0)
  }

  @Test func `what is not published is not seen`() throws {
    let ring = try Written()
    ring.write(Self.frame(1, length: 60))
    var reader = RingReader(try ring.reader())
    var bytes: [UInt8] = []
    #expect(reader.next(into: &bytes) == nil)
    ring.publish()
    #expect(reader.next(into: &bytes) != nil)
  }

  @Test func `a reader that keeps up loses nothing over many laps`() throws {
    let ring = try Written()
    var reader = RingReader(try ring.reader())
    var bytes: [UInt8] = []
    for number in 0..<20_000 {
      let frame = Self.frame(number, length: 60 + number % 90)
      ring.write(frame)
      ring.publish()
      try #require(reader.next(into: &bytes) != nil)
      try #require(bytes == Array(frame.prefix(128)))
    }
    #expect(reader.lost == 0)
  }

  @Test func `a reader that is overtaken counts what it has lost, and goes on with whole records`() throws {
    let ring = try Written()
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
    #expect(Int(reader.lost) + read == 5_000)
    #expect(first?.lostBefore == reader.lost && first?.time == reader.lost)
  }

  @Test func `a flight recorder is read from the oldest record that is there`() throws {
    let ring = try Written()
    for number in 0..<5_000 { ring.write(Self.frame(number, length: 100), time: UInt64(number)) }
    ring.publish()
    var reader = RingReader.fromOldest(try ring.reader())
    var bytes: [UInt8] = []
    let first = try #require(reader.next(into: &bytes))
    var read = 1
    while reader.next(into: &bytes) != nil { read += 1 }
    // 136 bytes each: all but two of 64 parts of the ring.
    #expect(read >= 65_536 / 136 * 61 / 64)
    #expect(first.time == UInt64(5_000 - read))
    #expect(reader.lost == 0 && first.lostBefore == 0)
  }

  @Test func `who reads can neither write nor cut the ring`() throws {
    #expect(try !Written().isOpenToOthers())
  }

  @Test func `a file that is no ring is refused`() throws {
    let file = try MemoryFile.make("no-ring", [UInt8](repeating: 1, count: 100_000))
    #expect(throws: Errno(EPROTO)) { try RingMemory(reading: file.number) }
  }

  @Test func `a reader beside a writer that never waits sees no record that is not whole`() async throws {
    let ring = try Written()
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
    #expect(read + Int(reader.lost) == count)
  }
}

private final class IsDone: Sendable {
  let value = Atomic<Bool>(false)
}
