import Agent
import CTransport
import Glibc
import LinuxIO
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
    /// The frame that comes in next.
    fileprivate var length = 0
    fileprivate let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: Int(UMBEL_LARGEST_FRAME))
    fileprivate var offload = umbel_offload()
    /// Lengths of the frames that were sent here.
    fileprivate(set) var sent: [Int] = []
    fileprivate var context: UnsafeMutablePointer<PortContext>?
    fileprivate let pieces = UnsafeMutablePointer<umbel_piece>.allocate(capacity: 1)

    fileprivate init(number: UInt32) { self.number = number }

    deinit {
      unsafe bytes.deallocate()
      unsafe pieces.deallocate()
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

  /// Adds a port that takes frames as said.
  func add(largestFrame: UInt32 = 0, takes: UInt32 = 0) throws -> Stub {
    let stub = Stub(number: UInt32(ports.count + 1))
    let handle = unsafe OpaquePointer(Unmanaged.passUnretained(stub).toOpaque())
    let endpoint = UnsafeMutablePointer<EndpointContext>.allocate(capacity: 1)
    unsafe endpoint.initialize(to: EndpointContext(endpoint: handle, transport: table))
    let context = UnsafeMutablePointer<PortContext>.allocate(capacity: 1)
    unsafe context.initialize(
      to: try PortContext(
        number: stub.number, role: .guest, lan: lan, transport: table, port: handle, endpoint: endpoint,
        queueBytes: 64 << 10))
    unsafe context.pointee.apply(state: UMBEL_STATE_UP, largestFrame: largestFrame, mostPieces: 1, takes: takes)
    unsafe stub.context = unsafe context
    ports.append(stub)
    _ = unsafe forwarder.carryOut(.addPort(context))
    return stub
  }

  /// A frame to everyone comes in by a port.
  func receive(_ length: Int, _ offload: umbel_offload, from stub: Stub) {
    stub.length = length
    unsafe stub.bytes.initialize(repeating: 0, count: length)
    let header: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 0]
    for (offset, byte) in header.enumerated() { unsafe stub.bytes[offset] = byte }
    stub.offload = offload
    stub.wakeup.value.signal()
    forwarder.step()
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
  stub.wakeup.value.clear()
  unsafe stub.pieces.initialize(to: umbel_piece(data: stub.bytes, length: stub.length))
  unsafe frames!.pointee = umbel_frame()
  unsafe frames!.pointee.pieces = unsafe UnsafePointer(stub.pieces)
  unsafe frames!.pointee.piece_count = 1
  unsafe frames!.pointee.length = UInt32(stub.length)
  unsafe frames!.pointee.port = stub.number
  unsafe frames!.pointee.offload = stub.offload
  return 1
}

private func stubSend(
  _ port: OpaquePointer?, _ frames: UnsafePointer<umbel_frame>?, _ stride: UInt32, _ count: UInt32
) -> Int32 {
  for index in 0..<Int(count) { unsafe stub(port).sent.append(Int(frames![index].length)) }
  return Int32(count)
}
