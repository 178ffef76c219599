import Agent
import CTransport
import Glibc
import LinuxIO
import Recording
import Switching

/// A LAN with ports of a transport that gives one frame and takes what it is sent, and the forwarder of it, stepped by
/// hand.
@safe
final class StubPorts {
  /// A port; also what the transport's functions get as port and endpoint.
  @safe
  final class Stub {
    let number: UInt32
    fileprivate let wakeup = Box(try! Wakeup())
    /// The frames that come in next, and how many of them have.
    fileprivate var incoming: [IncomingFrame] = []
    fileprivate var handedOn = 0
    /// Lengths of the frames that were sent here.
    var sent: [Int] { frames.map(\.count) }
    /// The frames themselves, and their metadata.
    fileprivate(set) var frames: [[UInt8]] = []
    fileprivate(set) var offloads: [umbel_offload] = []
    /// Where they were to go.
    fileprivate(set) var remotes: [umbel_remote] = []
    /// Whom the frames that come in are from.
    var remote = umbel_remote()
    /// It takes no frame for now.
    var isBusy = false
    /// Called when it is called to send.
    var onSend: () -> Void = {}
    /// How often it was called to send.
    fileprivate(set) var calls = 0
    fileprivate var context: UnsafeMutablePointer<PortContext>?

    fileprivate init(number: UInt32) { self.number = number }

    /// The port goes down.
    func setDown() {
      var state = unsafe umbel_state()
      unsafe state.state = UMBEL_STATE_WAITING
      unsafe context!.pointee.apply(state)
    }

    /// Frames that came in here.
    var received: UInt64 { unsafe context!.pointee.counters.snapshot().receivedFrames }

    /// SYNs whose MSS was lowered here.
    var clamped: UInt64 { unsafe context!.pointee.counters.snapshot().mssClamped }

    /// Frames that were cut for this port, and what they became.
    var segmented: [UInt64] {
      let statistics = unsafe context!.pointee.counters.snapshot()
      return [statistics.segmentedFrames, statistics.segments]
    }

    /// Forgets what was sent here.
    func forget() {
      frames = []
      offloads = []
      remotes = []
      calls = 0
    }

    /// Frames that were sent here for the underlay to fragment.
    var fragmented: UInt64 { unsafe context!.pointee.counters.snapshot().fragmented }

    /// Frames that were made of segments here, and of how many.
    var coalesced: [UInt64] {
      let statistics = unsafe context!.pointee.counters.snapshot()
      return [statistics.coalescedFrames, statistics.coalescedSegments]
    }

    /// Frames that ended here, by reason.
    var drops: [DropReason: UInt64] {
      let statistics = unsafe context!.pointee.counters.snapshot()
      return Dictionary(
        uniqueKeysWithValues: DropReason.allCases.filter { statistics[$0] > 0 }.map { ($0, statistics[$0]) })
    }
  }

  private let forwarder: SteppedForwarder
  private let lan: UnsafeMutablePointer<LANContext>
  private let table: UnsafeMutablePointer<umbel_transport>
  private(set) var ports: [Stub] = []

  init() throws {
    forwarder = try SteppedForwarder()
    unsafe lan = .allocate(capacity: 1)
    unsafe lan.initialize(to: try LANContext(configuration: SwitchConfiguration(), seed: (1, 2)))
    unsafe table = .allocate(capacity: 1)
    unsafe table.initialize(to: umbel_transport())
    unsafe table.pointee.descriptors = stubDescriptors
    unsafe table.pointee.receive = stubReceive
    unsafe table.pointee.send = stubSend
    _ = unsafe forwarder.carryOut(.addLAN(lan))
  }

  deinit {
    for port in ports { _ = unsafe forwarder.carryOut(.removePort(port.context!)) }
    _ = unsafe forwarder.carryOut(.removeLAN(lan))
    for port in ports {
      let endpoint = unsafe port.context!.pointee.endpoint
      unsafe port.context!.deinitialize(count: 1)
      unsafe port.context!.deallocate()
      unsafe endpoint.deallocate()
    }
    unsafe lan.deinitialize(count: 1)
    unsafe lan.deallocate()
    unsafe table.deallocate()
  }

  /// What guest ports are not to bring in from now on. It must stay until the next.
  func watch(_ underlay: UnderlayMemory) { _ = unsafe forwarder.carryOut(.setUnderlay(underlay.table)) }

  /// Sends a frame of the control thread.
  func inject(_ frame: [UInt8], to stub: Stub) {
    _ = unsafe forwarder.carryOut(.inject(stub.context!, frame: frame, flags: 0))
  }

  /// Ends a port; it is not used any more.
  func remove(_ stub: Stub) { _ = unsafe forwarder.carryOut(.removePort(stub.context!)) }

  func shut(_ stub: Stub, _ isShut: Bool) { _ = unsafe forwarder.carryOut(.setShut(stub.context!, isShut)) }

  func mute(_ remotes: [UInt32], at stub: Stub) {
    _ = unsafe forwarder.carryOut(.setMuted(stub.context!, remotes.map { Remote(index: $0, generation: 0) }))
  }

  /// Copies along these paths from now on.
  /// - Parameter targets: nil: those of the paths.
  func mirror(_ paths: [MirrorPath], targets: [Stub]? = nil) {
    let targets = targets?.map(\.number) ?? paths.map(\.target)
    _ = unsafe forwarder.carryOut(.setMirrors(lan, paths, targets: targets))
  }

  func set(_ settings: PortSettings, of stub: Stub) {
    _ = unsafe forwarder.carryOut(.setSettings(stub.context!, settings))
  }

  func setQueue(bytes: Int, of stub: Stub) throws {
    _ = unsafe forwarder.carryOut(.setQueue(stub.context!, try FrameQueueBox(capacity: bytes)))
  }

  func change(to configuration: SwitchConfiguration) { _ = unsafe forwarder.carryOut(.changeLAN(lan, configuration)) }

  /// What the port had counted, and what was known of stations, in another process.
  func carry(_ counters: [UInt64], to stub: Stub) {
    _ = unsafe forwarder.carryOut(.carryCounters(stub.context!, counters))
  }

  func restore(_ stations: [KeptStation]) { _ = unsafe forwarder.carryOut(.restoreStations(lan, stations)) }

  /// All counters of a port.
  func counters(of stub: Stub) -> [UInt64] { unsafe stub.context!.pointee.counters.values }

  /// Records the LAN's frames from now on, into rings that stay.
  /// - Parameter capturing: numbers of ports that a client captures; nil: only the flight recorder records.
  func record(
    capturing ports: [UInt32]? = nil, _ filter: CaptureFilter = CaptureFilter(), bytes: Int = 1 << 20
  ) throws -> RingMemory {
    let memory = try RingMemory(byteCount: bytes, snaplen: 128)
    var rings = unsafe CaptureRings()
    if let ports {
      let capture = UnsafeMutablePointer<LiveCapture>.allocate(capacity: 1)
      unsafe capture.initialize(to: LiveCapture(memory, filter: filter, ports: ports))
      unsafe rings.add(capture)
    } else {
      let writer = UnsafeMutablePointer<RingWriter>.allocate(capacity: 1)
      unsafe writer.initialize(to: RingWriter(memory))
      unsafe rings.recorder = unsafe writer
    }
    _ = unsafe forwarder.carryOut(.setRings(lan, rings))
    return memory
  }

  /// Records no frame any more.
  func endRecording() { _ = unsafe forwarder.carryOut(.setRings(lan, CaptureRings())) }

  func setBusyPoll(_ setting: BusyPoll) { _ = unsafe forwarder.carryOut(.setBusyPoll(setting)) }

  /// One round without a frame.
  func step() { forwarder.step() }

  /// The hellos that the control thread was told of since it last asked.
  func hellos() -> [HelloReport] {
    var reports: [HelloReport] = []
    while let report = forwarder.takeHello() { reports.append(report) }
    return reports
  }

  /// Adds a port that takes frames as said.
  func add(
    role: Switching.PortRole = .guest, largestFrame: UInt32 = 0, mostPieces: UInt32 = 1, takes: UInt32 = 0,
    wholeFrame: UInt32 = 0, settings: PortSettings = PortSettings()
  ) throws -> Stub {
    let stub = Stub(number: UInt32(ports.count + 1))
    let handle = unsafe OpaquePointer(Unmanaged.passUnretained(stub).toOpaque())
    let endpoint = UnsafeMutablePointer<EndpointContext>.allocate(capacity: 1)
    unsafe endpoint.initialize(to: EndpointContext(endpoint: handle, transport: table))
    let context = UnsafeMutablePointer<PortContext>.allocate(capacity: 1)
    unsafe context.initialize(
      to: try PortContext(
        number: stub.number, role: role, lan: lan, transport: table, port: handle, endpoint: endpoint,
        settings: settings, queueBytes: 64 << 10))
    var state = unsafe umbel_state()
    unsafe state.state = UMBEL_STATE_UP
    unsafe state.largest_frame = largestFrame
    unsafe state.most_pieces = mostPieces
    unsafe state.offloads = takes
    unsafe state.whole_frame = wholeFrame
    unsafe context.pointee.apply(state)
    unsafe stub.context = unsafe context
    ports.append(stub)
    _ = unsafe forwarder.carryOut(.addPort(context))
    return stub
  }

  /// A frame to everyone comes in by a port.
  func receive(_ length: Int, _ offload: umbel_offload, from stub: Stub) {
    let header: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 0]
    receive(header + [UInt8](repeating: 0, count: length - header.count), offload, from: stub)
  }

  /// A frame comes in by a port.
  /// - Parameter cuts: where one piece ends and the next begins.
  func receive(_ frame: [UInt8], _ offload: umbel_offload = umbel_offload(), cuts: [Int] = [], from stub: Stub) {
    receive([IncomingFrame(frame, offload, cuts: cuts)], from: stub)
  }

  /// Frames come in by a port, as many at a time as the forwarder takes.
  func receive(_ frames: [IncomingFrame], from stub: Stub) {
    stub.incoming = frames
    stub.handedOn = 0
    stub.wakeup.value.signal()
    while stub.handedOn < frames.count { forwarder.step() }
  }
}

/// A frame that comes in, in memory of its own, its pieces apart from each other.
@safe
final class IncomingFrame {
  fileprivate let length: Int
  fileprivate let offload: umbel_offload
  /// Whom it is from; nil: as its port says.
  fileprivate let remote: umbel_remote?
  fileprivate let pieces: UnsafeMutableBufferPointer<umbel_piece>
  private let bytes: UnsafeMutableBufferPointer<UInt8>
  /// Bytes between two pieces, which belong to no frame.
  private static let gap = 5

  /// - Parameter cuts: where one piece ends and the next begins.
  init(
    _ frame: [UInt8], _ offload: umbel_offload = umbel_offload(), cuts: [Int] = [], remote: umbel_remote? = nil
  ) {
    length = frame.count
    self.offload = offload
    self.remote = remote
    let ends = cuts + [frame.count]
    unsafe bytes = .allocate(capacity: frame.count + ends.count * Self.gap)
    unsafe bytes.initialize(repeating: 0xa5)
    unsafe pieces = .allocate(capacity: ends.count)
    for (index, end) in ends.enumerated() {
      let start = index == 0 ? 0 : ends[index - 1]
      let place = unsafe bytes.baseAddress! + start + index * Self.gap
      for offset in start..<end { unsafe place[offset - start] = frame[offset] }
      unsafe pieces.initializeElement(at: index, to: umbel_piece(data: place, length: end - start))
    }
  }

  deinit {
    unsafe bytes.deallocate()
    unsafe pieces.deallocate()
  }
}

private func stub(_ handle: OpaquePointer?) -> StubPorts.Stub {
  unsafe Unmanaged<StubPorts.Stub>.fromOpaque(UnsafeRawPointer(handle!)).takeUnretainedValue()
}

private func stubDescriptors(
  _ endpoint: OpaquePointer?, _ array: UnsafeMutablePointer<umbel_descriptor>?, _ stride: UInt32, _ capacity: UInt32
) -> Int32 {
  unsafe array!.pointee = umbel_descriptor(
    descriptor: stub(endpoint).wakeup.value.descriptor.number, events: Readiness.readable.rawValue, token: 0,
    kind: UMBEL_DESCRIPTOR_DATA, zero: 0)
  return 1
}

private func stubReceive(
  _ endpoint: OpaquePointer?, _ token: UInt64, _ frames: UnsafeMutablePointer<umbel_frame>?, _ stride: UInt32,
  _ capacity: UInt32, _ more: UnsafeMutablePointer<UInt32>?
) -> Int32 {
  let stub = unsafe stub(endpoint)
  let count = min(stub.incoming.count - stub.handedOn, Int(capacity))
  for index in 0..<count {
    let incoming = stub.incoming[stub.handedOn + index]
    var frame = unsafe umbel_frame()
    unsafe frame.pieces = unsafe UnsafePointer(incoming.pieces.baseAddress)
    unsafe frame.piece_count = unsafe UInt32(incoming.pieces.count)
    unsafe frame.length = UInt32(incoming.length)
    unsafe frame.port = stub.number
    unsafe frame.offload = incoming.offload
    unsafe frame.remote = incoming.remote ?? stub.remote
    unsafe frames![index] = unsafe frame
  }
  stub.handedOn += count
  if stub.handedOn == stub.incoming.count { stub.wakeup.value.clear() }
  return Int32(count)
}

private func stubSend(
  _ port: OpaquePointer?, _ frames: UnsafePointer<umbel_frame>?, _ stride: UInt32, _ count: UInt32
) -> Int32 {
  let stub = unsafe stub(port)
  stub.calls += 1
  stub.onSend()
  if stub.isBusy { return 0 }
  for index in 0..<Int(count) {
    let frame = unsafe frames![index]
    unsafe stub.frames.append(
      (0..<Int(frame.piece_count)).flatMap { piece in
        unsafe Array(UnsafeRawBufferPointer(start: frame.pieces[piece].data, count: frame.pieces[piece].length))
      })
    unsafe stub.offloads.append(frame.offload)
    unsafe stub.remotes.append(frame.remote)
  }
  return Int32(count)
}
