import CTransport
import Glibc
import TransportKit

// An Ethernet cable made of UDP between two ports of this host: one frame is one datagram. The same as minimal.c.

/// One end of the cable.
final class CablePort: TransportPort {
  private let socket: Int32
  private let buffers = ReceiveBuffers(slots: 64, headBytes: 9_217, tailBytes: 0)
  private var runts: UInt64 = 0
  private var oversize: UInt64 = 0

  /// Control thread: may allocate and wait.
  init(_ configuration: PortConfiguration, host: HostPort, socket: Int32) throws(TransportProblem) {
    self.socket = socket
    try super.init(configuration, host: host)
    host.report(.up("UDP on loopback"))
  }

  override func descriptors(_ list: inout DescriptorList) {
    list.append(socket)
  }

  // Forwarding thread, from here on: no allocation, no waiting, no log line for each frame.

  override func receive(token: UInt64, into batch: inout ReceiveBatch) {
    for _ in 0..<buffers.slots where batch.room > 0 {
      let slot = batch.count
      let buffer = buffers.head(slot)
      let length = recv(socket, buffer.baseAddress, buffer.count, 0)
      if length < 0 { return }
      if length < 14 {
        runts += 1
      } else if length > Int(UMBEL_LARGEST_SEGMENT) {
        oversize += 1
      } else {
        batch.append(buffers, slot: slot, length: length, port: number)
      }
    }
    batch.hasMore = true
  }

  override func send(_ frames: SendBatch) -> SendOutcome {
    for index in 0..<frames.count {
      let bytes = frames[index].bytes
      guard Glibc.send(socket, bytes.baseAddress, bytes.count, 0) < 0 else { continue }
      let error = errno
      if index > 0 { return .taken(index) }
      return error == EAGAIN ? .notNow : .rejected(error)
    }
    return .taken(frames.count)
  }

  override func statistics(_ counters: inout CounterList) {
    counters.append("runt", runts)
    counters.append("oversize", oversize)
  }

  override func close() {
    _ = Glibc.close(socket)
  }
}
