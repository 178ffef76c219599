import Agent
import CTransport
import Glibc
import LinuxIO
import Recording

/// A ring with a writer.
@safe
final class WrittenRing: @unchecked Sendable {
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
  func reader() throws -> RingMemory { try RingMemory(reading: try memory.descriptor()) }

  /// Whether somebody with the descriptor could write, or cut the file.
  func isOpenToOthers() throws -> Bool {
    let file = try memory.descriptor()
    let mapped = unsafe mmap(nil, 4_096, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0)
    return unsafe ftruncate(file.number, 0) == 0 || mapped != MAP_FAILED
  }
}
