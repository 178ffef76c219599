import CLinux
import Glibc
import LinuxIO
import TransportKit

/// One sender of a datagram door.
struct SenderSlot {
  enum State: UInt8 {
    case free
    /// Told to the host, which has not decided.
    case announced
    /// Has a port.
    case admitted
    /// Not let in; not announced again for a while.
    case refused
  }

  var state = State.free
  /// No datagram belongs to it any more: it is gone, or another has its address.
  var isDetached = false
  /// Has sent since the last tick.
  var isHeard = false
  /// Ticks since it last sent, or since it was refused.
  var quietSeconds = 0
  var credentials = SenderCredentials()
  var hash: UInt64 = 0
  /// Bytes of its address.
  var nameLength = 0
  /// Bytes of the address to which its frames go.
  var targetLength = 0
  /// The next of its bucket, or of the free ones; -1: none.
  var next: Int32 = -1
  /// Of its port.
  var port: UInt32 = 0
  var host: HostPort?

  var runts: UInt64 = 0
  var empties: UInt64 = 0
  var oversizes: UInt64 = 0
  var sendErrors = SendErrorCounters()
}

/// The senders that a datagram door knows, found by address and credentials: the same address with other credentials is
/// another sender. Chained hashing over fixed memory; the hash is seeded, so that no guest can aim at one chain.
@safe
struct DatagramSenders: ~Copyable {
  /// Senders of one door at most.
  static let capacity = 256
  private static let buckets = 512

  let slots: UnsafeMutablePointer<SenderSlot>
  private let names: UnsafeMutableRawPointer
  private let targets: UnsafeMutableRawPointer
  private let heads: UnsafeMutablePointer<Int32>
  private var firstFree: Int32 = 0
  private(set) var used = 0
  private let seed = UInt64.random(in: 0...UInt64.max)

  init() {
    unsafe slots = .allocate(capacity: Self.capacity)
    unsafe slots.initialize(repeating: SenderSlot(), count: Self.capacity)
    unsafe names = .allocate(byteCount: Self.capacity * DatagramReceiver.nameStride, alignment: 8)
    unsafe targets = .allocate(byteCount: Self.capacity * DatagramReceiver.nameStride, alignment: 8)
    unsafe heads = .allocate(capacity: Self.buckets)
    unsafe heads.initialize(repeating: -1, count: Self.buckets)
    for index in 0..<Self.capacity {
      unsafe slots[index].next = index + 1 < Self.capacity ? Int32(index + 1) : -1
    }
  }

  deinit {
    unsafe slots.deinitialize(count: Self.capacity)
    unsafe slots.deallocate()
    unsafe names.deallocate()
    unsafe targets.deallocate()
    unsafe heads.deallocate()
  }

  /// The address of a sender, `nameLength` bytes.
  func name(of index: Int) -> UnsafeRawPointer {
    unsafe UnsafeRawPointer(names + index &* DatagramReceiver.nameStride)
  }

  /// Where its frames go, `targetLength` bytes.
  func target(of index: Int) -> UnsafeRawPointer {
    unsafe UnsafeRawPointer(targets + index &* DatagramReceiver.nameStride)
  }

  /// - Parameter target: a `sockaddr_un` of at most 110 bytes; empty: the sender's own address.
  func setTarget(_ target: [UInt8], of index: Int) {
    let place = unsafe targets + index &* DatagramReceiver.nameStride
    let slot = unsafe slots + index
    guard !target.isEmpty else {
      unsafe place.copyMemory(from: name(of: index), byteCount: slot.pointee.nameLength)
      unsafe slot.pointee.targetLength = slot.pointee.nameLength
      return
    }
    unsafe target.withUnsafeBytes { unsafe place.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
    unsafe slot.pointee.targetLength = target.count
  }

  /// A seeded mix of an address.
  /// - Parameter name: 8-byte aligned, readable in whole words.
  func hash(_ name: UnsafeRawPointer, _ length: Int) -> UInt64 {
    var hash = seed ^ UInt64(truncatingIfNeeded: length)
    var offset = 0
    while offset < length {
      var word = unsafe name.load(fromByteOffset: offset, as: UInt64.self).littleEndian
      let rest = length &- offset
      if rest < 8 { word &= (1 &<< UInt64(truncatingIfNeeded: rest &* 8)) &- 1 }
      let product = (hash ^ word).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
      hash = product.high ^ product.low
      offset &+= 8
    }
    return hash
  }

  /// The sender of that address, whatever its credentials; -1: none.
  func find(_ name: UnsafeRawPointer, _ length: Int, hash: UInt64) -> Int {
    var index = unsafe heads[bucket(hash)]
    while index >= 0 {
      let slot = unsafe slots + Int(index)
      if unsafe slot.pointee.hash == hash && slot.pointee.nameLength == length,
        unsafe memcmp(self.name(of: Int(index)), name, length) == 0
      {
        return Int(index)
      }
      index = unsafe slot.pointee.next
    }
    return -1
  }

  /// Takes a place for a new sender.
  /// - Returns: -1: all are taken.
  mutating func add(
    _ name: UnsafeRawPointer, _ length: Int, hash: UInt64, _ credentials: SenderCredentials
  ) -> Int {
    guard firstFree >= 0 else { return -1 }
    let index = Int(firstFree)
    let slot = unsafe slots + index
    firstFree = unsafe slot.pointee.next
    unsafe slot.pointee = SenderSlot()
    unsafe slot.pointee.state = .announced
    unsafe slot.pointee.credentials = credentials
    unsafe slot.pointee.hash = hash
    unsafe slot.pointee.nameLength = length
    unsafe slot.pointee.next = heads[bucket(hash)]
    unsafe heads[bucket(hash)] = Int32(truncatingIfNeeded: index)
    unsafe (names + index &* DatagramReceiver.nameStride).copyMemory(from: name, byteCount: length)
    used &+= 1
    return index
  }

  /// No datagram belongs to it from now on; its place stays taken.
  mutating func detach(_ index: Int) {
    let slot = unsafe slots + index
    if unsafe slot.pointee.isDetached { return }
    unsafe slot.pointee.isDetached = true
    let head = unsafe heads + bucket(slot.pointee.hash)
    if unsafe head.pointee == Int32(truncatingIfNeeded: index) {
      unsafe head.pointee = unsafe slot.pointee.next
      return
    }
    var before = unsafe Int(head.pointee)
    while before >= 0 {
      if unsafe slots[before].next == Int32(truncatingIfNeeded: index) {
        unsafe slots[before].next = unsafe slot.pointee.next
        return
      }
      before = unsafe Int(slots[before].next)
    }
  }

  /// Gives a place back.
  mutating func free(_ index: Int) {
    guard unsafe slots[index].state != .free else { return }
    detach(index)
    unsafe slots[index] = SenderSlot()
    unsafe slots[index].next = firstFree
    firstFree = Int32(truncatingIfNeeded: index)
    used &-= 1
  }

  private func bucket(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & (Self.buckets - 1) }
}
