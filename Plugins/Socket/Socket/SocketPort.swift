import CLinux
import CTransport
import Glibc
import LinuxIO
import Synchronization
package import TransportKit

/// What the ports of this transport have in common: a connected socket and its end.
package class SocketPort: TransportPort {
  /// Owned from open to close.
  final let socket: Int32
  /// Forwarding thread: whether the connection has ended; nothing is polled or read any more.
  private(set) final var hasEnded = false
  // From prepare to commit.
  private final var pendingBufferBytes: Int?

  /// A short buffer is the same for all guests: said once.
  private static let hasReportedShortfall = Atomic<Bool>(false)

  /// - Parameters:
  ///   - socket: what carries the frames; the port takes it over.
  ///   - client: who is at its other end.
  ///   - largestFrame: bytes a frame that the guest takes.
  ///   - remark: what the guest says of itself.
  package init(
    socket: Int32, of client: TransportClient, _ configuration: PortConfiguration, host: HostPort,
    largestFrame: UInt32 = UMBEL_LARGEST_SEGMENT, remark: String = ""
  ) {
    self.socket = socket
    super.init(configuration, host: host)
    SocketPort.requestBuffer(configuration.size("buffers") ?? 4 << 20, of: socket, for: host)
    let origin = client.door == nil ? "handed over" : "connected"
    let process = client.process.map { ", process \($0)" } ?? ""
    let who = client.address.map { "from \($0)" } ?? "by user \(client.user)\(process)"
    let words = remark.isEmpty ? "" : ": \(remark)"
    host.report(
      .up("\(origin) \(who)\(words)", largestFrame: largestFrame, mostPieces: 8))
  }

  package override func prepare(_ change: Change) throws(TransportProblem) -> Bool {
    guard case .configuration(let configuration) = change, let bytes = configuration.size("buffers") else {
      return false
    }
    pendingBufferBytes = bytes
    return true
  }

  package override func commit() {
    if let bytes = pendingBufferBytes { SocketPort.requestBuffer(bytes, of: socket, for: host) }
    pendingBufferBytes = nil
  }

  package override func close() {
    // Who keeps a duplicate for a restart does not keep the guest from learning that it is over.
    shutdown(socket, Int32(SHUT_RDWR))
    _ = Glibc.close(socket)
  }

  package override func descriptors(_ list: inout DescriptorList) {
    if !hasEnded { list.append(socket) }
  }

  /// The connection is over: the host is told, and polls no more. Forwarding thread, once in the port's life.
  final func end(_ ending: Ending) {
    if hasEnded { return }
    hasEnded = true
    host.descriptorsChanged()
    host.report(ending.state)
  }

  /// Asks for a send buffer, and says once when the kernel grants less.
  static func requestBuffer(_ bytes: Int, of socket: Int32, for host: HostPort) {
    // Only between Unix sockets does the sender's buffer bound what waits for the reader; others tune themselves.
    guard (try? socketOption(socket, SOL_SOCKET, SO_DOMAIN)) == AF_UNIX else { return }
    let granted = SocketBuffer.send.request(bytes, of: socket)
    if granted >= bytes || SocketPort.hasReportedShortfall.exchange(true, ordering: .relaxed) { return }
    host.warn(
      of: .bufferShortfall,
      "the kernel grants guests' sockets \(granted) of \(bytes) bytes of send buffer: raise the sysctl "
        + SocketBuffer.send.limitingSysctl)
  }
}

/// Why a connection is over.
enum Ending {
  /// The peer has closed it.
  case closed
  /// The socket reports an error.
  case error(Int32)
  /// A stream says a length that no frame has: it is out of step, and what follows cannot be found.
  case length(UInt32)

  var state: PortState {
    switch self {
    case .closed: .closing("the guest has closed the connection")
    case .error(let code): .closing("the connection to the guest failed: \(Errno(code))", error: code)
    case .length(let length):
      .closing("the guest's stream is out of step: a frame of \(length) bytes, not 14 to 9216", error: EPROTO)
    }
  }
}

/// Whether the peer has ended the connection and nothing of value is left to read. An empty message alone is no end.
func isOver(_ socket: Int32) -> Bool {
  var entry = pollfd(fd: socket, events: Int16(POLLIN) | hangUp, revents: 0)
  guard unsafe poll(&entry, 1, 0) > 0, entry.revents & (hangUp | Int16(POLLHUP)) != 0 else { return false }
  var bytes: Int32 = 0
  return unsafe ioctl(socket, UInt(FIONREAD), &bytes) < 0 || bytes == 0
}

/// POLLRDHUP of `<poll.h>`, which only _GNU_SOURCE shows.
private let hangUp: Int16 = 0x2000
