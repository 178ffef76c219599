public import CTransport
public import Glibc

/// Memory for received frames: slots of a fixed size, made once, with the vectors and pieces that describe them.
///
/// The frames of a batch are borrowed by the host until the endpoint's next `receive`, so every endpoint needs memory of
/// its own, and there may be hundreds. A slot therefore has two parts: a head that holds an ordinary frame, and a tail,
/// far from it, that only larger ones reach. The memory is mapped, not touched: with 64 slots of 2,048 + 7,168 bytes a
/// quiet endpoint occupies a page or two, one that has met a full batch 128 KiB, one that has met 64 jumbo frames at
/// once 576 KiB.
@safe
public struct ReceiveBuffers: ~Copyable {
  /// How many frames fit.
  public let slots: Int
  /// Bytes of the first piece of a slot, 64 or more.
  public let headBytes: Int
  /// Bytes of the second piece; 0: slots have one.
  public let tailBytes: Int
  /// For readv(2) and its like: `vectorsPerSlot` for each slot.
  public let vectors: UnsafeMutablePointer<iovec>
  // Two for each slot; only their lengths change.
  @usableFromInline let pieces: UnsafeMutablePointer<umbel_piece>
  private let memory: UnsafeMutableRawPointer

  /// How many vectors a slot has: 1 without a tail, 2 with one.
  public var vectorsPerSlot: Int { tailBytes == 0 ? 1 : 2 }

  public init(slots: Int = 64, headBytes: Int = 2_048, tailBytes: Int = 7_168) {
    precondition(slots > 0 && headBytes >= 64 && tailBytes >= 0, "the host wants 64 bytes in the first piece")
    self.slots = slots
    self.headBytes = headBytes
    self.tailBytes = tailBytes
    let mapped = unsafe mmap(
      nil, slots * (headBytes + tailBytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else { fatalError("no memory to map buffers") }
    unsafe memory = unsafe mapped
    let perSlot = tailBytes == 0 ? 1 : 2
    unsafe vectors = .allocate(capacity: slots * perSlot)
    unsafe pieces = .allocate(capacity: slots * 2)
    for slot in 0..<slots {
      let head = unsafe mapped + slot * headBytes
      let tail = unsafe mapped + slots * headBytes + slot * tailBytes
      unsafe vectors[slot * perSlot] = iovec(iov_base: head, iov_len: headBytes)
      if perSlot == 2 { unsafe vectors[slot * 2 + 1] = iovec(iov_base: tail, iov_len: tailBytes) }
      unsafe pieces[slot * 2] = umbel_piece(data: head, length: 0)
      unsafe pieces[slot * 2 + 1] = umbel_piece(data: tail, length: 0)
    }
  }

  deinit {
    unsafe munmap(memory, slots * (headBytes + tailBytes))
    unsafe vectors.deallocate()
    unsafe pieces.deallocate()
  }

  /// The head of a slot, to receive into.
  @inlinable
  public func head(_ slot: Int) -> UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(
      start: UnsafeMutableRawPointer(mutating: pieces[slot &* 2].data), count: headBytes)
  }
}
