import CLinux
import CTransport
import Glibc
import LinuxIO
import TransportKit

/// What moves frames through an attached TAP. Made on the control thread, then used by one forwarding thread until the
/// port has stopped.
@safe
struct TapForwarder: ~Copyable {
  /// Frames a call that are received; there is no system call that moves several.
  static let batch = 64
  /// A call ends with the frame that reaches so many bytes: super-frames are to be in the processor's cache still when
  /// they are summed up and copied on their way out.
  private static let batchBytes = 256 << 10
  /// Pieces a frame that is sent: the headers and payloads of as many segments as a super-frame has. With more than eight,
  /// the header's included, the kernel allocates for their list, once a super-frame.
  static let mostPieces = 127
  /// Bytes of `struct virtio_net_hdr`, which umbel_offload begins with: a test holds it to that.
  static let headerBytes = Int(CLINUX_TAP_HEADER_SIZE)

  private var device: TapHandle?
  private var number: Int32 = -1
  private let port: UInt32

  // A slot is whole pages, of which a frame touches those that it reaches; a frame is one piece, however long. There is
  // room for a byte more than the longest frame has, which tells a longer one.
  private let buffers = ReceiveBuffers(slots: batch, headBytes: 68 << 10, tailBytes: 0)
  private let headers: UnsafeMutablePointer<umbel_offload>
  // Header and buffer of each slot.
  private let receiving: UnsafeMutablePointer<iovec>
  // Header and pieces of one frame.
  private let sending: UnsafeMutablePointer<iovec>
  private let sendingHeader: UnsafeMutablePointer<umbel_offload>

  /// The device has been deleted: nothing of it can be read or written any more.
  private var hasLostDevice = false
  private var hasToldLoss = false
  private var runts: UInt64 = 0
  private var oversizes: UInt64 = 0
  private var unknownOffloads: UInt64 = 0
  private var receiveErrors: UInt64 = 0
  private var sendErrors = SendErrorCounters()

  init(port: UInt32) {
    self.port = port
    unsafe headers = .allocate(capacity: TapForwarder.batch)
    unsafe headers.initialize(repeating: umbel_offload(), count: TapForwarder.batch)
    unsafe receiving = .allocate(capacity: TapForwarder.batch * 2)
    for slot in 0..<TapForwarder.batch {
      unsafe receiving[slot * 2] = iovec(iov_base: headers + slot, iov_len: TapForwarder.headerBytes)
      unsafe receiving[slot * 2 + 1] = buffers.vectors[slot]
    }
    unsafe sendingHeader = .allocate(capacity: 1)
    unsafe sendingHeader.initialize(to: umbel_offload())
    unsafe sending = .allocate(capacity: TapForwarder.mostPieces + 1)
    unsafe sending[0] = iovec(iov_base: sendingHeader, iov_len: TapForwarder.headerBytes)
  }

  deinit {
    unsafe headers.deallocate()
    unsafe receiving.deallocate()
    unsafe sendingHeader.deallocate()
    unsafe sending.deallocate()
  }

  /// The descriptor to poll, nil without a device.
  var polled: Int32? { number < 0 || hasLostDevice ? nil : number }

  /// Takes a device over, or none.
  /// - Returns: the former one, to be closed by the control thread.
  mutating func exchange(_ device: TapHandle?) -> TapHandle? {
    let former = self.device
    self.device = device
    number = device?.number ?? -1
    hasLostDevice = false
    hasToldLoss = false
    return former
  }

  /// Notes that the device is gone.
  mutating func loseDevice() { hasLostDevice = true }

  /// Whether the device has been lost since the last call.
  mutating func takesLoss() -> Bool {
    if !hasLostDevice || hasToldLoss { return false }
    hasToldLoss = true
    return true
  }

  // MARK: Receiving

  /// Receives one batch.
  mutating func receive(into frames: inout ReceiveBatch) {
    let most = min(frames.room, TapForwarder.batch)
    var slot = 0
    var bytes = 0
    for _ in 0..<most where bytes < TapForwarder.batchBytes {
      let result = unsafe readv(number, receiving + slot &* 2, 2)
      if result < 0 {
        // Polling shows what a signal came before.
        if errno != EAGAIN && errno != EINTR { noteReceiveError(errno) }
        return
      }
      let length = result &- TapForwarder.headerBytes
      guard unsafe isSound(length, headers + slot) else { continue }
      unsafe frames.append(buffers, slot: slot, length: length, port: port, offload: headers[slot])
      slot &+= 1
      bytes &+= length
    }
    frames.hasMore = slot > 0
  }

  private mutating func noteReceiveError(_ code: Int32) {
    // What else can be reported, such as a full memory, passes.
    if code == EBADFD { hasLostDevice = true } else { receiveErrors &+= 1 }
  }

  /// Whether a frame may be handed on; counts it where not.
  private mutating func isSound(_ length: Int, _ offload: UnsafeMutablePointer<umbel_offload>) -> Bool {
    if length < 14 {
      runts &+= 1
      return false
    }
    unsafe offload.pointee.flags &= UInt8(UMBEL_OFFLOAD_NEEDS_CHECKSUM | UMBEL_OFFLOAD_DATA_VALID)
    switch unsafe UInt32(offload.pointee.gso_type) & ~UMBEL_GSO_ECN {
    case UMBEL_GSO_NONE:
      if length <= Int(UMBEL_LARGEST_SEGMENT) { return true }
    case UMBEL_GSO_TCPV4, UMBEL_GSO_TCPV6, UMBEL_GSO_UDP_L4:
      if length <= Int(UMBEL_LARGEST_FRAME) { return true }
    default:
      unknownOffloads &+= 1
      return false
    }
    oversizes &+= 1
    return false
  }

  // MARK: Sending

  /// Sends one batch.
  mutating func send(_ frames: SendBatch) -> SendOutcome {
    guard number >= 0, !hasLostDevice else { return reject(ENETDOWN) }
    for index in 0..<frames.count {
      let code = send(frames[index])
      if code == 0 { continue }
      if index > 0 { return .taken(index) }
      switch code {
      case EAGAIN, ENOBUFS, ENOMEM: return .notNow
      case EBADFD: hasLostDevice = true
      default: break
      }
      return reject(code)
    }
    return .taken(frames.count)
  }

  /// - Returns: 0, or the error number.
  @inline(__always)
  private func send(_ frame: OutgoingFrame) -> Int32 {
    let count = frame.pieceCount
    if frame.length < 14 || frame.length > Int(UMBEL_LARGEST_FRAME) || count > TapForwarder.mostPieces {
      return EMSGSIZE
    }
    unsafe sendingHeader.pointee = frame.offload
    // umbel_piece and iovec are the same two words; a test holds them to it.
    let pieces = unsafe UnsafeRawPointer(frame.pieces).assumingMemoryBound(to: iovec.self)
    for index in 0..<count { unsafe sending[index &+ 1] = pieces[index] }
    while unsafe writev(number, sending, Int32(truncatingIfNeeded: count &+ 1)) < 0 {
      if errno != EINTR { return errno }
    }
    return 0
  }

  private mutating func reject(_ code: Int32) -> SendOutcome {
    // The kernel says EIO of a device that is down, EBADFD of one that has been deleted.
    sendErrors.record(code == EIO || code == EBADFD ? ENETDOWN : code)
    return .rejected(code)
  }

  /// Appends all counters.
  func report(to counters: inout CounterList) {
    counters.append("host-runt", runts)
    counters.append("host-oversize", oversizes)
    counters.append("unknown-offload", unknownOffloads)
    counters.append("receive-errors", receiveErrors)
    sendErrors.report(to: &counters)
  }
}

/// An attached TAP that passes between threads; closed when the last of them lets go of it.
///
/// A class, because the optimizer of Swift 6.3.1 does not come to an end on an optional noncopyable property.
final class TapHandle {
  private let device: TapDevice
  let number: Int32
  let name: String
  let index: UInt32

  init(_ device: consuming TapDevice, index: UInt32) {
    number = device.descriptor.number
    name = device.name
    self.index = index
    self.device = device
  }

  /// See ``TapDevice/setPersistent(_:)`` and ``TapDevice/setOwner(user:group:)``.
  func keep(_ settings: TapSettings) throws(Errno) {
    if let isPersistent = settings.isPersistent { try device.setPersistent(isPersistent) }
    try device.setOwner(user: settings.user, group: settings.group)
  }

  /// See ``TapDevice/negotiate(_:)``.
  func negotiate(_ wanted: TapDevice.Offloads) throws(Errno) -> TapDevice.Offloads { try device.negotiate(wanted) }
}
