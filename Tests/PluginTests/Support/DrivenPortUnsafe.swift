import CTransport
import Glibc
import MulticastTransport
import SocketTransport
import TapTransport
import Testing
import TransportKit
import VXLANTransport

/// The tables of the transports, made once and not written after that, so that threads may share them.
enum Transport {
  nonisolated(unsafe) static let multicast = unsafe multicastTransport.table(for: FakeHost.table)!
  nonisolated(unsafe) static let socket = unsafe socketTransport.table(for: FakeHost.table)!
  nonisolated(unsafe) static let vxlan = unsafe vxlanTransport.table(for: FakeHost.table)!
  nonisolated(unsafe) static let tap = unsafe tapTransport.table(for: FakeHost.table)!
}

/// A transport's refusal, as check and open write it.
struct Refusal: Error {
  let code: Int32
  let option: String?
  let text: String
}

/// The value of an option as the host gives it.
enum OptionValue {
  case text(String)
  case integer(Int64)
  case range(Int64, Int64)
  case items([String])
}

/// A peer as the port tells of it.
struct ToldRemote: Equatable {
  let index: UInt32
  let address: String
  let frames: UInt64
  let bytes: UInt64
}

/// One port, driven through the C table as a host does it, with strides larger than the structures.
@safe
final class DrivenPort {
  static let number: UInt32 = 7
  private static let spare = 32

  let table: UnsafePointer<umbel_transport>
  let handle = FakeHost.newHandle()
  private(set) var port: OpaquePointer?
  private(set) var endpoint: OpaquePointer?
  /// Whether the last `receive` said that more is at hand.
  private(set) var hasMore = false

  init(
    _ table: UnsafePointer<umbel_transport>, role: UInt32, _ values: [String: OptionValue] = [:],
    client: Client? = nil, number: UInt32 = DrivenPort.number, adopted: KeptPort? = nil
  ) throws {
    unsafe self.table = unsafe table
    try unsafe withOpen(role: role, values, client: client) { open, problem in
      var open = unsafe open.pointee
      unsafe open.number = number
      return unsafe KeptPort.withC(adopted) { heritage in
        unsafe open.adopted = heritage
        return unsafe table.pointee.open(OpaquePointer(bitPattern: handle), &open, &port, &endpoint, problem)
      }
    }
    _ = unsafe table.pointee.start(port)
  }

  deinit { if unsafe port != nil { close() } }

  /// A client of a door, or with a descriptor handed over.
  struct Client {
    var descriptor: Int32
    var type: UInt32
    var door = UMBEL_NO_DOOR
    var user: UInt32 = 0
    var group: UInt32 = 0
    var process: Int32 = 0
    /// As a datagram door has announced it.
    var state: UInt = 0
    /// What accept has seen; nil: a structure of its own is made from the above.
    var accepted: DoorClient?
  }

  /// Ends the port.
  func close() {
    unsafe table.pointee.stop(port)
    unsafe table.pointee.close(port)
    unsafe port = nil
  }

  /// What is to be kept of the port, with duplicates of its descriptors, which are the caller's; nil: nothing.
  func handOver(isQuiet: Bool) -> KeptPort? {
    unsafe KeptPort(flags: isQuiet ? UMBEL_HERITAGE_QUIET : 0) { unsafe table.pointee.hand_over(port, $0) }
  }

  /// Ends the port as the end of its process does: without `stop` and `close`, all descriptors that it names are closed.
  /// For a test that is a process of its own, since a number may be closed twice.
  func vanish() {
    let kept = handOver(isQuiet: true)
    // The transport's object, as TransportKit has it.
    unsafe Unmanaged<TransportPort>.fromOpaque(UnsafeRawPointer(port!)).release()
    unsafe port = nil
    for number in kept?.named ?? [] { _ = Glibc.close(number) }
    kept?.close()
  }

  /// The same for a test among others: the transport's object is never freed, so that no number is closed twice.
  /// - Returns: what it leaves.
  func leave(isQuiet: Bool) throws -> KeptPort {
    let kept = try #require(handOver(isQuiet: isQuiet))
    unsafe port = nil
    for number in kept.named { _ = Glibc.close(number) }
    return kept
  }

  // MARK: What the host was told

  var record: FakeHost.Record { FakeHost.record(handle) }
  var state: UInt32? { record.states.last?.state }
  var text: String { record.states.last?.text ?? "" }

  // MARK: The control thread

  static func check(_ table: UnsafePointer<umbel_transport>, role: UInt32, _ values: [String: OptionValue] = [:]) throws
  {
    try unsafe withOpen(table, role: role, values, client: nil) { unsafe table.pointee.check($0, $1) }
  }

  /// Calls prepare, and commit when that is wanted.
  /// - Returns: whether it was.
  @discardableResult
  func change(_ reason: UInt32, _ values: [String: OptionValue]? = nil, role: UInt32 = UMBEL_ROLE_TRUNK) throws -> Bool
  {
    var result: Int32 = 0
    if let values {
      try unsafe withOpen(role: role, values, client: nil) { open, problem in
        unsafe result = table.pointee.prepare(port, reason, open, problem)
        return result
      }
    } else {
      result = unsafe table.pointee.prepare(port, reason, nil, nil)
    }
    if result == 1 { unsafe table.pointee.commit(port) }
    return result == 1
  }

  /// Answers a look-up with IPv4 addresses.
  func resolve(_ addresses: [[UInt8]], token: UInt64 = 0) {
    let found = addresses.map { bytes in
      var address = umbel_address()
      address.family = UInt32(AF_INET)
      unsafe withUnsafeMutableBytes(of: &address.bytes) { unsafe $0.copyBytes(from: bytes) }
      return address
    }
    unsafe table.pointee.resolved(port, token, found, UInt32(MemoryLayout<umbel_address>.stride), Int32(found.count))
  }

  /// Answers a look-up with an EAI_* code of `<netdb.h>`.
  func fail(resolving code: Int32) { unsafe table.pointee.resolved(port, 0, nil, 0, code) }

  private func withOpen(
    role: UInt32, _ values: [String: OptionValue], client: Client?,
    _ body: (UnsafePointer<umbel_open>, UnsafeMutablePointer<umbel_problem>) -> Int32
  ) throws {
    try unsafe DrivenPort.withOpen(table, role: role, values, client: client, body)
  }

  private static func withOpen(
    _ table: UnsafePointer<umbel_transport>, role: UInt32, _ values: [String: OptionValue], client: Client?,
    _ body: (UnsafePointer<umbel_open>, UnsafeMutablePointer<umbel_problem>) -> Int32
  ) throws {
    let stride = unsafe MemoryLayout<umbel_value>.stride + spare
    let place = UnsafeMutableRawPointer.allocate(byteCount: max(stride * values.count, 1), alignment: 8)
    defer { unsafe place.deallocate() }
    var texts: [UnsafeMutablePointer<CChar>] = unsafe []
    defer { for index in unsafe texts.indices { unsafe free(texts[index]) } }
    var lists: [UnsafeMutablePointer<UnsafePointer<CChar>?>] = unsafe []
    defer { for index in unsafe lists.indices { unsafe lists[index].deallocate() } }
    for (position, (name, value)) in values.enumerated() {
      var entry = unsafe umbel_value()
      unsafe entry.option = UInt32(optionNames(table).firstIndex(of: name)!)
      switch value {
      case .integer(let number): unsafe entry.integer = number
      case .range(let first, let last): unsafe (entry.integer, entry.upper) = (first, last)
      case .text(let text):
        unsafe texts.append(strdup(text))
        unsafe entry.text = unsafe UnsafePointer(texts.last)
      case .items(let items):
        unsafe lists.append(.allocate(capacity: items.count))
        for (index, item) in items.enumerated() {
          unsafe texts.append(strdup(item))
          unsafe lists.last![index] = unsafe UnsafePointer(texts.last)
        }
        unsafe entry.items = unsafe UnsafePointer(lists.last)
        unsafe entry.item_count = UInt32(items.count)
      }
      unsafe (place + position * stride).storeBytes(of: entry, as: umbel_value.self)
    }
    var given = unsafe umbel_client()
    if let client {
      unsafe given.size = UInt32(MemoryLayout<umbel_client>.size)
      unsafe given.door = client.door
      unsafe given.descriptor = client.descriptor
      unsafe given.socket_type = client.type
      unsafe given.user = client.user
      unsafe given.group = client.group
      unsafe given.process = client.process
      unsafe given.state = UnsafeMutableRawPointer(bitPattern: client.state)
    }
    var problem = umbel_problem()
    problem.size = UInt32(MemoryLayout<umbel_problem>.size)
    problem.option = UMBEL_NO_OPTION
    let result = unsafe withUnsafeMutablePointer(to: &given) { made in
      let given = unsafe client?.accepted?.client ?? made
      var open = unsafe umbel_open()
      unsafe open.size = UInt32(MemoryLayout<umbel_open>.size)
      unsafe open.number = number
      unsafe open.role = role
      unsafe open.value_stride = UInt32(stride)
      unsafe open.values = UnsafePointer(place.assumingMemoryBound(to: umbel_value.self))
      unsafe open.value_count = UInt32(values.count)
      unsafe open.client = client == nil ? nil : given
      return unsafe body(&open, &problem)
    }
    if result < 0 { throw unsafe Refusal(code: -result, problem, optionNames(unsafe table)) }
  }

  private static func optionNames(_ table: UnsafePointer<umbel_transport>) -> [String] {
    (0..<Int(unsafe table.pointee.option_count)).map { unsafe String(cString: table.pointee.options[$0].name) }
  }

  // MARK: The forwarding thread

  /// The descriptors that the host is to poll.
  var descriptors: [umbel_descriptor] {
    let stride = MemoryLayout<umbel_descriptor>.stride + DrivenPort.spare
    let place = UnsafeMutableRawPointer.allocate(byteCount: stride * 4, alignment: 8)
    defer { unsafe place.deallocate() }
    let list = unsafe place.assumingMemoryBound(to: umbel_descriptor.self)
    let count = unsafe table.pointee.descriptors(endpoint, list, UInt32(stride), 4)
    return (0..<Int(count)).map { unsafe (place + $0 * stride).load(as: umbel_descriptor.self) }
  }

  /// Waits until the endpoint is ready, then receives one batch. Without a time it does not poll at all. A shift of the structures would show in the frames.
  /// - Returns: empty after 300 ms without an event.
  func receive(capacity: Int = 64, waiting milliseconds: Int32? = 300) -> [ReceivedFrame] {
    guard let first = descriptors.first else { return [] }
    if let milliseconds {
      // poll(2) and epoll(7) have the same bits.
      var entry = pollfd(fd: first.descriptor, events: Int16(first.events), revents: 0)
      if unsafe poll(&entry, 1, milliseconds) <= 0 { return [] }
    }
    let stride = unsafe MemoryLayout<umbel_frame>.stride + DrivenPort.spare
    let place = UnsafeMutableRawPointer.allocate(byteCount: stride * capacity, alignment: 8)
    defer { unsafe place.deallocate() }
    unsafe memset(place, 0xaa, stride * capacity)
    let frames = unsafe place.assumingMemoryBound(to: umbel_frame.self)
    var more: UInt32 = 9
    let count = unsafe table.pointee.receive(endpoint, first.token, frames, UInt32(stride), UInt32(capacity), &more)
    hasMore = more == 1
    return (0..<max(0, Int(count))).map { unsafe copy((place + $0 * stride).load(as: umbel_frame.self)) }
  }

  private func copy(_ frame: umbel_frame) -> ReceivedFrame {
    var bytes: [UInt8] = []
    for index in 0..<Int(unsafe frame.piece_count) {
      let piece = unsafe frame.pieces[index]
      unsafe bytes += UnsafeRawBufferPointer(start: piece.data, count: piece.length)
    }
    let isPlain =
      unsafe frame.zero == 0 && frame.flags == 0 && frame.offload.flags == 0
      && frame.offload.gso_type == 0 && frame.reserved.0 == 0 && frame.reserved.1 == 0
      && bytes.count == Int(frame.length) && frame.pieces[0].length >= min(bytes.count, 64)
    return unsafe ReceivedFrame(
      bytes: bytes, port: frame.port, pieceCount: Int(frame.piece_count), isPlain: isPlain,
      gsoType: frame.offload.gso_type, gsoSize: frame.offload.gso_size,
      needsChecksum: UInt32(frame.offload.flags) & UMBEL_OFFLOAD_NEEDS_CHECKSUM != 0,
      remoteIndex: frame.remote.index, remoteGeneration: frame.remote.generation)
  }

  /// Offers frames, each cut into pieces of `pieceLength` bytes, with the same left to be done and UMBEL_FRAME_*.
  /// - Returns: what `send` returns.
  @discardableResult
  func send(
    _ frames: [[UInt8]], pieceLength: Int = .max, offload: umbel_offload = umbel_offload(), flags: UInt32 = 0,
    remote: [UInt32] = [0, 0]
  ) -> Int32 {
    let stride = unsafe MemoryLayout<umbel_frame>.stride + DrivenPort.spare
    let place = UnsafeMutableRawPointer.allocate(byteCount: stride * max(frames.count, 1), alignment: 8)
    defer { unsafe place.deallocate() }
    let flat = frames.flatMap { $0 }
    return unsafe flat.withUnsafeBytes { bytes in
      var pieces: [[umbel_piece]] = unsafe []
      var offset = 0
      for frame in frames {
        var cut: [umbel_piece] = unsafe []
        var left = frame.count
        while left > 0 {
          let length = min(left, pieceLength)
          unsafe cut.append(umbel_piece(data: bytes.baseAddress! + offset, length: length))
          offset += length
          left -= length
        }
        unsafe pieces.append(cut)
      }
      let table = unsafe pieces.map {
        unsafe UnsafeMutableBufferPointer<umbel_piece>.allocate(capacity: max($0.count, 1))
      }
      defer { for index in unsafe table.indices { unsafe table[index].deallocate() } }
      for (index, frame) in frames.enumerated() {
        _ = unsafe table[index].update(fromContentsOf: pieces[index])
        var entry = unsafe umbel_frame()
        unsafe entry.pieces = UnsafePointer(table[index].baseAddress)
        unsafe entry.piece_count = UInt32(pieces[index].count)
        unsafe entry.length = UInt32(frame.count)
        unsafe entry.offload = offload
        unsafe entry.flags = flags
        unsafe entry.remote = umbel_remote(index: remote[0], generation: remote[1])
        unsafe (place + index * stride).storeBytes(of: entry, as: umbel_frame.self)
      }
      let list = unsafe place.assumingMemoryBound(to: umbel_frame.self)
      return unsafe self.table.pointee.send(port, list, UInt32(stride), UInt32(frames.count))
    }
  }

  /// When the port wants a tick.
  var deadline: UInt64 { unsafe table.pointee.deadline(endpoint) }
  func tick(_ now: UInt64) { unsafe table.pointee.tick(endpoint, now) }
  func ready(_ events: UInt32, token: UInt64 = 0) { unsafe table.pointee.ready(endpoint, token, events) }

  /// All that the port tells of its peers.
  var remoteInfos: [umbel_remote_info] {
    let stride = MemoryLayout<umbel_remote_info>.stride + DrivenPort.spare
    let capacity = 1_100
    let place = UnsafeMutableRawPointer.allocate(byteCount: stride * capacity, alignment: 8)
    defer { unsafe place.deallocate() }
    let list = unsafe place.assumingMemoryBound(to: umbel_remote_info.self)
    let count = unsafe table.pointee.remotes(port, list, UInt32(stride), UInt32(capacity))
    return (0..<Int(count)).map { unsafe (place + $0 * stride).load(as: umbel_remote_info.self) }
  }

  /// The peers that the port tells of.
  var remotes: [ToldRemote] {
    let stride = MemoryLayout<umbel_remote_info>.stride + DrivenPort.spare
    let place = UnsafeMutableRawPointer.allocate(byteCount: stride * 16, alignment: 8)
    defer { unsafe place.deallocate() }
    let list = unsafe place.assumingMemoryBound(to: umbel_remote_info.self)
    let count = unsafe table.pointee.remotes(port, list, UInt32(stride), 16)
    return (0..<Int(count)).map { entry in
      var info = unsafe (place + entry * stride).load(as: umbel_remote_info.self)
      let address = unsafe withUnsafeBytes(of: &info.address) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      return ToldRemote(
        index: info.remote.index, address: address, frames: info.received_frames, bytes: info.received_bytes)
    }
  }

  /// The transport's own counters that are not zero.
  var counters: [String: UInt64] {
    let stride = unsafe MemoryLayout<umbel_counter>.stride + DrivenPort.spare
    let place = UnsafeMutableRawPointer.allocate(byteCount: stride * 64, alignment: 8)
    defer { unsafe place.deallocate() }
    let list = unsafe place.assumingMemoryBound(to: umbel_counter.self)
    let count = unsafe table.pointee.statistics(port, list, UInt32(stride), 64)
    var result: [String: UInt64] = [:]
    for index in 0..<Int(count) {
      let counter = unsafe (place + index * stride).load(as: umbel_counter.self)
      if unsafe counter.value != 0 { unsafe result[String(cString: counter.name)] = counter.value }
    }
    return result
  }
}

extension Refusal {
  init(code: Int32, _ problem: umbel_problem, _ names: [String]) {
    var problem = problem
    self.code = code
    option = problem.option == UMBEL_NO_OPTION ? nil : names[Int(problem.option)]
    text = unsafe withUnsafeBytes(of: &problem.text) {
      unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}

/// A frame of that many bytes; `tag` is in its first and last byte.
func frame(_ length: Int, tag: UInt8 = 1) -> [UInt8] {
  var bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
  if length > 0 {
    bytes[0] = tag
    bytes[length - 1] = tag
  }
  return bytes
}
