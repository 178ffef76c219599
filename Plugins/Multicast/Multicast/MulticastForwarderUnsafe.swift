import CLinux
import CTransport
import Glibc
import LinuxIO
import TransportKit

/// The sockets of a trunk and what moves frames through them. Made on the control thread, then used by one forwarding
/// thread until the port has stopped.
struct MulticastForwarder: ~Copyable {
  /// Datagrams a call.
  static let batch = 64

  private var receiver: Descriptor?
  private var sender: Descriptor?
  // The numbers of both, -1 without.
  private var receiverNumber: Int32 = -1
  private var senderNumber: Int32 = -1

  private let buffers = ReceiveBuffers(slots: batch)
  private var receiving: MessageReceiver
  private let sending = MessageSender(capacity: batch)
  private let isIPv4: Bool
  private let port: UInt32
  private var own = OwnAddresses()
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

  init(isIPv4: Bool, port: UInt32) {
    self.isIPv4 = isIPv4
    self.port = port
    receiving = unsafe MessageReceiver(
      vectors: buffers.vectors, vectorsPerMessage: 2, capacity: MulticastForwarder.batch, wantsNames: true)
  }

  /// The descriptor to poll, nil without sockets.
  var polled: Int32? { receiverNumber < 0 ? nil : receiverNumber }

  /// The two sockets, -1 without.
  var sockets: (receiver: Int32, sender: Int32) { (receiverNumber, senderNumber) }

  /// Puts a change into force.
  mutating func apply(_ change: MulticastChange) {
    if change.closesSockets || change.receiverNumber >= 0 {
      noteKernelDrops()
      lastKernelDrops = 0
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
      own.replace(with: SourceKey(source), now: monotonicNanoseconds())
    }
    if let accepts = change.accepts {
      accepted = accepts
      acceptsEveryone = accepts == .everyone
    }
    if let tuning = change.tuning, senderNumber >= 0 {
      try? MulticastSocket.setHops(tuning.hops, family: isIPv4 ? AF_INET : AF_INET6, socket: senderNumber)
    }
  }

  /// Receives one batch.
  /// - Returns: the first sender whose datagrams are not taken, once.
  mutating func receive(into frames: inout ReceiveBatch) -> SocketAddress? {
    if own.formerCount > 0 { own.expire(now: monotonicNanoseconds()) }
    let most = min(frames.room, MulticastForwarder.batch)
    let count = Int(receiving.receive(from: receiverNumber, most: most))
    if count < 0 {
      // What else can be reported, such as a full memory, passes; it is told by the counter.
      if count != -Int(EAGAIN) { receiveErrors &+= 1 }
      return nil
    }
    var foreigner: SocketAddress?
    for slot in 0..<count {
      let length = Int(unsafe receiving.lengths[slot])
      let key = unsafe SourceKey(receiving.name(slot), isIPv4: isIPv4)
      if own.contains(key) {
        ownEchoes &+= 1
      } else if !acceptsEveryone, !accepted.contains(key) {
        foreignSenders &+= 1
        if !isForeignSenderTold { unsafe foreigner = noteForeigner(receiving.name(slot)) }
      } else if length >= 14 {
        frames.append(buffers, slot: slot, length: length, port: port)
      } else if length == 0 {
        empties &+= 1
      } else if length > 0 {
        runts &+= 1
      } else {
        oversizes &+= 1
      }
    }
    // Polling shows what is left behind a batch of nothing but echoes.
    frames.hasMore = count == most && frames.count > 0
    return foreigner
  }

  private mutating func noteForeigner(_ name: UnsafeRawPointer) -> SocketAddress? {
    isForeignSenderTold = true
    return unsafe SocketAddress(
      reading: UnsafeRawBufferPointer(start: name, count: MessageReceiver.nameStride))
  }

  /// Sends one batch.
  mutating func send(_ frames: SendBatch) -> SendOutcome {
    guard senderNumber >= 0 else { return reject(ENETDOWN) }
    if frames.count > 0, frames[0].staysWhole { return sendWhole(frames[0]) }
    let most = min(frames.count, MulticastForwarder.batch)
    var count = 0
    while count < most {
      let frame = frames[count]
      if frame.staysWhole { break }
      // An empty datagram stops a QEMU guest's receive side for good; a runt is no frame.
      if frame.length < 14 || frame.length > Int(UMBEL_LARGEST_SEGMENT) {
        if count == 0 { return reject(EMSGSIZE) }
        break
      }
      unsafe sending.set(count, vectors: MulticastForwarder.vectors(of: frame), count: frame.pieceCount)
      count &+= 1
    }
    return outcome(of: sending.send(to: senderNumber, count: count))
  }

  /// Sends one frame in one piece. They are rare, and the socket stays the one whose address is known as this trunk's.
  private mutating func sendWhole(_ frame: OutgoingFrame) -> SendOutcome {
    if frame.length < 14 || frame.length > Int(UMBEL_LARGEST_SEGMENT) { return reject(EMSGSIZE) }
    let family = isIPv4 ? AF_INET : AF_INET6
    do throws(Errno) {
      try MulticastSocket.setFragmenting(false, family: family, socket: senderNumber)
    } catch {
      return reject(error.code)
    }
    unsafe sending.set(0, vectors: MulticastForwarder.vectors(of: frame), count: frame.pieceCount)
    let sent = sending.send(to: senderNumber, count: 1)
    // What cannot be undone would lose every longer frame: it shows in send-emsgsize.
    try? MulticastSocket.setFragmenting(true, family: family, socket: senderNumber)
    return outcome(of: sent)
  }

  /// umbel_piece and iovec are the same two words; a test holds them to it.
  private static func vectors(of frame: OutgoingFrame) -> UnsafePointer<iovec> {
    unsafe UnsafeRawPointer(frame.pieces).assumingMemoryBound(to: iovec.self)
  }

  private mutating func outcome(of sent: Int32) -> SendOutcome {
    if sent >= 0 { return .taken(Int(sent)) }
    return sent == -EAGAIN || sent == -ENOBUFS ? .notNow : reject(-sent)
  }

  private mutating func reject(_ code: Int32) -> SendOutcome {
    sendErrors.record(code)
    return .rejected(code)
  }

  /// Appends all counters.
  mutating func report(to counters: inout CounterList) {
    noteKernelDrops()
    counters.append("own-echo", ownEchoes)
    counters.append("foreign-sender", foreignSenders)
    counters.append("foreign-runt", runts)
    counters.append("foreign-empty", empties)
    counters.append("foreign-oversize", oversizes)
    counters.append("kernel-drops", kernelDrops)
    counters.append("receive-errors", receiveErrors)
    sendErrors.report(to: &counters)
  }

  private mutating func noteKernelDrops() {
    guard receiverNumber >= 0, let drops = try? droppedDatagrams(of: receiverNumber) else { return }
    kernelDrops &+= UInt64(drops &- lastKernelDrops)
    lastKernelDrops = drops
  }
}
