import CLinux
import CTransport
import Glibc
import LinuxIO
package import TransportKit

/// A guest on a socket that keeps messages apart: SOCK_SEQPACKET or SOCK_DGRAM.
@safe
package class MessagePort: SocketPort {
  private final let forwarder: UnsafeMutablePointer<MessageForwarder>

  /// - Parameters:
  ///   - socket: what carries the frames, the port's from now on.
  ///   - largestFrame: bytes a frame that the guest takes.
  ///   - remark: what the guest says of itself.
  package init(
    _ client: TransportClient, _ configuration: PortConfiguration, host: HostPort, socket: Int32,
    largestFrame: UInt32 = UMBEL_LARGEST_SEGMENT, remark: String = ""
  ) {
    unsafe forwarder = .allocate(capacity: 1)
    unsafe forwarder.initialize(
      to: MessageForwarder(
        isDatagram: client.socketType == SOCK_DGRAM.rawValue, port: configuration.number,
        largestFrame: Int(largestFrame)))
    super.init(
      socket: socket, of: client, configuration, host: host, largestFrame: largestFrame, remark: remark)
  }

  package convenience init(
    _ client: TransportClient, _ configuration: PortConfiguration, host: HostPort
  ) throws(TransportProblem) {
    var socket = client.descriptor
    if let adopted = configuration.adopted {
      socket = try adopted.sockets([client.socketType])[0]
      _ = try adopted.fields(0)
    }
    self.init(client, configuration, host: host, socket: socket)
  }

  /// A message has no middle where a process could end: what it is said of holds whenever that is.
  package override func handOver(isQuiet: Bool) -> Heritage? {
    // Whether it has ended is the forwarding thread's to know, as long as that runs.
    isQuiet && hasEnded ? nil : Heritage(sockets: [socket])
  }

  package override func close() {
    super.close()
    unsafe forwarder.deinitialize(count: 1)
    unsafe forwarder.deallocate()
  }

  package override func receive(token: UInt64, into batch: inout ReceiveBatch) {
    if hasEnded { return }
    if let ending = unsafe forwarder.pointee.receive(from: socket, into: &batch) { end(ending) }
  }

  package override func send(_ frames: SendBatch) -> SendOutcome {
    let outcome = unsafe forwarder.pointee.send(frames, to: socket)
    if unsafe forwarder.pointee.hasLostPeer { end(.closed) }
    return outcome
  }

  package override func ready(token: UInt64, events: UInt32) {
    if isOver(socket) { return end(.closed) }
    // Reading an error that is no end clears it, so that the descriptor does not report it for ever.
    _ = try? socketOption(socket, SOL_SOCKET, SO_ERROR)
  }

  package override func statistics(_ counters: inout CounterList) {
    unsafe forwarder.pointee.report(to: &counters)
  }
}

/// What moves frames, a message each. One forwarding thread.
struct MessageForwarder: ~Copyable {
  /// Messages a call.
  static let batch = 64

  private let buffers = ReceiveBuffers(slots: batch)
  private var receiving: MessageReceiver
  private let sending = MessageSender(capacity: batch)
  private let isDatagram: Bool
  private let port: UInt32
  private let largestFrame: Int
  /// A datagram pair never reports by reading that the other end is gone.
  private(set) var hasLostPeer = false

  private var runts: UInt64 = 0
  private var empties: UInt64 = 0
  private var oversizes: UInt64 = 0
  private var sendErrors = SendErrorCounters()

  /// - Parameters:
  ///   - isDatagram: whether it is for a send to find out that the other end is gone.
  ///   - largestFrame: bytes a frame that the other end takes.
  init(isDatagram: Bool, port: UInt32, largestFrame: Int) {
    self.isDatagram = isDatagram
    self.port = port
    self.largestFrame = largestFrame
    receiving = unsafe MessageReceiver(
      vectors: buffers.vectors, vectorsPerMessage: 2, capacity: MessageForwarder.batch)
  }

  /// Receives one batch.
  /// - Returns: that the connection is over, and why.
  mutating func receive(from socket: Int32, into frames: inout ReceiveBatch) -> Ending? {
    let most = min(frames.room, MessageForwarder.batch)
    var result = receiving.receive(from: socket, most: most)
    // A peer that closed without reading all: the error is reported once, before what the peer itself still sent.
    if result == -ECONNRESET { result = receiving.receive(from: socket, most: most) }
    if result < 0 { return result == -EAGAIN ? nil : .error(-result) }
    let count = Int(result)
    var trailingEmpties: UInt64 = 0
    for slot in 0..<count {
      let length = Int(unsafe receiving.lengths[slot])
      if length >= 14 {
        frames.append(buffers, slot: slot, length: length, port: port)
        trailingEmpties = 0
      } else if length == 0 {
        trailingEmpties &+= 1
        empties &+= 1
      } else {
        countFault(length)
        trailingEmpties = 0
      }
    }
    // Polling shows what is left behind a batch without a frame.
    frames.hasMore = count == most && frames.count > 0
    // At its end a seqpacket socket yields empty messages without end.
    guard trailingEmpties > 0, isOver(socket) else { return nil }
    empties &-= trailingEmpties
    frames.hasMore = false
    return .closed
  }

  private mutating func countFault(_ length: Int) {
    if length > 0 { runts &+= 1 } else { oversizes &+= 1 }
  }

  /// Sends one batch.
  mutating func send(_ frames: SendBatch, to socket: Int32) -> SendOutcome {
    let most = min(frames.count, MessageForwarder.batch)
    var count = 0
    while count < most {
      let frame = frames[count]
      if frame.length < 14 || frame.length > largestFrame {
        if count == 0 { return reject(EMSGSIZE) }
        break
      }
      // umbel_piece and iovec are the same two words; a test holds them to it.
      let vectors = unsafe UnsafeRawPointer(frame.pieces).assumingMemoryBound(to: iovec.self)
      unsafe sending.set(count, vectors: vectors, count: frame.pieceCount)
      count &+= 1
    }
    let sent = sending.send(to: socket, count: count)
    if sent >= 0 { return .taken(Int(sent)) }
    if sent == -EAGAIN || sent == -ENOBUFS { return .notNow }
    if isDatagram, sent == -ECONNREFUSED || sent == -EPIPE || sent == -ENOTCONN { hasLostPeer = true }
    return reject(-sent)
  }

  private mutating func reject(_ code: Int32) -> SendOutcome {
    sendErrors.record(code)
    return .rejected(code)
  }

  /// Appends all counters.
  func report(to counters: inout CounterList) {
    counters.append("guest-runt", runts)
    counters.append("guest-empty", empties)
    counters.append("guest-oversize", oversizes)
    sendErrors.report(to: &counters)
  }
}
