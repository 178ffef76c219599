import CBenchmark
import Glibc

/// What a frame of the load generator is for: the byte at offset 18.
enum FrameKind: UInt8 {
  case hello = 1
  case warmUp = 2
  case data = 3
  case ping = 4
}

/// An Ethernet address in the low 48 bits.
typealias Address = UInt64

/// Up to `Batch.slots` frames that one system call sends or receives.
///
/// A frame: destination, source, EtherType 0x88B5 (IEEE 802 local experimental 1), "ULD1", kind, a zero byte, then a
/// sequence number of 8 bytes at offset 20 in the machine's byte order. The rest is zero.
///
/// `@safe`: the memory lives as long as the value, and slots are checked against `slots`.
@safe struct Batch: ~Copyable {
  static let slots = Int(BENCHMARK_SLOTS)
  private let memory: OpaquePointer

  init() throws(LoadError) {
    guard let memory = unsafe benchmark_batch_create() else { throw .noMemory }
    unsafe self.memory = memory
  }

  deinit { unsafe benchmark_batch_free(memory) }

  /// Writes a whole header into `slot`.
  func write(slot: Int, to destination: Address, from source: Address, kind: FrameKind, sequence: UInt64) {
    let bytes = unsafe bytes(slot)
    unsafe Self.store(destination, at: bytes)
    unsafe Self.store(source, at: bytes + 6)
    unsafe (bytes[12], bytes[13]) = (0x88, 0xb5)
    unsafe (bytes[14], bytes[15], bytes[16], bytes[17]) = (0x55, 0x4c, 0x44, 0x31)
    unsafe (bytes[18], bytes[19]) = (kind.rawValue, 0)
    unsafe UnsafeMutableRawPointer(bytes).storeBytes(of: sequence, toByteOffset: 20, as: UInt64.self)
  }

  /// The sequence number of the frame in `slot`; nil when it is none of ours, of another kind or for somebody else.
  func sequence(slot: Int, for destination: Address, kind: FrameKind) -> UInt64? {
    guard unsafe benchmark_length(memory, UInt32(slot)) >= 60 else { return nil }
    let bytes = unsafe bytes(slot)
    guard unsafe (bytes[14], bytes[15], bytes[16], bytes[17]) == (0x55, 0x4c, 0x44, 0x31) else { return nil }
    guard unsafe bytes[18] == kind.rawValue, unsafe Self.load(bytes) == destination else { return nil }
    return unsafe UnsafeRawPointer(bytes).loadUnaligned(fromByteOffset: 20, as: UInt64.self)
  }

  /// The source address of the frame in `slot`.
  func source(slot: Int) -> Address {
    unsafe Self.load(bytes(slot) + 6)
  }

  /// Bytes of the frame in `slot`, as received.
  func length(slot: Int) -> Int {
    Int(unsafe benchmark_length(memory, UInt32(slot)))
  }

  /// Sends slots `first..<end`. Returns how many went, or -errno; -EAGAIN: none within the sockets' timeout.
  func send(by endpoint: benchmark_endpoint, first: Int, end: Int, size: Int) -> Int32 {
    var endpoint = endpoint
    return unsafe benchmark_send(memory, &endpoint, UInt32(first), UInt32(end - first), UInt32(size))
  }

  /// Sends slots `first..<end`, each with its length in bytes. Returns how many went, or -errno.
  func send(by endpoint: benchmark_endpoint, first: Int, end: Int, sizes: [UInt32]) -> Int32 {
    precondition(end <= sizes.count && end <= Self.slots, "a length for each slot")
    var endpoint = endpoint
    return unsafe benchmark_send_mixed(memory, &endpoint, UInt32(first), UInt32(end - first), sizes)
  }

  /// Waits for frames. Returns how many came, or -errno; -EAGAIN: none within the sockets' timeout.
  func receive(by endpoint: benchmark_endpoint, limit: Int = Batch.slots) -> Int32 {
    var endpoint = endpoint
    return unsafe benchmark_receive(memory, &endpoint, UInt32(limit))
  }

  private func bytes(_ slot: Int) -> UnsafeMutablePointer<UInt8> {
    precondition((0..<Self.slots).contains(slot), "a batch has \(Self.slots) slots")
    return unsafe benchmark_slot(memory, UInt32(slot))!
  }

  private static func store(_ address: Address, at bytes: UnsafeMutablePointer<UInt8>) {
    for byte in 0..<6 { unsafe bytes[byte] = UInt8(truncatingIfNeeded: address >> (40 - 8 * UInt64(byte))) }
  }

  private static func load(_ bytes: UnsafeMutablePointer<UInt8>) -> Address {
    var address: Address = 0
    for byte in 0..<6 { address = unsafe address << 8 | Address(bytes[byte]) }
    return address
  }
}
