import CLinux
import Glibc
import LinuxIO
package import TransportKit

/// A client of a uml_switch or a VDE switch: a raw frame a datagram, and a stream whose end is the port's.
@safe
package final class VDEPort: MessagePort {
  /// The token of the stream; that of the data socket is 0.
  private static let controlToken: UInt64 = 1
  /// Batches that are still read after the stream's end: more than a send buffer of 4 MB holds of 1,500-byte frames.
  private static let lastBatches = 64

  private let control: Int32
  private let data: VDEDataSocket
  private let request: VDERequest
  /// Forwarding thread: how many batches of what the guest has left behind may still be read; nil: it is there.
  private var batchesLeft: Int?

  init(
    _ client: TransportClient, _ configuration: PortConfiguration, host: HostPort
  ) throws(TransportProblem) {
    (request, data, control) = try VDEPort.parts(of: client, configuration.adopted)
    super.init(
      client, configuration, host: host, socket: data.number, largestFrame: request.largestFrame,
      remark: request.description)
  }

  private static func parts(
    of client: TransportClient, _ adopted: Heritage?
  ) throws(TransportProblem) -> (VDERequest, VDEDataSocket, control: Int32) {
    guard let adopted else {
      guard let handshake = client.state as? VDEHandshake else {
        preconditionFailure("open comes after accept has said that it is complete")
      }
      let (request, data) = try handshake.conclude(client)
      return (request, data, client.descriptor)
    }
    let sockets = try adopted.sockets([SOCK_DGRAM.rawValue, SOCK_STREAM.rawValue])
    guard let request = try VDERequest(adopted.fields(1)[0]) else { throw Heritage.unreadable }
    return (request, try VDEDataSocket(adopted: sockets[0]), sockets[1])
  }

  package override func handOver(isQuiet: Bool) -> Heritage? {
    isQuiet && hasEnded ? nil : Heritage(sockets: [socket, control], [request.bytes])
  }

  package override func close() {
    super.close()
    data.removeName()
    shutdown(control, Int32(SHUT_RDWR))
    _ = Glibc.close(control)
  }

  package override func descriptors(_ list: inout DescriptorList) {
    super.descriptors(&list)
    if !hasEnded, batchesLeft == nil { list.append(control, token: VDEPort.controlToken, isHousekeeping: true) }
  }

  package override func receive(token: UInt64, into batch: inout ReceiveBatch) {
    super.receive(token: token, into: &batch)
    guard let left = batchesLeft, !hasEnded else { return }
    batchesLeft = left - 1
    if left == 1 || !isReadable(socket) { end(.closed) }
  }

  package override func ready(token: UInt64, events: UInt32) {
    guard token == VDEPort.controlToken else { return super.ready(token: token, events: events) }
    if hasEnded || batchesLeft != nil || !hasControlEnded() { return }
    if !isReadable(socket) { return end(.closed) }
    batchesLeft = VDEPort.lastBatches
    host.descriptorsChanged()
  }

  /// Reads and throws away what the client says on the stream: after the request there is nothing to be said. What it
  /// writes beyond one buffer waits for the next turn.
  private func hasControlEnded() -> Bool {
    unsafe withUnsafeTemporaryAllocation(byteCount: 4_096, alignment: 1) { buffer in
      let count = unsafe recv(control, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
      return count == 0 || count < 0 && errno != EAGAIN && errno != EINTR
    }
  }

  private func isReadable(_ socket: Int32) -> Bool {
    var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&entry, 1, 0) > 0 && entry.revents & Int16(POLLIN) != 0
  }
}
