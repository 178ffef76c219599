// sendmmsg(2) with UDP_SEGMENT (Linux 4.18): a run of datagrams to one destination goes to the kernel as one message.
//
// The kernel wants datagrams of equal length in a run, the last may be shorter; at most 64, at most 65,507 bytes in all;
// none longer than the interface takes. It is decided run by run, from what there is: nothing waits for a run to grow.
//
//   a run fails with                       then
//   EMSGSIZE                               that run goes out as plain datagrams: the route has become narrower
//   EIO, EINVAL, EOPNOTSUPP and the like   all do from then on: no transmit checksum, a kernel that breaks it
//
// Whatever happens, an entry is sent once or reported as not sent.

package import CLinux
import Glibc

/// Collects datagrams, and sends them with as few system calls and messages as possible. Nothing allocates after init.
@safe
package struct SegmentSender: ~Copyable {
  /// UDP_MAX_SEGMENTS of `<linux/udp.h>` before Linux 6.9.
  package static let mostSegments = 64
  /// What an IPv4 datagram can carry.
  package static let mostRunBytes = 65_507
  /// CMSG_SPACE of cmsg(3) for 16 bits.
  private static let controlStride = 24

  @safe
  private struct Entry {
    var firstVector: Int32
    var vectorCount: Int32
    var length: Int32
    var tag: Int32
    var nameLength: UInt32
    var name: UnsafeRawPointer?
  }

  /// The most datagrams of one `send`.
  package let capacity: Int
  private let mostVectors: Int
  private let entries: UnsafeMutablePointer<Entry>
  private let vectors: UnsafeMutablePointer<iovec>
  private let messages: UnsafeMutablePointer<clinux_message>
  /// How many entries each message carries.
  private let runs: UnsafeMutablePointer<Int32>
  private let controls: UnsafeMutableRawPointer
  /// How many datagrams have been added.
  package private(set) var count = 0
  private var vectorCount = 0
  /// Entries before this one go out as plain datagrams.
  private var plainEnd = 0

  /// Whether runs are made. Cleared by `send` when the kernel does not want them.
  package var makesRuns = true
  /// Bytes of the longest datagram that may be in a run: what the interface's MTU takes in one piece.
  package var longestSegment = 0
  /// Runs that were sent, and datagrams in them.
  package private(set) var runsSent: UInt64 = 0
  package private(set) var datagramsInRuns: UInt64 = 0

  /// - Parameters:
  ///   - capacity: datagrams of one `send`.
  ///   - mostPieces: pieces of a datagram, the one in front included; 16 at most, for a message takes 1,024 (UIO_MAXIOV
  ///     of `<linux/uio.h>`) and a run has 64 datagrams.
  package init(capacity: Int = 128, mostPieces: Int = 9) {
    precondition(Self.mostSegments * mostPieces <= 1_024, "a run has more pieces than a message takes")
    self.capacity = capacity
    mostVectors = capacity * mostPieces
    unsafe entries = .allocate(capacity: capacity)
    unsafe vectors = .allocate(capacity: mostVectors)
    unsafe messages = .allocate(capacity: capacity)
    unsafe messages.initialize(repeating: clinux_message(), count: capacity)
    unsafe runs = .allocate(capacity: capacity)
    unsafe controls = .allocate(byteCount: capacity * Self.controlStride, alignment: 8)
    for index in 0..<capacity {
      // struct cmsghdr: CMSG_LEN(2), level, type; then the segments' length.
      let control = unsafe controls + index * Self.controlStride
      unsafe control.storeBytes(of: 18, as: Int.self)
      unsafe control.storeBytes(of: UDPOption.level, toByteOffset: 8, as: Int32.self)
      unsafe control.storeBytes(of: UDPOption.segment, toByteOffset: 12, as: Int32.self)
      unsafe control.storeBytes(of: 0, toByteOffset: 16, as: Int.self)
    }
  }

  deinit {
    unsafe entries.deallocate()
    unsafe vectors.deallocate()
    unsafe messages.deallocate()
    unsafe runs.deallocate()
    unsafe controls.deallocate()
  }

  /// Forgets what was added.
  package mutating func removeAll() {
    count = 0
    vectorCount = 0
    plainEnd = 0
  }

  /// Adds a datagram. What the arguments point to is borrowed until `removeAll`.
  /// - Parameters:
  ///   - front: bytes before the pieces, such as a tunnel's header; nil: none.
  ///   - frontLength: how many.
  ///   - pieces: the rest; `umbel_piece` is the same two words.
  ///   - length: bytes of the whole datagram.
  ///   - name: where to, a socket address. The same pointer is the same place. nil: the socket is connected.
  ///   - tag: the caller's, for ``tag(_:)``.
  /// - Returns: false: there is no room, `send` first.
  package mutating func add(
    front: UnsafeRawPointer? = nil, frontLength: Int = 0, pieces: UnsafePointer<iovec>, count pieceCount: Int,
    length: Int, to name: UnsafeRawPointer? = nil, nameLength: Int = 0, tag: Int = 0
  ) -> Bool {
    let needed = unsafe pieceCount &+ (front == nil ? 0 : 1)
    guard count < capacity, vectorCount &+ needed <= mostVectors else { return false }
    var place = unsafe vectors + vectorCount
    if let front = unsafe front {
      unsafe place.pointee = iovec(iov_base: UnsafeMutableRawPointer(mutating: front), iov_len: frontLength)
      unsafe place += 1
    }
    unsafe place.update(from: pieces, count: pieceCount)
    unsafe entries[count] = Entry(
      firstVector: Int32(truncatingIfNeeded: vectorCount), vectorCount: Int32(truncatingIfNeeded: needed),
      length: Int32(truncatingIfNeeded: length), tag: Int32(truncatingIfNeeded: tag),
      nameLength: UInt32(truncatingIfNeeded: nameLength), name: name)
    vectorCount &+= needed
    count &+= 1
    return true
  }

  /// What was given with a datagram, 0..<count.
  package func tag(_ index: Int) -> Int { unsafe Int(entries[index].tag) }

  /// Sends in order, without waiting and without SIGPIPE.
  /// - Parameter first: which datagram to begin with: what is before it was sent or is given up.
  /// - Returns: how many were sent from `first` on, and the error about the next one; 0: all were sent.
  package mutating func send(to socket: Int32, from first: Int = 0) -> (sent: Int, error: Int32) {
    var done = first
    let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
    while done < count {
      let planned = plan(from: done)
      let result = unsafe clinux_send_messages(socket, messages, UInt32(planned), flags)
      if result > 0 {
        for index in 0..<Int(result) { done &+= noteSent(index) }
        continue
      }
      let error = errno
      if error == EINTR { continue }
      let length = unsafe Int(runs[0])
      if length > 1, Self.isAboutRuns(error) {
        if error == EMSGSIZE { plainEnd = done &+ length } else { makesRuns = false }
        continue
      }
      // A run that fails for another reason fails as its first datagram would.
      return (done &- first, error)
    }
    return (done &- first, 0)
  }

  private mutating func noteSent(_ index: Int) -> Int {
    let length = unsafe Int(runs[index])
    if length > 1 {
      runsSent &+= 1
      datagramsInRuns &+= UInt64(truncatingIfNeeded: length)
    }
    return length
  }

  private static func isAboutRuns(_ error: Int32) -> Bool {
    switch error {
    case EMSGSIZE, EIO, EINVAL, EOPNOTSUPP, ENOPROTOOPT, EPROTONOSUPPORT: true
    default: false
    }
  }

  /// Builds messages for the entries from `first` on.
  private mutating func plan(from first: Int) -> Int {
    var index = first
    var message = 0
    while index < count {
      let entry = unsafe entries[index]
      let length = runLength(at: index)
      let last = unsafe entries[index &+ length &- 1]
      var header = unsafe msghdr()
      unsafe header.msg_name = UnsafeMutableRawPointer(mutating: entry.name)
      unsafe header.msg_namelen = socklen_t(entry.nameLength)
      unsafe header.msg_iov = vectors + Int(entry.firstVector)
      unsafe header.msg_iovlen = Int(last.firstVector &+ last.vectorCount &- entry.firstVector)
      if length > 1 {
        let control = unsafe controls + message &* Self.controlStride
        unsafe control.storeBytes(of: UInt16(truncatingIfNeeded: entry.length), toByteOffset: 16, as: UInt16.self)
        unsafe header.msg_control = control
        unsafe header.msg_controllen = Self.controlStride
      }
      unsafe messages[message].header = header
      unsafe runs[message] = Int32(truncatingIfNeeded: length)
      message &+= 1
      index &+= length
    }
    return message
  }

  /// How many datagrams from `first` on make one message.
  private func runLength(at first: Int) -> Int {
    let entry = unsafe entries[first]
    let segment = Int(entry.length)
    guard makesRuns, first >= plainEnd, segment > 0, segment <= longestSegment else { return 1 }
    var bytes = segment
    var index = first &+ 1
    while index < count, index &- first < Self.mostSegments {
      let next = unsafe entries[index]
      let length = Int(next.length)
      guard unsafe next.name == entry.name, length > 0, length <= segment, bytes &+ length <= Self.mostRunBytes else {
        break
      }
      bytes &+= length
      index &+= 1
      if length < segment { break }
    }
    return index &- first
  }
}
