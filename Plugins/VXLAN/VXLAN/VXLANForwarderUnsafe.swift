import CTransport
import Glibc
import LinuxIO
import TransportKit

/// One VNI on a forwarding thread: its peers, and what it counts. Made on the control thread, then used by one
/// forwarding thread until the port has stopped.
@safe
struct VXLANForwarder: ~Copyable {
  /// How long a peer that was met may be silent before it is given up, and one that is configured before it counts as
  /// not heard by way of the group.
  static let patienceNanoseconds: UInt64 = 600_000_000_000
  static let headerBytes = 8

  let number: UInt32
  let vni: UInt32
  let isIPv4: Bool
  private let udpPort: UInt16
  private let host: HostPort
  /// The header of all frames, and the group's socket address behind it.
  let header: UnsafeMutableRawPointer
  var groupName: UnsafeRawPointer { unsafe UnsafeRawPointer(header + 8) }
  var groupNameLength = 0

  var table = RemoteTable()
  /// Peers that get a copy each of what is for everyone.
  let copies: UnsafeMutablePointer<Int32>
  var copyCount = 0
  private var configured: [(slot: Int, name: String)] = []
  private var peersOnly = false
  private var ownKeys: [RemoteKey] = []

  private var pool: SenderPool?
  // Of the pool, for the hot path; -1 without.
  var sockets = [9 of Int32](repeating: -1)
  private var sourcePorts = [9 of UInt16](repeating: 0)
  var makesRuns = true
  var hasReportedFallback = false
  var longestSegment = 0
  /// Bytes of the longest frame that came in one piece, as far as that can be known.
  private(set) var wholeFrame = 0

  private var ownEchoes: UInt64 = 0
  private var strangers: UInt64 = 0
  private var remotesFull: UInt64 = 0
  var runts: UInt64 = 0
  var oversizes: UInt64 = 0
  var recovered: UInt64 = 0
  var sendFull: UInt64 = 0
  var runsSent: UInt64 = 0
  var framesInRuns: UInt64 = 0
  var sendErrors = SendErrorCounters()

  init(_ settings: VXLANSettings, number: UInt32, host: HostPort) {
    self.number = number
    self.host = host
    vni = settings.vni
    isIPv4 = settings.family == AF_INET
    udpPort = settings.port
    unsafe header = .allocate(byteCount: 8 + RemoteTable.nameStride, alignment: 8)
    // Flags with the I bit, the VNI in the upper 24 bits of the second word (RFC 7348, section 5).
    unsafe header.storeBytes(of: UInt32(0x0800_0000).bigEndian, as: UInt32.self)
    unsafe header.storeBytes(of: (settings.vni << 8).bigEndian, toByteOffset: 4, as: UInt32.self)
    unsafe copies = .allocate(capacity: table.capacity)
  }

  deinit {
    unsafe header.deallocate()
    unsafe copies.deallocate()
  }

  // MARK: Changes

  /// Puts a change into force.
  mutating func apply(_ change: VXLANChange) {
    if let next = change.senders {
      pool = next
      for index in 0..<SenderPool.count {
        sockets[index] = next.sockets[index].value.number
        sourcePorts[index] = next.ports[index].bigEndian
      }
    }
    guard let plan = change.plan else { return }
    groupNameLength = 0
    if let group = plan.group {
      let place = unsafe UnsafeMutableRawBufferPointer(start: header + 8, count: RemoteTable.nameStride)
      groupNameLength = unsafe group.write(to: place)
    }
    makesRuns = plan.makesRuns && !hasReportedFallback
    longestSegment = plan.longestSegment
    wholeFrame = plan.wholeFrame
    peersOnly = plan.peersOnly
    ownKeys = plan.ownAddresses.map { RemoteKey(SocketAddress($0, port: 0)) }
    configure(plan.peers)
  }

  /// Makes the table hold the configured peers.
  private mutating func configure(_ peers: [VXLANPlan.Peer]) {
    for (slot, _) in configured { unsafe table.slots[slot].flags &= ~UMBEL_REMOTE_CONFIGURED }
    let former = configured
    configured = []
    for peer in peers {
      let key = RemoteKey(peer.address)
      var slot = table.find(key)
      if slot == 0 {
        if table.count == table.capacity { giveUp(table.mostSilent()) }
        slot = unsafe withUnsafeTemporaryAllocation(byteCount: RemoteTable.nameStride, alignment: 8) { place in
          let length = unsafe peer.address.write(to: place)
          return unsafe table.add(key, name: UnsafeRawPointer(place.baseAddress!), nameLength: length)
        }
      }
      if slot == 0 { continue }
      unsafe table.slots[slot].flags |= UMBEL_REMOTE_CONFIGURED
      configured.append((slot, peer.name))
    }
    for (slot, _) in former where unsafe !table.slots[slot].isConfigured && table.slots[slot].lastHeard == 0 {
      giveUp(slot)
    }
    if peersOnly { giveUpStrangers(since: .max) }
    listCopies()
  }

  private mutating func giveUp(_ slot: Int) {
    guard table.isUsed(slot) else { return }
    host.remoteGone(table.remote(slot))
    table.remove(slot)
  }

  /// Gives up who is not configured and was not heard since then.
  private mutating func giveUpStrangers(since limit: UInt64) {
    for slot in stride(from: 1, through: table.last, by: 1) where table.isUsed(slot) {
      if unsafe !table.slots[slot].isConfigured && table.slots[slot].lastHeard < limit { giveUp(slot) }
    }
  }

  private mutating func listCopies() {
    copyCount = 0
    for (slot, _) in configured {
      let isHeardByGroup = unsafe table.slots[slot].flags & UMBEL_REMOTE_GROUP != 0
      if groupNameLength > 0 && isHeardByGroup { continue }
      unsafe copies[copyCount] = Int32(slot)
      copyCount += 1
    }
  }

  /// Looks for silent peers.
  mutating func tick(now: UInt64) {
    let limit = now < Self.patienceNanoseconds ? 0 : now - Self.patienceNanoseconds
    giveUpStrangers(since: limit)
    for (slot, _) in configured where unsafe table.slots[slot].lastHeardByGroup < limit {
      unsafe table.slots[slot].flags &= ~UMBEL_REMOTE_GROUP
    }
    listCopies()
  }

  // MARK: Receiving

  /// Whether a datagram is to be taken, and who sent it.
  /// - Returns: a slot of the table; 0: a peer for whom the table has no place; -1: it is dropped and counted.
  mutating func sender(of datagram: ReceivedDatagram, now: UInt64) -> Int {
    let key = unsafe RemoteKey(datagram.name, isIPv4: isIPv4)
    if unsafe isOwn(datagram.name, key) {
      ownEchoes &+= 1
      return -1
    }
    var slot = table.find(key)
    if peersOnly && !isConfigured(slot) {
      strangers &+= 1
      return -1
    }
    if slot == 0 {
      slot = unsafe meet(key, datagram.name)
      if slot == 0 {
        remotesFull &+= 1
        return 0
      }
    }
    unsafe table.slots[slot].lastHeard = now
    if datagram.isGroup { noteGroup(slot, now: now) }
    return slot
  }

  private func isConfigured(_ slot: Int) -> Bool { unsafe slot != 0 && table.slots[slot].isConfigured }

  private mutating func meet(_ key: RemoteKey, _ name: UnsafeRawPointer) -> Int {
    let slot = unsafe table.add(key, name: name, nameLength: isIPv4 ? 16 : 28)
    if slot == 0 { return 0 }
    // Replies go to the port that all have, not to where it sends from.
    unsafe UnsafeMutableRawPointer(mutating: table.name(of: slot)).storeBytes(
      of: udpPort.bigEndian, toByteOffset: 2, as: UInt16.self)
    return slot
  }

  private mutating func noteGroup(_ slot: Int, now: UInt64) {
    unsafe table.slots[slot].lastHeardByGroup = now
    guard unsafe table.slots[slot].flags & UMBEL_REMOTE_GROUP == 0 else { return }
    unsafe table.slots[slot].flags |= UMBEL_REMOTE_GROUP
    if unsafe table.slots[slot].isConfigured { listCopies() }
  }

  /// Whether it comes from one of the pool's ports and an address of this host.
  @inline(__always)
  private func isOwn(_ name: UnsafeRawPointer, _ key: RemoteKey) -> Bool {
    let port = unsafe name.load(fromByteOffset: 2, as: UInt16.self)
    for index in 0..<SenderPool.count where sourcePorts[index] == port { return ownKeys.contains(key) }
    return false
  }

  // MARK: Reports

  /// The kernel wants no runs; said once.
  mutating func noteFallback() {
    makesRuns = false
    if hasReportedFallback { return }
    hasReportedFallback = true
    host.log(.warning, "the kernel takes no runs of datagrams here (UDP_SEGMENT), each goes out alone: set gso: false")
  }

  /// Appends the port's own counters.
  func report(to counters: inout CounterList) {
    counters.append("own-echo", ownEchoes)
    counters.append("not-a-peer", strangers)
    counters.append("remotes-full", remotesFull)
    counters.append("foreign-runt", runts)
    counters.append("foreign-oversize", oversizes)
    counters.append("recovered-offloads", recovered)
    counters.append("send-full", sendFull)
    counters.append("gso-runs", runsSent)
    counters.append("gso-frames", framesInRuns)
    sendErrors.report(to: &counters)
  }

  /// Appends the peers.
  func remotes(_ list: inout RemoteList) {
    for slot in stride(from: 1, through: table.last, by: 1) where table.isUsed(slot) {
      let name = unsafe UnsafeRawBufferPointer(start: table.name(of: slot), count: RemoteTable.nameStride)
      let address = unsafe SocketAddress(reading: name)
      let configured = configured.first { $0.slot == slot }
      list.append(
        table.information(of: slot, address: address.map { "\($0.address)" } ?? "", name: configured?.name ?? ""))
    }
  }
}

extension RemoteKey {
  /// A peer on the underlay; the port does not count.
  init(_ address: SocketAddress) {
    self = unsafe withUnsafeTemporaryAllocation(byteCount: RemoteTable.nameStride, alignment: 8) { place in
      _ = unsafe address.write(to: place)
      return unsafe RemoteKey(UnsafeRawPointer(place.baseAddress!), isIPv4: address.address.length == 4)
    }
  }

  /// - Parameter name: a `sockaddr_in` or `sockaddr_in6`, aligned to 8 bytes.
  @inline(__always)
  init(_ name: UnsafeRawPointer, isIPv4: Bool) {
    if isIPv4 {
      unsafe self.init(UInt64(name.load(fromByteOffset: 4, as: UInt32.self)), 0, 1 << 32)
    } else {
      // The scope of a link-local address tells links apart; the flow label says nothing of who sent it.
      unsafe self.init(
        name.load(fromByteOffset: 8, as: UInt64.self), name.load(fromByteOffset: 16, as: UInt64.self),
        1 << 32 | UInt64(name.load(fromByteOffset: 24, as: UInt32.self)))
    }
  }
}
