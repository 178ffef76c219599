public import CTransport

/// What tells one peer of a trunk from another: its address on the underlay, as words that compare at once. All zero:
/// none.
public struct RemoteKey: Equatable, Sendable {
  public var first: UInt64
  public var second: UInt64
  public var third: UInt64

  @inlinable
  public init(_ first: UInt64 = 0, _ second: UInt64 = 0, _ third: UInt64 = 0) {
    self.first = first
    self.second = second
    self.third = third
  }

  @inlinable
  public static func == (left: RemoteKey, right: RemoteKey) -> Bool {
    (left.first ^ right.first) | (left.second ^ right.second) | (left.third ^ right.third) == 0
  }
}

/// One peer in a ``RemoteTable``.
@safe
public struct RemoteSlot {
  /// UMBEL_REMOTE_*.
  public var flags: UInt32 = 0
  /// Nanoseconds of CLOCK_MONOTONIC; 0: never.
  public var lastHeard: UInt64 = 0
  /// The same, of what came by way of the group.
  public var lastHeardByGroup: UInt64 = 0
  public var receivedFrames: UInt64 = 0
  public var receivedBytes: UInt64 = 0
  public var sentFrames: UInt64 = 0
  public var sentBytes: UInt64 = 0
  public internal(set) var key = RemoteKey()
  /// Never 0 while in use, so that no remote looks like everyone.
  public internal(set) var generation: UInt32 = 0
  /// Bytes of its socket address; 0: the slot is free.
  public internal(set) var nameLength = 0
  var next: Int32 = 0

  /// Whether the configuration names it: such a peer stays, however silent it is.
  public var isConfigured: Bool { flags & UMBEL_REMOTE_CONFIGURED != 0 }
}

/// The peers of a trunk: found by their address when a frame comes in, by index and generation when one goes out.
///
/// Bounded: peers may be met by what anybody sends. Who is in it stays until it was silent for a while; when the table is
/// full, newcomers have no place. A slot that was freed gets another generation, so that the FDB's remotes of before do
/// not mean the newcomer. Chained hashing over fixed memory, with a seed, so that nobody can aim at one chain. Index 0 is
/// everyone and holds no peer. For one forwarding thread; nothing allocates after init.
@safe
public struct RemoteTable: ~Copyable {
  /// Bytes kept for a socket address: a `sockaddr_in6` and padding.
  public static let nameStride = 32

  /// The most peers.
  public let capacity: Int
  /// How many peers there are.
  public private(set) var count = 0
  /// The slots, 1...`last` of them in use or free again.
  public let slots: UnsafeMutablePointer<RemoteSlot>
  public private(set) var last = 0
  private let names: UnsafeMutableRawPointer
  private let heads: UnsafeMutablePointer<Int32>
  private let buckets: Int
  private var firstFree: Int32 = 0
  private let seed = UInt64.random(in: 0...UInt64.max)

  /// - Parameter capacity: the most peers.
  public init(capacity: Int = 1_024) {
    self.capacity = capacity
    buckets = Self.powerOfTwo(from: capacity * 2)
    unsafe slots = .allocate(capacity: capacity + 1)
    unsafe slots.initialize(to: RemoteSlot())
    unsafe names = .allocate(byteCount: (capacity + 1) * Self.nameStride, alignment: 8)
    unsafe heads = .allocate(capacity: buckets)
    unsafe heads.initialize(repeating: 0, count: buckets)
  }

  deinit {
    unsafe slots.deallocate()
    unsafe names.deallocate()
    unsafe heads.deallocate()
  }

  private static func powerOfTwo(from least: Int) -> Int {
    var size = 1
    while size < least { size *= 2 }
    return size
  }

  /// The peer of that address; 0: none.
  public func find(_ key: RemoteKey) -> Int {
    var index = unsafe heads[bucket(key)]
    while index != 0, unsafe slots[Int(index)].key != key { index = unsafe slots[Int(index)].next }
    return Int(index)
  }

  /// Takes a place for a new peer.
  /// - Parameters:
  ///   - key: one that is not in the table.
  ///   - name: where it is sent to, a socket address.
  ///   - nameLength: its bytes, at most ``nameStride``.
  /// - Returns: 0: the table is full.
  public mutating func add(_ key: RemoteKey, name: UnsafeRawPointer, nameLength: Int, flags: UInt32 = 0) -> Int {
    precondition(nameLength > 0 && nameLength <= Self.nameStride, "a peer has an address that fits")
    var index = Int(firstFree)
    if index != 0 {
      firstFree = unsafe slots[index].next
    } else {
      guard last < capacity else { return 0 }
      last &+= 1
      index = last
      unsafe (slots + index).initialize(to: RemoteSlot())
    }
    let former = unsafe slots[index].generation
    let slot = unsafe slots + index
    unsafe slot.pointee = RemoteSlot()
    unsafe slot.pointee.generation = former &+ 1 == 0 ? 1 : former &+ 1
    unsafe slot.pointee.key = key
    unsafe slot.pointee.nameLength = nameLength
    unsafe slot.pointee.flags = flags
    unsafe slot.pointee.next = heads[bucket(key)]
    unsafe heads[bucket(key)] = Int32(truncatingIfNeeded: index)
    unsafe (names + index &* Self.nameStride).copyMemory(from: name, byteCount: nameLength)
    count &+= 1
    return index
  }

  /// Gives a place back. The host is to be told of the remote first: ``HostPort/remoteGone(_:)``.
  public mutating func remove(_ index: Int) {
    guard isUsed(index) else { return }
    let slot = unsafe slots + index
    let bucket = unsafe self.bucket(slot.pointee.key)
    let wanted = Int32(truncatingIfNeeded: index)
    if unsafe heads[bucket] == wanted {
      unsafe heads[bucket] = unsafe slot.pointee.next
    } else {
      var before = unsafe Int(heads[bucket])
      while unsafe slots[before].next != wanted { before = unsafe Int(slots[before].next) }
      unsafe slots[before].next = unsafe slot.pointee.next
    }
    unsafe slot.pointee.nameLength = 0
    unsafe slot.pointee.key = RemoteKey()
    unsafe slot.pointee.next = firstFree
    firstFree = wanted
    count &-= 1
  }

  /// Whether a peer has that place.
  @inlinable
  public func isUsed(_ index: Int) -> Bool {
    unsafe index > 0 && index <= last && slots[index].nameLength != 0
  }

  /// The remote of a peer, as frames carry it.
  @inlinable
  public func remote(_ index: Int) -> umbel_remote {
    unsafe umbel_remote(index: UInt32(truncatingIfNeeded: index), generation: slots[index].generation)
  }

  /// The peer that a frame goes to; 0: everyone, also when the peer has gone.
  @inlinable
  public func index(of remote: umbel_remote) -> Int {
    let index = Int(remote.index)
    return unsafe isUsed(index) && slots[index].generation == remote.generation ? index : 0
  }

  /// A peer's socket address, at 8-byte alignment; the same pointer as long as the peer is there.
  public func name(of index: Int) -> UnsafeRawPointer { unsafe UnsafeRawPointer(names + index &* Self.nameStride) }

  /// The peer that is not configured and was silent for the longest time; 0: none.
  public func mostSilent() -> Int {
    var found = 0
    for index in stride(from: 1, through: last, by: 1) where isUsed(index) {
      let slot = unsafe slots + index
      if unsafe slot.pointee.isConfigured { continue }
      if unsafe found == 0 || slot.pointee.lastHeard < slots[found].lastHeard { found = index }
    }
    return found
  }

  private func bucket(_ key: RemoteKey) -> Int {
    let one = (seed ^ key.first ^ key.third).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
    let two = (one.high ^ one.low ^ key.second).multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
    return Int(truncatingIfNeeded: two.high ^ two.low) & (buckets - 1)
  }
}

extension RemoteTable {
  /// What the table knows of a peer, for ``TransportPort/remotes(_:)``.
  /// - Parameters:
  ///   - index: of a slot in use.
  ///   - address: as people write it; cut to fit.
  ///   - name: the host name in the configuration; empty: none.
  public func information(of index: Int, address: String, name: String = "") -> umbel_remote_info {
    let slot = unsafe slots[index]
    var info = umbel_remote_info()
    info.remote = remote(index)
    info.flags = slot.flags
    info.last_heard = slot.lastHeard
    info.received_frames = slot.receivedFrames
    info.received_bytes = slot.receivedBytes
    info.sent_frames = slot.sentFrames
    info.sent_bytes = slot.sentBytes
    write(address, to: &info.address)
    write(name, to: &info.name)
    return info
  }
}

/// Writes a text ended by NUL, cut to fit, into an array of C characters that are zero.
private func write<Characters>(_ text: String, to place: inout Characters) {
  unsafe withUnsafeMutableBytes(of: &place) { bytes in
    unsafe bytes.copyBytes(from: text.utf8.prefix(bytes.count - 1))
  }
}
