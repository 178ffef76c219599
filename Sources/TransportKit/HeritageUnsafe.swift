import CTransport
import Glibc

/// What a port leaves to the process after this one: see ``TransportPort/handOver(isQuiet:)`` and
/// ``PortConfiguration/adopted``.
public struct Heritage: Sendable {
  /// A descriptor that is kept.
  public struct Kept: Sendable {
    public let descriptor: Int32
    /// The transport's own number for which of its descriptors this is.
    public let kind: UInt32

    public init(_ descriptor: Int32, kind: UInt32 = 0) {
      self.descriptor = descriptor
      self.kind = kind
    }
  }

  /// At most 16. After ``TransportPort/handOver(isQuiet:)`` they stay the port's, the host duplicates them; those of
  /// ``PortConfiguration/adopted`` belong to the port once it was made.
  public var kept: [Kept]
  /// The transport's own, 4,096 bytes at most, 196,608 if nothing moves. What is adopted was not checked by anybody.
  public var state: [UInt8]
  /// Adopted: nothing has moved since it was said, so `state` holds the frames that were under way.
  public internal(set) var isQuiet = false

  public init(kept: [Kept] = [], state: [UInt8] = []) {
    self.kept = kept
    self.state = state
  }

  /// The descriptor of that kind; nil: none was kept.
  public func descriptor(kind: UInt32 = 0) -> Int32? { kept.first { $0.kind == kind }?.descriptor }

  /// Closes what was adopted and is of no use, all but these kinds.
  public func close(except kinds: Set<UInt32> = []) {
    for kept in kept where !kinds.contains(kept.kind) { _ = Glibc.close(kept.descriptor) }
  }

  init(reading heritage: UnsafePointer<umbel_heritage>) {
    let stride = unsafe Int(heritage.pointee.kept_stride)
    let first = unsafe UnsafeRawPointer(heritage.pointee.kept)
    kept = unsafe (0..<Int(heritage.pointee.kept_count)).compactMap { index in
      let kept = unsafe first.map { unsafe ($0 + index * stride).assumingMemoryBound(to: umbel_kept.self).pointee }
      return kept.map { Kept($0.descriptor, kind: $0.kind) }
    }
    state = unsafe Array(
      UnsafeRawBufferPointer(start: heritage.pointee.state, count: Int(heritage.pointee.state_length)))
    isQuiet = unsafe heritage.pointee.flags & UMBEL_HERITAGE_QUIET != 0
  }

  /// Writes it where the host wants it.
  /// - Returns: 0, or a negative error number: there is too little room.
  func write(to heritage: UnsafeMutablePointer<umbel_heritage>) -> Int32 {
    let fits =
      unsafe kept.count <= Int(heritage.pointee.kept_count)
      && state.count <= Int(heritage.pointee.state_length)
    guard fits else { return -ENOSPC }
    for (index, kept) in kept.enumerated() {
      let place = unsafe UnsafeMutableRawPointer(heritage.pointee.kept) + index * Int(heritage.pointee.kept_stride)
      unsafe place.assumingMemoryBound(to: umbel_kept.self).pointee = umbel_kept(
        descriptor: kept.descriptor, kind: kept.kind)
    }
    unsafe UnsafeMutableRawBufferPointer(start: heritage.pointee.state, count: state.count).copyBytes(from: state)
    unsafe heritage.pointee.kept_count = UInt32(kept.count)
    unsafe heritage.pointee.state_length = UInt32(state.count)
    return 0
  }
}

func handOverPort(_ port: OpaquePointer?, _ heritage: UnsafeMutablePointer<umbel_heritage>?) -> Int32 {
  guard let heritage = unsafe heritage else { return -EINVAL }
  let isQuiet = unsafe heritage.pointee.flags & UMBEL_HERITAGE_QUIET != 0
  guard let left = unsafe transportPort(port).handOver(isQuiet: isQuiet) else { return -EAGAIN }
  return unsafe left.write(to: heritage)
}
