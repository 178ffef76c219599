import CLinux
import CTransport
import Glibc
import LinuxIO
import TransportKit

/// The sockets of a port and what moves frames through them. Made on the control thread, then used by one forwarding
/// thread until the port has stopped.
///
/// Datagrams come in merged by UDP_GRO and go out as runs with UDP_SEGMENT where the kernel can; what is on the wire is
/// the same. A message of many datagrams is handed to the host over as many batches as it takes.
@safe
struct MulticastForwarder: ~Copyable {
  /// Frames a call that are sent: two runs of full-size frames and more.
  static let batch = 128
  /// Frames a call that are received: those of several messages of merged datagrams.
  private static let receivedBatch = 256
  /// Messages a call, each of one datagram or of many. Every slot of 64 KiB keeps the pages that it has needed once.
  private static let messages = 32

  private var receiver: Descriptor?
  private var sender: Descriptor?
  // The numbers of both, -1 without.
  private var receiverNumber: Int32 = -1
  private var senderNumber: Int32 = -1

  private var receiving: SegmentReceiver
  // Where the frames of a batch are.
  private let pieces: UnsafeMutablePointer<umbel_piece>
  // What the sockets in force hold back is of no use to those that follow.
  private var hasStale = false
  private var sending = SegmentSender(capacity: batch, mostPieces: 8)
  private var wantsRuns = true
  private let isIPv4: Bool
  private let port: UInt32
  private var own = OwnAddresses()
  /// Of a guest port nobody: its stations are this host's.
  private let isTrunk: Bool
  private(set) var peers = MulticastPeers()
  private var accepted = AcceptedSenders.everyone
  private var acceptsEveryone = true
  private var isForeignSenderTold = false

  private var ownEchoes: UInt64 = 0
  private var foreignSenders: UInt64 = 0
  private var runts: UInt64 = 0
  private var empties: UInt64 = 0
  private var oversizes: UInt64 = 0
  private var receiveErrors: UInt64 = 0
  private var kernelDrops: UInt64 = 0
  // The receiver's own count when it was last read.
  private var lastKernelDrops: UInt32 = 0
  private var sendErrors = SendErrorCounters()

  /// - Throws: when there is no address space.
  init(isIPv4: Bool, isTrunk: Bool, port: UInt32) throws(Errno) {
    self.isIPv4 = isIPv4
    self.isTrunk = isTrunk
    self.port = port
    receiving = try SegmentReceiver(capacity: MulticastForwarder.messages)
    unsafe pieces = .allocate(capacity: MulticastForwarder.receivedBatch)
    unsafe pieces.initialize(repeating: umbel_piece(), count: MulticastForwarder.receivedBatch)
  }

  deinit { unsafe pieces.deallocate() }

  /// The descriptor to poll, nil without sockets.
  var polled: Int32? { receiverNumber < 0 ? nil : receiverNumber }

  /// The two sockets, -1 without.
  var sockets: (receiver: Int32, sender: Int32) { (receiverNumber, senderNumber) }

  /// Takes over the sockets of the process before.
  mutating func adopt(_ left: MulticastHeritage) {
    receiver = Descriptor(owning: left.receiver)
    receiverNumber = left.receiver
    sender = Descriptor(owning: left.sender)
    senderNumber = left.sender
    own.replace(with: RemoteKey(left.source), now: monotonicNanoseconds())
  }

  /// Puts a change into force.
  mutating func apply(_ change: MulticastChange) {
    if change.closesSockets || change.receiverNumber >= 0 {
      noteKernelDrops()
      lastKernelDrops = 0
      hasStale = true
    }
    if change.closesSockets {
      receiver = nil
      sender = nil
      receiverNumber = -1
      senderNumber = -1
    }
    if let next = change.receiver.take() {
      receiverNumber = next.number
      receiver = consume next
    }
    if let source = change.source, let next = change.sender.take() {
      senderNumber = next.number
      sender = consume next
      own.replace(with: RemoteKey(source), now: monotonicNanoseconds())
      sending.makesRuns = wantsRuns
    }
    if let longest = change.longestSegment { sending.longestSegment = longest }
    if let accepts = change.accepts {
      accepted = accepts
      acceptsEveryone = accepts == .everyone
    }
    if let tuning = change.tuning { apply(tuning) }
  }

  private mutating func apply(_ tuning: MulticastTuning) {
    wantsRuns = tuning.makesRuns
    sending.makesRuns = wantsRuns
    if senderNumber >= 0 {
      try? MulticastSocket.setHops(tuning.hops, family: isIPv4 ? AF_INET : AF_INET6, socket: senderNumber)
    }
    if receiverNumber >= 0 { try? MulticastSocket.setMerging(tuning.merges, socket: receiverNumber) }
  }

  /// Receives one batch.
  /// - Returns: the first sender whose datagrams are not taken, once.
  mutating func receive(into frames: inout ReceiveBatch) -> SocketAddress? {
    let now = monotonicNanoseconds()
    if own.formerCount > 0 { own.expire(now: now) }
    var messages = 0
    if receiving.isEmpty || hasStale {
      hasStale = false
      messages = Int(receiving.refill(from: receiverNumber))
      if messages < 0 {
        // What else can be reported, such as a full memory, passes; it is told by the counter.
        if messages != -Int(EAGAIN) { receiveErrors &+= 1 }
        return nil
      }
    }
    var foreigner: SocketAddress?
    let room = min(frames.room, MulticastForwarder.receivedBatch)
    // Merged datagrams have one sender: the last answer is kept, and its place among the peers once it has sent a frame.
    var name: UnsafeRawPointer?
    var sender = Sender.own
    var place: Int?
    while frames.count < room, let datagram = receiving.next() {
      if unsafe datagram.name != name {
        unsafe name = datagram.name
        unsafe sender = self.sender(datagram.name)
        place = nil
      }
      switch sender {
      case .own: ownEchoes &+= UInt64(truncatingIfNeeded: 1 &+ receiving.skipMessage())
      case .foreign:
        foreignSenders &+= 1
        if !isForeignSenderTold { unsafe foreigner = noteForeigner(datagram.name) }
      case .member:
        guard datagram.length >= 14, datagram.length <= Int(UMBEL_LARGEST_SEGMENT) else {
          countMalformed(datagram.length)
          continue
        }
        let piece = unsafe pieces + frames.count
        unsafe piece.pointee = umbel_piece(data: datagram.bytes, length: datagram.length)
        var remote = umbel_remote()
        if isTrunk {
          let index = unsafe place ?? peers.place(of: datagram.name, isIPv4: isIPv4)
          place = index
          remote = peers.note(index, length: datagram.length, now: now)
        }
        unsafe frames.append(pieces: piece, pieceCount: 1, length: datagram.length, port: port, remote: remote)
      }
    }
    // Polling shows what is left behind a batch of nothing but echoes.
    frames.hasMore = !receiving.isEmpty || (messages == receiving.capacity && frames.count > 0)
    return foreigner
  }

  /// Whose datagrams those of a socket address are.
  private enum Sender {
    case own
    case foreign
    case member
  }

  private func sender(_ name: UnsafeRawPointer) -> Sender {
    let key = unsafe RemoteKey(name, isIPv4: isIPv4)
    if own.contains(key) { return .own }
    if !acceptsEveryone, !accepted.contains(key) { return .foreign }
    return .member
  }

  private mutating func countMalformed(_ length: Int) {
    if length == 0 {
      empties &+= 1
    } else if length > 0 && length < 14 {
      runts &+= 1
    } else {
      oversizes &+= 1
    }
  }

  private mutating func noteForeigner(_ name: UnsafeRawPointer) -> SocketAddress? {
    isForeignSenderTold = true
    return unsafe SocketAddress(
      reading: UnsafeRawBufferPointer(start: name, count: SegmentReceiver.nameStride))
  }

  /// Sends one batch.
  mutating func send(_ frames: SendBatch) -> SendOutcome {
    guard senderNumber >= 0 else { return reject(ENETDOWN) }
    if frames.count > 0, frames[0].staysWhole { return sendWhole(frames[0]) }
    sending.removeAll()
    for index in 0..<min(frames.count, MulticastForwarder.batch) {
      let frame = frames[index]
      if frame.staysWhole { break }
      if !MulticastForwarder.isFrame(frame) {
        if index == 0 { return reject(EMSGSIZE) }
        break
      }
      guard add(frame) else { break }
    }
    return outcome()
  }

  /// Sends one frame in one piece. They are rare, and the socket stays the one whose address is known as this port's.
  private mutating func sendWhole(_ frame: OutgoingFrame) -> SendOutcome {
    guard MulticastForwarder.isFrame(frame) else { return reject(EMSGSIZE) }
    let family = isIPv4 ? AF_INET : AF_INET6
    do throws(Errno) {
      try MulticastSocket.setFragmenting(false, family: family, socket: senderNumber)
    } catch {
      return reject(error.code)
    }
    sending.removeAll()
    _ = add(frame)
    let result = outcome()
    // What cannot be undone would lose every longer frame: it shows in send-emsgsize.
    try? MulticastSocket.setFragmenting(true, family: family, socket: senderNumber)
    return result
  }

  /// An empty datagram stops a QEMU guest's receive side for good; a runt is no frame.
  private static func isFrame(_ frame: OutgoingFrame) -> Bool {
    frame.length >= 14 && frame.length <= Int(UMBEL_LARGEST_SEGMENT)
  }

  /// umbel_piece and iovec are the same two words; a test holds them to it. Every argument is named, because a default
  /// of another module is a call.
  private mutating func add(_ frame: OutgoingFrame) -> Bool {
    let vectors = unsafe UnsafeRawPointer(frame.pieces).assumingMemoryBound(to: iovec.self)
    return unsafe sending.add(
      front: nil, frontLength: 0, pieces: vectors, count: frame.pieceCount, length: frame.length, to: nil,
      nameLength: 0, tag: 0)
  }

  /// Sends what was added.
  private mutating func outcome() -> SendOutcome {
    let (sent, error) = sending.send(to: senderNumber)
    if sent > 0 { return .taken(sent) }
    return error == EAGAIN || error == ENOBUFS ? .notNow : reject(error)
  }

  /// Whether the kernel has turned out not to send runs, told once.
  mutating func takesFallback() -> Bool {
    guard wantsRuns, !sending.makesRuns else { return false }
    wantsRuns = false
    return true
  }

  private mutating func reject(_ code: Int32) -> SendOutcome {
    sendErrors.record(code)
    return .rejected(code)
  }

  /// Forgets members that have been silent for long.
  mutating func tick(now: UInt64, host: HostPort) { peers.tick(now: now, host: host) }

  /// Appends all counters.
  mutating func report(to counters: inout CounterList) {
    noteKernelDrops()
    counters.append("own-echo", ownEchoes)
    counters.append("foreign-sender", foreignSenders)
    counters.append("foreign-runt", runts)
    counters.append("foreign-empty", empties)
    counters.append("foreign-oversize", oversizes)
    counters.append("remotes-full", peers.withoutPlace)
    counters.append("kernel-drops", kernelDrops)
    counters.append("receive-errors", receiveErrors)
    counters.append("gso-runs", sending.runsSent)
    counters.append("gso-frames", sending.datagramsInRuns)
    counters.append("gro-messages", receiving.mergedMessages)
    counters.append("gro-frames", receiving.mergedDatagrams)
    sendErrors.report(to: &counters)
  }

  private mutating func noteKernelDrops() {
    guard receiverNumber >= 0, let drops = try? droppedDatagrams(of: receiverNumber) else { return }
    kernelDrops &+= UInt64(drops &- lastKernelDrops)
    lastKernelDrops = drops
  }
}
