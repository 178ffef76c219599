import CTransport
import Glibc
import LinuxIO
import Synchronization
import Testing

@testable import TransportKit

/// What the closures of the definitions below have seen.
private let seen = Mutex<[String]>([])

private final class Handshake {
  let word: String
  init(_ word: String) { self.word = word }
  deinit { seen.withLock { $0.append("\(word) freed") } }
}

private final class SilentPort: TransportPort {
  let shared: TransportEndpoint
  init(_ configuration: PortConfiguration, host: HostPort, shared: TransportEndpoint) {
    self.shared = shared
    super.init(configuration, host: host)
  }
  override var endpoint: TransportEndpoint { shared }
  override func send(_ frames: SendBatch) -> SendOutcome {
    var buffer = [UInt8](repeating: 0, count: frames[0].length)
    unsafe buffer.withUnsafeMutableBytes { unsafe frames[0].copy(to: $0) }
    seen.withLock { $0.append("sent \(buffer)") }
    return .taken(1)
  }
  deinit { seen.withLock { $0.append("port freed") } }
}

@Suite(.serialized) struct TransportKitTests {
  private nonisolated(unsafe) static let everything = unsafe TransportDefinition(
    name: "everything", summary: "all kinds of options",
    options: [
      .string("text", help: "any"), .integer("number", in: -5...5, default: -1, [.required, .live], help: "any"),
      .boolean("flag", default: true, help: "any"), .choice("word", of: ["one", "two"], default: "two", help: "any"),
      .list("words", help: "any"), .range("ports", in: 1...9, default: "2-3", help: "any"),
      .duration("time", default: "1s", help: "any"), .size("memory", default: "4K", help: "any"),
      .address("address", default: "::1", help: "any"), .interface("device", help: "any"), .host("peer", help: "any"),
    ],
    doors: [
      TransportDoor(name: "way", path: "a/way", kind: .stream, traits: [.directory, .internet], help: "a way in"),
      TransportDoor(name: "side", path: "side", kind: .datagrams, help: "another"),
    ],
    roles: [.guest, .trunk], defaultRole: .trunk,
    check: { configuration throws(TransportProblem) in
      let values: [Any?] = [
        configuration.string("text"), configuration.integer("number"), configuration.boolean("flag"),
        configuration.choice("word"), configuration.list("words"), configuration.range("ports"),
        configuration.nanoseconds("time"), configuration.size("memory"), configuration.address("address"),
        configuration.interface("device"), configuration.hostName("peer"),
      ]
      seen.withLock { $0.append("\(values.map { $0.map { "\($0)" } ?? "-" })") }
      if configuration.integer("number") == 3 {
        throw TransportProblem(String(repeating: "ä", count: 200), option: "number", code: ERANGE)
      }
    },
    accept: { client throws(TransportProblem) in
      if client.state == nil {
        client.state = Handshake("first")
        return false
      }
      seen.withLock { $0.append("door \(client.door ?? -1) again with \((client.state as? Handshake)?.word ?? "?")") }
      client.state = Handshake("second")
      return true
    },
    open: { configuration, host throws(TransportProblem) in
      seen.withLock { $0.append("open with \((configuration.client?.state as? Handshake)?.word ?? "nothing")") }
      return unsafe SilentPort(configuration, host: host, shared: shared)
    }
  ).table(for: FakeHost.table)!

  private nonisolated(unsafe) static let shared = TransportEndpoint()

  private var table: UnsafePointer<umbel_transport> { unsafe TransportKitTests.everything }

  init() { seen.withLock { $0 = [] } }

  @Test func `a piece is the two words of an iovec`() {
    unsafe #expect(MemoryLayout<umbel_piece>.stride == MemoryLayout<iovec>.stride)
    unsafe #expect(MemoryLayout<umbel_piece>.offset(of: \.data) == MemoryLayout<iovec>.offset(of: \.iov_base))
    unsafe #expect(MemoryLayout<umbel_piece>.offset(of: \.length) == MemoryLayout<iovec>.offset(of: \.iov_len))
  }

  @Test func `the table says what the definition says`() {
    #expect(unsafe String(cString: table.pointee.name) == "everything")
    #expect(unsafe table.pointee.roles == UMBEL_ROLES_GUEST | UMBEL_ROLES_TRUNK)
    #expect(unsafe table.pointee.default_role == UMBEL_ROLE_TRUNK)
    #expect(unsafe table.pointee.size == UInt32(MemoryLayout<umbel_transport>.size))
    let options = unsafe (0..<Int(unsafe table.pointee.option_count)).map { unsafe table.pointee.options[$0] }
    #expect(unsafe options.map(\.type) == Array(0...10))
    #expect(unsafe options[1].minimum == -5 && options[1].maximum == 5)
    #expect(unsafe options[1].flags == UMBEL_OPTION_REQUIRED | UMBEL_OPTION_LIVE)
    #expect(unsafe String(cString: options[1].default_text) == "-1")
    #expect(unsafe options[0].default_text == nil && options[0].choices == nil)
    #expect(unsafe String(cString: options[3].choices[1]!) == "two" && options[3].choices[2] == nil)
    let doors = unsafe (0..<Int(unsafe table.pointee.door_count)).map { unsafe table.pointee.doors[$0] }
    #expect(unsafe doors.map(\.socket_type) == [SOCK_STREAM.rawValue, SOCK_DGRAM.rawValue])
    #expect(unsafe doors.map(\.flags) == [UMBEL_DOOR_DIRECTORY | UMBEL_DOOR_INTERNET, 0])
  }

  @Test func `a host of another level gets no table`() {
    var host = unsafe FakeHost.table.pointee
    host.abi_level = UMBEL_ABI_LEVEL + 1
    #expect(unsafe anyDefinition.table(for: &host) == nil)
  }

  @Test func `what lies beyond the host's size is not called`() throws {
    var host = unsafe FakeHost.table.pointee
    // Up to log and state_changed; the rest is a trap.
    unsafe host.size = UInt32(MemoryLayout<umbel_host>.offset(of: \.descriptors_changed)!)
    unsafe host.descriptors_changed = { _ in fatalError("called") }
    unsafe host.watch_interfaces = { _ in fatalError("called") }
    unsafe host.resolve = { _, _, _ in fatalError("called") }
    let port = unsafe HostPort(nil, table: HostTable(copying: &host))
    port.descriptorsChanged()
    port.watchInterfaces()
    #expect(throws: TransportProblem.self) { try port.resolve("localhost", token: 1) }
  }

  @Test func `values are read by name, absent ones are nil`() throws {
    try unsafe DrivenPort.check(
      table, role: UMBEL_ROLE_GUEST, ["number": .integer(2), "text": .text("hello"), "flag": .integer(0)])
    #expect(seen.withLock { $0 } == [#"["hello", "2", "false", "-", "-", "-", "-", "-", "-", "-", "-"]"#])
  }

  @Test func `a problem names its option, and is cut between characters`() {
    let refusal = #expect(throws: Refusal.self) {
      try unsafe DrivenPort.check(table, role: UMBEL_ROLE_GUEST, ["number": .integer(3)])
    }
    #expect(refusal?.code == ERANGE)
    #expect(refusal?.option == "number")
    #expect(refusal?.text == String(repeating: "ä", count: 119))
  }

  @Test func `a client's state lives from accept to open, and no longer`() throws {
    var client = unsafe umbel_client()
    unsafe client.door = 4
    #expect(unsafe table.pointee.accept(&client, nil) == 0)
    #expect(unsafe table.pointee.accept(&client, nil) == 1)
    #expect(seen.withLock { $0 } == ["door 4 again with first", "first freed"])
    var open = unsafe umbel_open()
    unsafe open.role = UMBEL_ROLE_GUEST
    var (port, endpoint): (OpaquePointer?, OpaquePointer?) = (nil, nil)
    unsafe withUnsafeMutablePointer(to: &client) { client in
      unsafe open.client = client
      #expect(unsafe table.pointee.open(nil, &open, &port, &endpoint, nil) == 0)
    }
    #expect(unsafe client.state == nil)
    #expect(seen.withLock { $0.suffix(2) } == ["open with second", "second freed"])
    unsafe table.pointee.close(port)
  }

  @Test func `what lies beyond a client's size is not read`() {
    unsafe "192.0.2.1:40312".withCString { address in
      unsafe "/run/umbel/lab/vde".withCString { directory in
        var client = unsafe umbel_client()
        unsafe client.address = unsafe address
        unsafe client.directory = unsafe directory
        unsafe client.size = UInt32(MemoryLayout<umbel_client>.size)
        #expect(unsafe TransportClient(reading: &client).address == "192.0.2.1:40312")
        #expect(unsafe TransportClient(reading: &client).directory == "/run/umbel/lab/vde")
        unsafe client.size = UInt32(MemoryLayout<umbel_client>.offset(of: \.directory)!)
        #expect(unsafe TransportClient(reading: &client).directory == nil)
        unsafe client.size = UInt32(MemoryLayout<umbel_client>.offset(of: \.address)!)
        #expect(unsafe TransportClient(reading: &client).address == nil)
      }
    }
  }

  @Test func `a client that is abandoned leaves nothing`() {
    var client = unsafe umbel_client()
    #expect(unsafe table.pointee.accept(&client, nil) == 0)
    unsafe table.pointee.abandon(&client)
    #expect(unsafe client.state == nil)
    #expect(seen.withLock { $0 } == ["first freed"])
  }

  @Test func `ports may share an endpoint, and are freed when they close`() throws {
    let first = try unsafe DrivenPort(table, role: UMBEL_ROLE_GUEST)
    let second = try unsafe DrivenPort(table, role: UMBEL_ROLE_GUEST)
    #expect(unsafe first.port != second.port && first.endpoint == second.endpoint)
    seen.withLock { $0 = [] }
    first.close()
    second.close()
    #expect(seen.withLock { $0 } == ["port freed", "port freed"])
  }

  @Test func `a frame in pieces is copied whole`() throws {
    let port = try unsafe DrivenPort(table, role: UMBEL_ROLE_GUEST)
    port.send([frame(20)], pieceLength: 3)
    #expect(seen.withLock { $0.last } == "sent \(frame(20))")
  }

  @Test func `a batch is filled slot by slot, without runts`() {
    let buffers = ReceiveBuffers(slots: 4, headBytes: 100, tailBytes: 0)
    let frames = UnsafeMutablePointer<umbel_frame>.allocate(capacity: 8)
    defer { unsafe frames.deallocate() }
    var batch = unsafe ReceiveBatch(frames, stride: UInt32(MemoryLayout<umbel_frame>.stride), capacity: 8)
    var lengths: [Int?] = [20, 13, 0, 30, nil, 40]
    unsafe #expect(batch.fill(from: buffers, port: 5) { _ in lengths.removeFirst() } == 2)
    #expect(batch.count == 2 && !batch.hasMore)
    #expect(unsafe frames[0].length == 20 && frames[1].length == 30 && frames[1].port == 5)
    #expect(unsafe frames[0].pieces.pointee.data != frames[1].pieces.pointee.data)
    #expect(lengths == [40])
  }

  private var anyDefinition: TransportDefinition {
    TransportDefinition(name: "x", summary: "x", roles: .trunk, defaultRole: .trunk) {
      configuration, host throws(TransportProblem) in TransportPort(configuration, host: host)
    }
  }
}

@Suite struct HeritageCoderTests {
  private let fields: [[UInt8]] = [[], [1], [UInt8](repeating: 7, count: 70_000)]

  @Test func `what is written is read`() throws {
    let state = HeritageCoder.encode(version: 3, fields)
    #expect(Array(state[..<10]) == [3, 0, 0, 0, 0, 0, 0, 0, 1, 1])
    #expect(try HeritageCoder.decode(state, version: 3, count: 3) == fields)
    #expect(try HeritageCoder.decode([3], version: 3, count: 0) == [])
  }

  @Test func `anything else is refused`() {
    let state = HeritageCoder.encode(version: 3, fields)
    for (bytes, version, count) in [
      ([], 3, 0), (state, 2, 3), (state, 3, 2), (state, 3, 4), (state + [0], 3, 3), (state.dropLast(), 3, 3),
      ([3, 0, 0, 0], 3, 1), ([3, 0xff, 0xff, 0xff, 0xff], 3, 1),
    ] as [([UInt8], UInt8, Int)] {
      #expect(throws: TransportProblem.self) { try HeritageCoder.decode(bytes, version: version, count: count) }
    }
  }
}
