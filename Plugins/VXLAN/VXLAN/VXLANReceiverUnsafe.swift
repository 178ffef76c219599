import CTransport
import Ethernet
import Glibc
import LinuxIO
import TransportKit

/// What an endpoint receives: takes datagrams apart, finds their ports. Used by one forwarding thread.
@safe
struct VXLANReceiver: ~Copyable {
  /// Ports of one endpoint at most.
  static let mostPorts = 256
  /// Frames a call.
  private static let batch = 256
  private static let buckets = 1_024

  private var receiving: SegmentReceiver
  private let pieces: UnsafeMutablePointer<umbel_piece>
  /// The ports in the order in which they came.
  private let ports: UnsafeMutablePointer<UnsafeMutablePointer<VXLANForwarder>>
  private(set) var portCount = 0
  /// Where a VNI's port stands in `ports`, plus one; open addressing.
  private let places: UnsafeMutablePointer<UInt16>
  private var isFull = false
  private var now: UInt64 = 0

  private var malformed: UInt64 = 0
  private var foreign: UInt64 = 0
  private var oversizes: UInt64 = 0
  private var receiveErrors: UInt64 = 0
  private var kernelDrops: UInt64 = 0
  private var lastKernelDrops: UInt32 = 0

  /// - Throws: when the kernel gives no address space.
  init() throws(Errno) {
    receiving = try SegmentReceiver()
    unsafe pieces = .allocate(capacity: Self.batch)
    unsafe ports = .allocate(capacity: Self.mostPorts)
    unsafe places = .allocate(capacity: Self.buckets)
    unsafe places.initialize(repeating: 0, count: Self.buckets)
  }

  deinit {
    unsafe pieces.deallocate()
    unsafe ports.deallocate()
    unsafe places.deallocate()
  }

  // MARK: Ports

  /// Adds a port, whose VNI no other has.
  /// - Returns: false: there are too many.
  mutating func add(_ port: UnsafeMutablePointer<VXLANForwarder>) -> Bool {
    guard portCount < Self.mostPorts else { return false }
    unsafe (ports + portCount).initialize(to: port)
    portCount += 1
    indexPorts()
    return true
  }

  /// Removes a port.
  mutating func remove(_ port: UnsafeMutablePointer<VXLANForwarder>) {
    var kept = 0
    for index in 0..<portCount where unsafe ports[index] != port {
      unsafe ports[kept] = unsafe ports[index]
      kept += 1
    }
    portCount = kept
    indexPorts()
  }

  private func indexPorts() {
    unsafe places.update(repeating: 0, count: Self.buckets)
    for index in 0..<portCount {
      var bucket = unsafe Self.bucket(ports[index].pointee.vni)
      while unsafe places[bucket] != 0 { bucket = (bucket + 1) & (Self.buckets - 1) }
      unsafe places[bucket] = UInt16(index + 1)
    }
  }

  private static func bucket(_ vni: UInt32) -> Int {
    Int(truncatingIfNeeded: (vni &* 0x9e37_79b1) >> 16) & (buckets - 1)
  }

  private func port(of vni: UInt32) -> UnsafeMutablePointer<VXLANForwarder>? {
    var bucket = Self.bucket(vni)
    while true {
      let place = unsafe Int(places[bucket])
      if place == 0 { return nil }
      if unsafe ports[place &- 1].pointee.vni == vni { return unsafe ports[place &- 1] }
      bucket = (bucket &+ 1) & (Self.buckets &- 1)
    }
  }

  /// Whether that port shows what belongs to no port.
  func isFirst(_ port: UnsafeMutablePointer<VXLANForwarder>) -> Bool { unsafe portCount > 0 && ports[0] == port }

  /// Looks for silent peers of all ports.
  func tick(now: UInt64) {
    for index in 0..<portCount { unsafe ports[index].pointee.tick(now: now) }
  }

  // MARK: Frames

  /// Receives one batch.
  mutating func receive(from socket: Int32, into frames: inout ReceiveBatch) {
    if receiving.isEmpty {
      let count = receiving.refill(from: socket)
      if count < 0 {
        // What else can be reported, such as a full memory, passes; it is told by the counter.
        if count != -EAGAIN { receiveErrors &+= 1 }
        return
      }
      isFull = Int(count) == receiving.capacity
      now = monotonicNanoseconds()
    }
    let room = min(frames.room, Self.batch)
    // Merged datagrams have one sender, and mostly one VNI: the last answer is kept.
    var last: (name: UnsafeRawPointer?, vni: UInt32, port: UnsafeMutablePointer<VXLANForwarder>?, slot: Int) =
      (nil, .max, nil, 0)
    while frames.count < room, let datagram = receiving.next() {
      guard let vni = vni(of: datagram) else { continue }
      if unsafe vni != last.vni || datagram.name != last.name {
        unsafe last = (datagram.name, vni, port(of: vni), 0)
        if let port = unsafe last.port { unsafe last.slot = port.pointee.sender(of: datagram, now: now) }
      } else if unsafe last.slot <= 0, let port = unsafe last.port {
        // For the counters.
        unsafe last.slot = port.pointee.sender(of: datagram, now: now)
      }
      guard let port = unsafe last.port else {
        foreign &+= 1
        continue
      }
      if unsafe last.slot >= 0 { unsafe take(datagram, for: port, from: last.slot, into: &frames) }
    }
    frames.hasMore = !receiving.isEmpty || (isFull && frames.count > 0)
  }

  /// The VNI of a datagram; nil: it is none of VXLAN, and counted.
  private mutating func vni(of datagram: ReceivedDatagram) -> UInt32? {
    guard datagram.length >= 0 else {
      oversizes &+= 1
      return nil
    }
    guard datagram.length >= VXLANForwarder.headerBytes,
      unsafe datagram.bytes.load(as: UInt8.self) & 0x08 != 0
    else {
      malformed &+= 1
      return nil
    }
    return unsafe UInt32(bigEndian: datagram.bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)) >> 8
  }

  /// Hands a frame over.
  @inline(__always)
  private mutating func take(
    _ datagram: ReceivedDatagram, for port: UnsafeMutablePointer<VXLANForwarder>, from slot: Int,
    into frames: inout ReceiveBatch
  ) {
    let frame = unsafe datagram.bytes + VXLANForwarder.headerBytes
    let length = datagram.length &- VXLANForwarder.headerBytes
    guard length >= 14 else {
      unsafe port.pointee.runts &+= 1
      return
    }
    var offload = umbel_offload()
    if let found = unsafe Offload(recovering: frame, length: length, longest: port.pointee.wholeFrame) {
      offload = umbel_offload(found)
      unsafe port.pointee.recovered &+= 1
    }
    guard length <= Int(UMBEL_LARGEST_SEGMENT) || offload.gso_type != 0 else {
      unsafe port.pointee.oversizes &+= 1
      return
    }
    if slot > 0 {
      unsafe port.pointee.table.slots[slot].receivedFrames &+= 1
      unsafe port.pointee.table.slots[slot].receivedBytes &+= UInt64(truncatingIfNeeded: length)
    }
    let piece = unsafe pieces + frames.count
    unsafe piece.initialize(to: umbel_piece(data: frame, length: length))
    unsafe frames.append(
      pieces: piece, pieceCount: 1, length: length, port: port.pointee.number,
      remote: slot > 0 ? port.pointee.table.remote(slot) : umbel_remote(), offload: offload)
  }

  /// Appends the counters of what belongs to no port.
  mutating func report(to counters: inout CounterList, socket: Int32) {
    if socket >= 0, let drops = try? droppedDatagrams(of: socket) {
      kernelDrops &+= UInt64(drops &- lastKernelDrops)
      lastKernelDrops = drops
    }
    counters.append("malformed", malformed)
    counters.append("foreign-vni", foreign)
    counters.append("truncated", oversizes)
    counters.append("gro-buffers", receiving.mergedMessages)
    counters.append("gro-frames", receiving.mergedDatagrams)
    counters.append("kernel-drops", kernelDrops)
    counters.append("receive-errors", receiveErrors)
  }
}

extension umbel_offload {
  /// The same metadata as the ABI has it.
  fileprivate init(_ offload: Offload) {
    self.init(
      flags: offload.flags, gso_type: offload.gsoType, header_length: offload.headerLength, gso_size: offload.gsoSize,
      checksum_start: offload.checksumStart, checksum_offset: offload.checksumOffset, zero: 0)
  }
}
