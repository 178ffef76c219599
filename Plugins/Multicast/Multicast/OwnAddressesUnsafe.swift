import LinuxIO
import TransportKit

/// Where this trunk sends from, now and lately: what comes from there is its own echo.
struct OwnAddresses: ~Copyable {
  /// How long a former address counts.
  static let graceNanoseconds: UInt64 = 10_000_000_000

  private var current = RemoteKey()
  private var former = [8 of Former](repeating: Former())
  /// How many of `former` are in use, the oldest first.
  private(set) var formerCount = 0

  private struct Former {
    var key = RemoteKey()
    /// Nanoseconds of CLOCK_MONOTONIC.
    var expiry: UInt64 = 0
  }

  /// Whether a datagram from there is an own echo.
  @inline(__always)
  func contains(_ key: RemoteKey) -> Bool {
    key == current || (formerCount > 0 && wasOwn(key))
  }

  private func wasOwn(_ key: RemoteKey) -> Bool {
    for index in 0..<formerCount where former[index].key == key { return true }
    return false
  }

  /// Sends from `key` from now on. With more than eight former addresses the oldest is forgotten.
  mutating func replace(with key: RemoteKey, now: UInt64) {
    if current != RemoteKey() {
      if formerCount == former.count { forgetOldest() }
      former[formerCount] = Former(key: current, expiry: now &+ OwnAddresses.graceNanoseconds)
      formerCount += 1
    }
    current = key
  }

  /// Forgets former addresses whose time has passed.
  mutating func expire(now: UInt64) {
    while formerCount > 0, former[0].expiry <= now { forgetOldest() }
  }

  private mutating func forgetOldest() {
    for index in 1..<formerCount { former[index - 1] = former[index] }
    formerCount -= 1
  }
}

/// A source address and port, as words that compare at once.
extension RemoteKey {
  init(_ address: SocketAddress) {
    self = unsafe withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { storage in
      _ = unsafe address.write(to: storage)
      return unsafe RemoteKey(UnsafeRawPointer(storage.baseAddress!), isIPv4: address.address.length == 4)
    }
  }

  /// - Parameter name: a `sockaddr_in` or `sockaddr_in6`, aligned to 8 bytes.
  @inline(__always)
  init(_ name: UnsafeRawPointer, isIPv4: Bool) {
    self.init()
    // Family and port; of IPv4 the address as well.
    if isIPv4 {
      unsafe first = name.load(as: UInt64.self)
    } else {
      // The address comes after the flow label, which is not part of who sent it.
      unsafe first = name.load(as: UInt64.self) & UInt64(littleEndian: 0x0000_0000_ffff_ffff)
      unsafe second = name.load(fromByteOffset: 8, as: UInt64.self)
      unsafe third = name.load(fromByteOffset: 16, as: UInt64.self)
    }
  }

  /// The same address with port 0.
  var withoutPort: RemoteKey {
    var key = self
    key.first &= UInt64(littleEndian: 0xffff_ffff_0000_ffff)
    return key
  }
}

/// Whose datagrams a port takes.
struct AcceptedSenders: Equatable {
  // By address, port 0; nil: everyone's.
  private var keys: [RemoteKey]?

  static let everyone = AcceptedSenders()

  /// Those that come from one of these addresses, by any port.
  static func only(_ addresses: [IPAddress]) -> AcceptedSenders {
    AcceptedSenders(keys: addresses.map { RemoteKey(SocketAddress($0, port: 0)) })
  }

  /// Whether datagrams from there are taken.
  func contains(_ key: RemoteKey) -> Bool { keys?.contains(key.withoutPort) ?? true }
}
