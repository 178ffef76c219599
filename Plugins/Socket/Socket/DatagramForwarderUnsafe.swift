import CLinux
import CTransport
import Glibc
import LinuxIO
import TransportKit

/// What moves the frames of a datagram door, one a message, and follows its senders. One forwarding thread.
@safe
struct DatagramForwarder: ~Copyable {
  /// Messages a call.
  static let batch = 64
  /// Ticks for which a refused sender is not announced again.
  static let refusalSeconds = 5
  /// Quiet senders a tick that are asked whether they live.
  static let probesATick = 16

  private let buffers = ReceiveBuffers(slots: batch)
  private var receiving: DatagramReceiver
  private let sending = MessageSender(capacity: batch)
  private(set) var senders = DatagramSenders()
  /// Never connected for longer than one tick.
  private let scratch: Int32
  private let idleSeconds: Int
  private var cursor = 0

  private var unnamed: UInt64 = 0
  private var relative: UInt64 = 0
  private var early: UInt64 = 0
  private var refused: UInt64 = 0
  private var tableFull: UInt64 = 0

  /// - Parameters:
  ///   - scratch: a datagram socket for probing.
  ///   - idleSeconds: senders silent for so long end; 0: none.
  init(scratch: Int32, idleSeconds: Int) {
    self.scratch = scratch
    self.idleSeconds = idleSeconds
    receiving = unsafe DatagramReceiver(
      vectors: buffers.vectors, vectorsPerMessage: 2, capacity: DatagramForwarder.batch)
  }

  /// Receives one batch.
  mutating func receive(from socket: Int32, into frames: inout ReceiveBatch, for endpoint: DatagramEndpoint) {
    let most = min(frames.room, DatagramForwarder.batch)
    let result = receiving.receive(from: socket, most: most)
    if result < 0 {
      if result != -EAGAIN { frames.fail(-result) }
      return
    }
    let count = Int(result)
    for message in 0..<count {
      let index = sender(of: message, endpoint)
      if index < 0 { continue }
      let slot = unsafe senders.slots + index
      unsafe slot.pointee.isHeard = true
      let length = Int(unsafe receiving.lengths[message])
      if isGreeting(message, length) { continue }
      switch unsafe slot.pointee.state {
      case .admitted where length >= 14:
        frames.append(buffers, slot: message, length: length, port: unsafe slot.pointee.port)
      case .admitted: unsafe Self.countFault(length, &slot.pointee)
      case .refused: refused &+= 1
      case .announced, .free: early &+= 1
      }
    }
    // Polling shows what is left behind a batch without a frame.
    frames.hasMore = count == most && frames.count > 0
  }

  private static func countFault(_ length: Int, _ slot: inout SenderSlot) {
    if length > 0 { slot.runts &+= 1 } else if length == 0 { slot.empties &+= 1 } else { slot.oversizes &+= 1 }
  }

  /// `VFKT`, with which vfkit and libkrun begin: no frame.
  private func isGreeting(_ message: Int, _ length: Int) -> Bool {
    guard length == 4 else { return false }
    return unsafe buffers.head(message).loadUnaligned(as: UInt32.self) == UInt32(bigEndian: 0x5646_4b54)
  }

  /// Whose message it is; a new sender is announced.
  /// - Returns: -1: nobody's that could have a port; counted.
  private mutating func sender(of message: Int, _ endpoint: DatagramEndpoint) -> Int {
    let length = receiving.nameLength(message)
    let name = unsafe receiving.name(message)
    // sockaddr_un: the family, then a path or NUL and an abstract name.
    guard length > 2 else {
      unnamed &+= 1
      return -1
    }
    let hash = unsafe senders.hash(name, length)
    let credentials = receiving.credentials(message) ?? SenderCredentials()
    let known = unsafe senders.find(name, length, hash: hash)
    if known >= 0 {
      if unsafe senders.slots[known].credentials == credentials { return known }
      end(known, .replaced, endpoint)
    }
    let first = unsafe name.load(fromByteOffset: 2, as: UInt8.self)
    guard first == 0 || first == UInt8(ascii: "/") else {
      relative &+= 1
      endpoint.noteRelativeName()
      return -1
    }
    let index = unsafe senders.add(name, length, hash: hash, credentials)
    guard index >= 0 else {
      tableFull &+= 1
      return -1
    }
    if endpoint.announce(index, credentials) { return index }
    senders.free(index)
    early &+= 1
    return -1
  }

  // MARK: Senders' ports

  /// A sender's port begins.
  /// - Parameter target: where to send, a `sockaddr_un` of at most 110 bytes; empty: to the sender's own address.
  /// - Returns: whether the sender is still there.
  mutating func start(_ index: Int, port: UInt32, target: [UInt8], host: HostPort) -> Bool {
    let slot = unsafe senders.slots + index
    senders.setTarget(target, of: index)
    unsafe slot.pointee.state = .admitted
    unsafe slot.pointee.port = port
    unsafe slot.pointee.host = host
    return unsafe !slot.pointee.isDetached
  }

  /// Makes a place for a sender that the process before has let in; `start` follows.
  /// - Returns: nil: another process has its address now, or there is no room.
  mutating func adopt(_ address: UnixAddress, _ credentials: SenderCredentials, _ endpoint: DatagramEndpoint) -> Int? {
    unsafe withUnsafeTemporaryAllocation(byteCount: DatagramReceiver.nameStride, alignment: 8) { place in
      unsafe place.copyBytes(from: address.bytes)
      let name = UnsafeRawPointer(place.baseAddress!)
      let length = address.bytes.count
      let hash = unsafe senders.hash(name, length)
      let known = unsafe senders.find(name, length, hash: hash)
      if known >= 0 {
        let slot = unsafe senders.slots + known
        guard unsafe slot.pointee.credentials == credentials && slot.pointee.state == .announced else { return nil }
        endpoint.supersede(known)
        senders.detach(known)
      }
      let index = unsafe senders.add(name, length, hash: hash, credentials)
      return index < 0 ? nil : index
    }
  }

  /// A sender's port has ended.
  mutating func stop(_ index: Int) { senders.free(index) }

  /// The sender is gone: its port is told to end, and whoever has the address next is another sender.
  mutating func end(_ index: Int, _ ending: DatagramEnding, _ endpoint: DatagramEndpoint) {
    let slot = unsafe senders.slots + index
    if unsafe slot.pointee.isDetached { return }
    senders.detach(index)
    switch unsafe slot.pointee.state {
    case .admitted: unsafe slot.pointee.host?.report(.closing(ending.text))
    case .refused: senders.free(index)
    // Once the host has decided.
    case .announced, .free: break
    }
  }

  // MARK: Sending

  /// Sends one batch to a sender's address, from the door's socket: a client that is connected to the door takes frames
  /// from no other, and more than net.unix.max_dgram_qlen of them.
  mutating func send(
    _ frames: SendBatch, to index: Int, from socket: Int32, _ endpoint: DatagramEndpoint
  ) -> SendOutcome {
    let slot = unsafe senders.slots + index
    // Its address may be another's by now.
    if unsafe slot.pointee.isDetached { return unsafe Self.reject(ECONNREFUSED, &slot.pointee) }
    let most = min(frames.count, DatagramForwarder.batch)
    var count = 0
    while count < most {
      let frame = frames[count]
      if frame.length < 14 || frame.length > Int(UMBEL_LARGEST_SEGMENT) {
        if count == 0 { return unsafe Self.reject(EMSGSIZE, &slot.pointee) }
        break
      }
      // umbel_piece and iovec are the same two words; a test holds them to it.
      let vectors = unsafe UnsafeRawPointer(frame.pieces).assumingMemoryBound(to: iovec.self)
      unsafe sending.set(count, vectors: vectors, count: frame.pieceCount)
      unsafe sending.address(count, to: senders.target(of: index), length: slot.pointee.targetLength)
      count &+= 1
    }
    let sent = sending.send(to: socket, count: count)
    if sent >= 0 { return .taken(Int(sent)) }
    if sent == -EAGAIN || sent == -ENOBUFS { return .notNow }
    if sent == -ECONNREFUSED || sent == -ENOENT { end(index, .gone, endpoint) }
    return unsafe Self.reject(-sent, &slot.pointee)
  }

  private static func reject(_ code: Int32, _ slot: inout SenderSlot) -> SendOutcome {
    slot.sendErrors.record(code)
    return .rejected(code)
  }

  // MARK: Once a second

  /// Takes the host's decisions, and looks after quiet senders: sockets of this kind do not say that they are closed.
  mutating func tick(_ endpoint: DatagramEndpoint) {
    var probes = DatagramForwarder.probesATick
    let first = cursor
    for step in 0..<DatagramSenders.capacity {
      let index = (first &+ step) % DatagramSenders.capacity
      let slot = unsafe senders.slots + index
      if unsafe slot.pointee.state == .announced { takeDecision(index, endpoint) }
      guard unsafe slot.pointee.state == .admitted || slot.pointee.state == .refused else { continue }
      unsafe slot.pointee.quietSeconds =
        unsafe slot.pointee.isHeard && slot.pointee.state == .admitted ? 0 : slot.pointee.quietSeconds &+ 1
      unsafe slot.pointee.isHeard = false
      if unsafe slot.pointee.state == .refused {
        if unsafe slot.pointee.quietSeconds >= DatagramForwarder.refusalSeconds { senders.free(index) }
      } else if unsafe idleSeconds > 0 && slot.pointee.quietSeconds >= idleSeconds {
        end(index, .idle(idleSeconds), endpoint)
      } else if unsafe slot.pointee.quietSeconds > 0 && probes > 0 {
        probes &-= 1
        cursor = (index &+ 1) % DatagramSenders.capacity
        if isGone(index) { end(index, .gone, endpoint) }
      }
    }
    if probes < DatagramForwarder.probesATick { disconnectScratch() }
  }

  private mutating func takeDecision(_ index: Int, _ endpoint: DatagramEndpoint) {
    guard endpoint.takeAbandoned(index) else { return }
    let slot = unsafe senders.slots + index
    if unsafe slot.pointee.isDetached { return senders.free(index) }
    unsafe slot.pointee.state = .refused
    unsafe slot.pointee.quietSeconds = 0
  }

  /// Whether nobody has the address any more. connect(2) of a datagram socket sends nothing; EPERM says that the owner
  /// lives, and is connected to another socket.
  private func isGone(_ index: Int) -> Bool {
    let address = unsafe senders.target(of: index).assumingMemoryBound(to: sockaddr.self)
    let length = unsafe socklen_t(senders.slots[index].targetLength)
    if unsafe connect(scratch, address, length) == 0 { return false }
    return errno == ECONNREFUSED || errno == ENOENT
  }

  private func disconnectScratch() {
    var nobody = sockaddr()
    nobody.sa_family = sa_family_t(AF_UNSPEC)
    unsafe _ = connect(scratch, &nobody, socklen_t(MemoryLayout<sa_family_t>.size))
  }

  // MARK: Counters

  /// Appends the counters of frames that no port has received.
  func report(to counters: inout CounterList) {
    counters.append("unnamed-sender", unnamed)
    counters.append("relative-name", relative)
    counters.append("early-frame", early)
    counters.append("refused-sender", refused)
    counters.append("sender-table-full", tableFull)
  }

  /// Appends those of one sender.
  func report(_ index: Int, to counters: inout CounterList) {
    let slot = unsafe senders.slots + index
    unsafe counters.append("guest-runt", slot.pointee.runts)
    unsafe counters.append("guest-empty", slot.pointee.empties)
    unsafe counters.append("guest-oversize", slot.pointee.oversizes)
    unsafe slot.pointee.sendErrors.report(to: &counters)
  }
}

/// Why a sender of a datagram door is gone.
enum DatagramEnding {
  /// Nobody has its address.
  case gone
  /// Another process uses its address.
  case replaced
  /// It has not sent for so many seconds.
  case idle(Int)

  var text: String {
    switch self {
    case .gone: "the guest has closed its socket"
    case .replaced: "another process has the guest's address now"
    case .idle(let seconds): "the guest has been silent for \(seconds) s, as the option idle allows"
    }
  }
}
