import Glibc
import LinuxIO
import Testing

/// Two UDP sockets on the loopback interface, with the batches of `LinuxIO` at both ends.
@safe
final class SegmentLink {
  let receiver: Descriptor
  let sender: Descriptor
  let otherReceiver: Descriptor
  var receiving: SegmentReceiver
  var sending: SegmentSender
  private let bytes: UnsafeMutablePointer<UInt8>
  private let vectors: UnsafeMutablePointer<iovec>
  private let names: UnsafeMutableRawPointer
  private var used = 0
  private var added = 0

  static func socket() throws -> Descriptor {
    let type = Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    return Descriptor(owning: try retrying { Glibc.socket(AF_INET, type, 0) })
  }

  init(gro: Bool = true, capacity: Int = 256, slots: Int = 32) throws {
    receiver = try Self.socket()
    otherReceiver = try Self.socket()
    sender = try Self.socket()
    receiving = try SegmentReceiver(capacity: slots)
    sending = SegmentSender(capacity: capacity, mostPieces: 4)
    unsafe bytes = .allocate(capacity: 1 << 21)
    unsafe vectors = .allocate(capacity: 4_096)
    unsafe names = .allocate(byteCount: 64, alignment: 8)
    for (index, number) in [receiver.number, otherReceiver.number].enumerated() {
      var name = sockaddr_in()
      name.sin_family = sa_family_t(AF_INET)
      name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
      let size = socklen_t(MemoryLayout<sockaddr_in>.size)
      _ = try unsafe withUnsafeMutablePointer(to: &name) { name in
        try unsafe name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
          try retrying { unsafe bind(number, name, size) }
        }
      }
      let place = unsafe UnsafeMutableRawBufferPointer(start: names + index * 32, count: 32)
      _ = unsafe try SocketAddress(of: number).write(to: place)
    }
    _ = SocketBuffer.receive.request(8 << 20, of: receiver.number)
    _ = SocketBuffer.send.request(8 << 20, of: sender.number)
    if gro { try setSocketOption(receiver.number, UDPOption.level, UDPOption.gro, 1) }
    try setSocketOption(receiver.number, IPPROTO.ip, IP_PKTINFO, 1)
    sending.longestSegment = 9_000
  }

  deinit {
    unsafe bytes.deallocate()
    unsafe vectors.deallocate()
    unsafe names.deallocate()
  }

  /// Adds a datagram, as a front of up to 8 bytes and pieces of `pieceLength`.
  @discardableResult
  func add(_ datagram: [UInt8], toOther: Bool = false, pieceLength: Int = 1_000, tag: Int = 0) -> Bool {
    let front = unsafe bytes + used
    for byte in datagram {
      unsafe bytes[used] = byte
      used += 1
    }
    let first = unsafe vectors + added
    var count = 0
    var offset = min(8, datagram.count)
    while offset < datagram.count {
      let length = min(pieceLength, datagram.count - offset)
      unsafe first[count] = iovec(iov_base: front + offset, iov_len: length)
      offset += length
      count += 1
    }
    added += count
    let name = unsafe names + (toOther ? 32 : 0)
    return unsafe sending.add(
      front: front, frontLength: min(8, datagram.count), pieces: first, count: count, length: datagram.count,
      to: name, nameLength: 16, tag: tag)
  }

  // For expectations, which cannot take noncopyable values apart.
  var runsSent: UInt64 { sending.runsSent }
  var datagramsInRuns: UInt64 { sending.datagramsInRuns }
  var makesRuns: Bool { sending.makesRuns }
  var mergedMessages: UInt64 { receiving.mergedMessages }
  var mergedDatagrams: UInt64 { receiving.mergedDatagrams }
  var isEmpty: Bool { receiving.isEmpty }
  func tag(_ index: Int) -> Int { sending.tag(index) }

  /// Sends what was added.
  func send(from first: Int = 0) -> (sent: Int, error: Int32) { sending.send(to: sender.number, from: first) }

  /// Receives at most `most` datagrams in one turn, as a host's batch has room for; refills only what is empty.
  func receive(most: Int = .max) -> [[UInt8]] {
    if receiving.isEmpty {
      var entry = pollfd(fd: receiver.number, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&entry, 1, 300) > 0, receiving.refill(from: receiver.number) > 0 else { return [] }
    }
    var datagrams: [[UInt8]] = []
    while datagrams.count < most, let next = receiving.next() {
      let bytes = unsafe UnsafeRawBufferPointer(start: next.bytes, count: max(0, next.length))
      unsafe datagrams.append(Array(bytes))
    }
    return datagrams
  }

  /// Passes over the rest of the message that the last datagram was from.
  func skipMessage() -> Int { receiving.skipMessage() }

  /// Receives until nothing more comes.
  func receiveAll() -> [[UInt8]] {
    var all: [[UInt8]] = []
    while true {
      let part = receive()
      if part.isEmpty { return all }
      all += part
    }
  }
}
