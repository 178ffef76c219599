import CRecording
import CTransport
import Testing

/// The loop that writes the flight recorder's ring.
struct RecordedBatchTests {
  @Test func `a batch of several ports is recorded up to the first of another`() {
    var cursor = unsafe crecording_cursor()
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 4_096)
    defer { unsafe bytes.deallocate() }
    unsafe bytes.initialize(repeating: 0, count: 4_096)
    unsafe cursor.next = unsafe bytes
    unsafe cursor.snaplen = 128
    var piece = unsafe umbel_piece(data: UnsafeRawPointer(bytes + 3_000), length: 100)
    let frames = UnsafeMutablePointer<umbel_frame>.allocate(capacity: 7)
    defer { unsafe frames.deallocate() }
    unsafe withUnsafePointer(to: &piece) { piece in
      for (index, port) in [UInt32(7), 7, 7, 9, 9, 7].enumerated() {
        unsafe (frames + index).initialize(to: umbel_frame())
        unsafe frames[index].pieces = unsafe piece
        unsafe frames[index].piece_count = 1
        unsafe frames[index].length = 100
        unsafe frames[index].port = port
      }
      unsafe (frames + 6).initialize(to: umbel_frame())
      var turns = unsafe [0, 1, 3, 5, 6].map { unsafe crecording_turn(frame: frames + $0, peer: 0, fate: 0) }
      let done = unsafe crecording_append(&cursor, &turns, 4, 7)
      #expect(done == 2)
      let (isThird, count, length) = unsafe (turns[2].frame == frames + 3, cursor.count, cursor.next - bytes)
      #expect(isThird && count == 3 && length == 3 * 136)
    }
  }
}
