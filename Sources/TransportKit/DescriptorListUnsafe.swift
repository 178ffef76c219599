public import CTransport

/// The host's list of the descriptors that it polls for an endpoint, level-triggered. Valid during the call only.
@safe
public struct DescriptorList {
  /// EPOLLIN of `<sys/epoll.h>`.
  public static let readable: UInt32 = 0x001
  /// EPOLLOUT.
  public static let writable: UInt32 = 0x004

  private let entries: UnsafeMutableRawPointer?
  private let stride: Int
  private let capacity: Int
  private(set) var count = 0

  init(_ entries: UnsafeMutablePointer<umbel_descriptor>?, stride: UInt32, capacity: UInt32) {
    unsafe self.entries = UnsafeMutableRawPointer(entries)
    self.stride = Int(stride)
    self.capacity = Int(capacity)
  }

  /// Adds a descriptor, which stays the transport's.
  /// - Parameters:
  ///   - events: bits of `<sys/epoll.h>`; errors and hang-up always report.
  ///   - token: comes back with `receive`, or with `ready` when it is for housekeeping.
  public mutating func append(
    _ descriptor: Int32, events: UInt32 = readable, token: UInt64 = 0, isHousekeeping: Bool = false
  ) {
    if count < capacity, let entries = unsafe entries {
      let kind = isHousekeeping ? UMBEL_DESCRIPTOR_HOUSEKEEPING : UMBEL_DESCRIPTOR_DATA
      unsafe (entries + count * stride).assumingMemoryBound(to: umbel_descriptor.self).pointee = umbel_descriptor(
        descriptor: descriptor, events: events, token: token, kind: kind, zero: 0)
    }
    count += 1
  }
}

/// The host's list of a port's counters. Valid during the call only.
@safe
public struct CounterList {
  private let entries: UnsafeMutableRawPointer?
  private let stride: Int
  private let capacity: Int
  private(set) var count = 0

  init(_ entries: UnsafeMutablePointer<umbel_counter>?, stride: UInt32, capacity: UInt32) {
    unsafe self.entries = UnsafeMutableRawPointer(entries)
    self.stride = Int(stride)
    self.capacity = Int(capacity)
  }

  /// Adds a counter.
  /// - Parameter name: kebab-case, a literal.
  public mutating func append(_ name: StaticString, _ value: UInt64) {
    if count < capacity, let entries = unsafe entries {
      let text = unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
      unsafe (entries + count * stride).assumingMemoryBound(to: umbel_counter.self).pointee = unsafe umbel_counter(
        name: text, value: value)
    }
    count += 1
  }
}

/// The host's list of a trunk's peers. Valid during the call only.
@safe
public struct RemoteList {
  private let entries: UnsafeMutableRawPointer?
  private let stride: Int
  private let capacity: Int
  private(set) var count = 0

  init(_ entries: UnsafeMutablePointer<umbel_remote_info>?, stride: UInt32, capacity: UInt32) {
    unsafe self.entries = UnsafeMutableRawPointer(entries)
    self.stride = Int(stride)
    self.capacity = Int(capacity)
  }

  /// Adds a peer.
  public mutating func append(_ remote: umbel_remote_info) {
    if count < capacity, let entries = unsafe entries {
      // A host of before a field was added has less room.
      unsafe withUnsafeBytes(of: remote) { bytes in
        unsafe (entries + count * stride).copyMemory(from: bytes.baseAddress!, byteCount: min(stride, bytes.count))
      }
    }
    count += 1
  }
}
