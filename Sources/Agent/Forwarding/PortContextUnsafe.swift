package import CTransport
package import LinuxIO
package import Switching

/// One port as its forwarding thread sees it. Made and freed by the control thread, used by the forwarding thread
/// between the commands `addPort` and `removePort`.
@unsafe
package struct PortContext: ~Copyable {
  /// Frames that wait for one call of `send`. The segments of super-frames leave in runs of some 45, as many as a
  /// datagram of 64 KiB holds: each full batch ends with a shorter run, which costs the kernel as much as a long one.
  package static let batchCapacity = 128

  /// Number of the port, unique in this process.
  package let number: UInt32
  package let role: Switching.PortRole
  package let lan: UnsafeMutablePointer<LANContext>
  package let transport: UnsafePointer<umbel_transport>
  package let port: OpaquePointer
  package let endpoint: UnsafeMutablePointer<EndpointContext>
  /// It is a datagram door's own: it receives for others and is sent nothing.
  package let isDoor: Bool
  /// The agent's own options.
  package var settings: PortSettings { didSet { unsafe settle() } }
  /// Bytes and frames waiting in the queue, for the control thread to read.
  package let gauges: QueueGauges

  /// The port's place in its LAN's switch; nil until it was added.
  package var slot: PortIndex?
  /// In the switch's storage; set with the slot, and read by the control thread while the port is in the switch.
  package var counters: PortCounters
  /// The switch knows whether the port is up.
  package var isSettled = true

  // What `send` takes, from the port's last state.
  package var isUp = false { didSet { unsafe settle() } }
  package var largestFrame = UMBEL_LARGEST_SEGMENT
  package var mostPieces: UInt32 = 1
  package var takes: UInt32 = 0
  /// What leaves this host unfragmented, as the transport says, and what was found to arrive so; `UInt32.max`: anything.
  private var wholeFrame = UInt32.max
  private var probedFrame = UInt32.max
  /// Bytes of the longest frame that passes the underlay in one piece, as far as that is known; `UInt32.max`: any.
  package private(set) var wholeLimit = UInt32.max
  /// The port is up, and no frame need be looked into before it goes out.
  package private(set) var isPlain = false
  /// Bytes of the longest frame that goes out without further questions.
  package private(set) var plainFrame: UInt32 = 0
  /// TCP connections that pass here get a lower MSS: a trunk of which it is known what passes in one piece.
  package private(set) var clampsMSS = false
  /// Segments that go out here become super-frames.
  package private(set) var coalesces = false
  /// Frames that come in are looked into before the switch gets them.
  package private(set) var inspects = false
  /// And for nothing but datagrams of trunks.
  package private(set) var inspectsUnderlayAlone = false
  /// What comes in is copied, or ends here.
  package private(set) var isMirroredIn = false
  /// What goes out is copied.
  package private(set) var isMirroredOut = false

  // The frames of this round for this port.
  package let batch: UnsafeMutablePointer<umbel_frame>
  package var batchCount = 0
  package var isListedAsTouched = false
  /// Those of the batch that the next frame may join; the first `runCount` are initialized.
  package let runs: UnsafeMutablePointer<OpenRun>
  package var runCount = 0
  /// The one that was joined last; of others than the first `runCount` nothing follows.
  package var lastRun = 0
  package static let mostRuns = 8

  // What it could not send yet.
  package var queue: FrameQueue
  package var isListedAsQueued = false
  package var retryAt: UInt64 = 0
  package var retryDelay: UInt64 = unsafe PortContext.shortestRetry

  /// A guest port, while trunks have datagrams that it must not bring in.
  package var watchesUnderlay = false { didSet { unsafe settle() } }
  /// A mirror's target: it gets copies, takes nothing in, and is no member of its LAN.
  package var isMirrorTarget = false { didSet { unsafe settle() } }
  /// Who gets a copy of what comes in here, and of what is to go out.
  package var copiesIn = unsafe MirrorTargets() { didSet { unsafe settle() } }
  package var copiesOut = unsafe MirrorTargets() { didSet { unsafe settle() } }
  /// When a datagram of a trunk that comes in here is next reported.
  package var nextUnderlayReport: UInt64 = 0
  /// When a storm that comes in here is next reported.
  package var nextStormReport: UInt64 = 0

  /// A loop leads through it: the switch sends and takes nothing here, hellos and probes still pass.
  package var isShut = false
  /// Remotes whose frames come by a better path; so many of the list count.
  package private(set) var mutedCount = 0
  private var muted = InlineArray<16, Remote>(repeating: .everyone)
  /// How many hellos were told to the control thread in this second.
  private var helloSecond: UInt32 = 0
  private var helloCount: UInt32 = 0

  /// Senders that came in here and were told that a frame is too big, within the second `answerSecond`.
  package var answers: UInt32 = 0
  package var answerSecond: UInt32 = 0

  /// A state that the ring of reports had no room for.
  package var pendingReport: ForwardingReport?

  /// Times between two attempts to send to a port that takes nothing: doubled while it takes nothing, so that a guest
  /// that hangs costs thirty calls a second and not a thousand; 1 ms again with the first frame it takes.
  package static let shortestRetry: UInt64 = 1_000_000
  package static let longestRetry: UInt64 = 32_000_000

  package init(
    number: UInt32, role: Switching.PortRole, lan: UnsafeMutablePointer<LANContext>,
    transport: UnsafePointer<umbel_transport>,
    port: OpaquePointer, endpoint: UnsafeMutablePointer<EndpointContext>, isDoor: Bool = false,
    settings: PortSettings = PortSettings(), queueBytes: Int
  ) throws(Errno) {
    unsafe self.number = number
    unsafe self.role = role
    unsafe self.lan = lan
    unsafe self.transport = transport
    unsafe self.port = port
    unsafe self.endpoint = endpoint
    unsafe self.isDoor = isDoor
    unsafe self.settings = settings
    unsafe queue = try FrameQueue(capacity: queueBytes)
    // Until it has a place of its own: nobody counts there before.
    unsafe counters = unsafe lan.pointee.core.counters(of: 0)
    unsafe gauges = QueueGauges()
    unsafe batch = .allocate(capacity: Self.batchCapacity)
    unsafe batch.initialize(repeating: umbel_frame(), count: Self.batchCapacity)
    unsafe runs = .allocate(capacity: Self.mostRuns)
  }

  deinit {
    unsafe batch.deallocate()
    unsafe runs.deallocate()
  }

  /// Remotes that can be muted at one port.
  package static let mostMuted = 16
  /// Hellos and probes a second that are told to the control thread: those of a hundred peers and their answers.
  private static let mostHellos: UInt32 = 256

  /// Replaces the remotes whose frames are dropped; what is beyond ``mostMuted`` is left out.
  package mutating func mute(_ remotes: [Remote]) {
    unsafe mutedCount = min(remotes.count, Self.mostMuted)
    for index in unsafe 0..<mutedCount { unsafe muted[index] = remotes[index] }
  }

  func isMuted(_ remote: Remote) -> Bool {
    for index in unsafe 0..<mutedCount where unsafe muted[index] == remote { return true }
    return false
  }

  /// Whether one more hello may be told to the control thread in this second.
  mutating func admitsHello(seconds: UInt32) -> Bool {
    if unsafe helloSecond != seconds {
      unsafe helloSecond = seconds
      unsafe helloCount = 0
    }
    unsafe helloCount += 1
    return unsafe helloCount <= Self.mostHellos
  }

  /// Takes over what a state says about sending.
  package mutating func apply(_ state: umbel_state) {
    unsafe largestFrame = state.largest_frame == 0 ? UMBEL_LARGEST_SEGMENT : state.largest_frame
    unsafe mostPieces = max(1, state.most_pieces)
    unsafe takes = state.offloads
    unsafe wholeFrame = state.whole_frame == 0 ? .max : state.whole_frame
    unsafe isUp = state.state == UMBEL_STATE_UP && !isDoor
  }

  /// Takes over how long a frame was found to arrive in one piece; nil: not known any more.
  package mutating func note(probed bytes: UInt32?) {
    unsafe probedFrame = bytes ?? .max
    unsafe settle()
  }

  /// What each frame asks, from all that it depends on.
  private mutating func settle() {
    unsafe wholeLimit = min(wholeFrame, probedFrame)
    unsafe plainFrame = min(largestFrame, wholeLimit)
    unsafe clampsMSS = role == .trunk && settings.mssClamp && wholeLimit < UMBEL_LARGEST_SEGMENT
    let segmented = UMBEL_TAKES_TCPV4 | UMBEL_TAKES_TCPV6 | UMBEL_TAKES_UDP_L4
    // Headers and the payloads of two segments.
    unsafe coalesces =
      settings.coalesce && !isMirrorTarget && takes & UMBEL_TAKES_CHECKSUM != 0 && takes & segmented != 0
      && mostPieces >= 3
    unsafe isMirroredIn = isMirrorTarget || !copiesIn.isEmpty
    unsafe isMirroredOut = !copiesOut.isEmpty
    unsafe isPlain = isUp && !clampsMSS && !coalesces && !isMirroredOut
    unsafe inspects = watchesUnderlay || clampsMSS || isMirroredIn
    unsafe inspectsUnderlayAlone = watchesUnderlay && !isMirroredIn
  }

  /// The switch sends and takes frames here.
  package var isMember: Bool { unsafe isUp && !isShut && !isMirrorTarget }
}

/// An endpoint as its forwarding thread sees it: what owns descriptors, shared by one port or many.
@unsafe
package struct EndpointContext {
  /// The plugin's endpoint.
  package let endpoint: OpaquePointer
  package let transport: UnsafePointer<umbel_transport>
  /// Ports that use it, counted by the forwarding thread.
  package var portCount = 0
  /// Number of one of its ports, for reports.
  package var reportPort: UInt32 = 0
  /// The first of its descriptors' slots in the thread's table; 0: none.
  package var firstSlot: UInt32 = 0
  /// The descriptor list must be asked for again.
  package var isStale = true
  /// When its tick is due.
  package var deadline = UInt64.max
  /// Consecutive answers "no frame, but more are at hand".
  package var emptyMores = 0
  /// A port of it has muted remotes.
  package var hasMuted = false
  /// A LAN of one of its ports has rings.
  package var isRecorded = false
  /// A LAN of one of its ports has clients that capture.
  package var isCaptured = false
  /// Has already been reported for breaking a rule that is survived.
  package var isReported = false

  package init(endpoint: OpaquePointer, transport: UnsafePointer<umbel_transport>) {
    unsafe self.endpoint = endpoint
    unsafe self.transport = transport
  }
}

/// A LAN as its forwarding thread sees it.
@unsafe
package struct LANContext: ~Copyable {
  package var core: Switch
  /// The port at each place of the switch.
  package let ports: UnsafeMutablePointer<UnsafeMutablePointer<PortContext>?>
  /// Where its frames are recorded.
  package var rings = unsafe CaptureRings()
  private let table: MappedMemory
  private let storage: MappedMemory

  /// - Throws: when the kernel gives no address space.
  package init(configuration: SwitchConfiguration, seed: (UInt64, UInt64)) throws(Errno) {
    let storage = try MappedMemory(byteCount: Switch.storageBytes(for: configuration))
    let table = try MappedMemory(byteCount: configuration.maximumPorts * MemoryLayout<UInt>.size)
    unsafe ports = table.bytes.baseAddress!.assumingMemoryBound(to: UnsafeMutablePointer<PortContext>?.self)
    unsafe core = unsafe Switch(configuration, seed: seed, storage: storage.bytes)
    unsafe self.storage = storage
    unsafe self.table = table
  }
}
