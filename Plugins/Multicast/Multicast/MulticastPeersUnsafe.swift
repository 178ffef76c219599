import CTransport
import LinuxIO
import TransportKit

/// The other members of a trunk's group, told apart by the address and port that they send from: an agent has a port of
/// its own, and all native guests of a host share one. Nothing is sent to one of them alone, because a member hears no
/// unicast; knowing them apart is for the switch, which may take no notice of one, and for people.
@safe
struct MulticastPeers: ~Copyable {
  /// How long a member may be silent before it is forgotten.
  static let patienceNanoseconds: UInt64 = 600_000_000_000
  /// How often silent ones are looked for.
  private static let tickNanoseconds: UInt64 = 30_000_000_000

  private var table = RemoteTable()
  private var nextTick: UInt64 = 0
  /// Frames of members for whom there was no place.
  private(set) var withoutPlace: UInt64 = 0

  /// The place of a member, which it is given when it has none.
  /// - Parameter name: its socket address.
  /// - Returns: 0: there is no place for more.
  mutating func place(of name: UnsafeRawPointer, isIPv4: Bool) -> Int {
    let key = unsafe RemoteKey(name, isIPv4: isIPv4)
    let index = table.find(key)
    if index != 0 { return index }
    // A sockaddr_in or sockaddr_in6.
    return unsafe table.add(key, name: name, nameLength: isIPv4 ? 16 : 28, flags: UMBEL_REMOTE_GROUP)
  }

  /// Notes a frame.
  /// - Parameters:
  ///   - index: the place of who sent it, or 0.
  ///   - length: of the frame, in bytes.
  ///   - now: nanoseconds of CLOCK_MONOTONIC.
  /// - Returns: who it is from; everyone, when there was no place.
  mutating func note(_ index: Int, length: Int, now: UInt64) -> umbel_remote {
    guard index != 0 else {
      withoutPlace &+= 1
      return umbel_remote()
    }
    let slot = unsafe table.slots + index
    unsafe slot.pointee.lastHeard = now
    unsafe slot.pointee.receivedFrames &+= 1
    unsafe slot.pointee.receivedBytes &+= UInt64(truncatingIfNeeded: length)
    return table.remote(index)
  }

  /// When `tick` is wanted next, in nanoseconds of CLOCK_MONOTONIC.
  var deadline: UInt64 { table.count == 0 ? .max : nextTick }

  /// Forgets those who have been silent for long.
  mutating func tick(now: UInt64, host: HostPort) {
    nextTick = now &+ MulticastPeers.tickNanoseconds
    if now < MulticastPeers.patienceNanoseconds { return }
    let limit = now - MulticastPeers.patienceNanoseconds
    for index in stride(from: 1, through: table.last, by: 1) where table.isUsed(index) {
      if unsafe table.slots[index].lastHeard >= limit { continue }
      host.remoteGone(table.remote(index))
      table.remove(index)
    }
  }

  /// Appends all of them.
  func report(to list: inout RemoteList) {
    for index in stride(from: 1, through: table.last, by: 1) where table.isUsed(index) {
      let name = unsafe UnsafeRawBufferPointer(start: table.name(of: index), count: RemoteTable.nameStride)
      let sender = unsafe SocketAddress(reading: name)
      list.append(table.information(of: index, address: sender?.description ?? ""))
    }
  }
}
