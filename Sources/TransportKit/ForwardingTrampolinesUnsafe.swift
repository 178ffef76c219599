// The functions of the C table that a forwarding thread calls. None takes a reference: the host's own, held from open to
// close, keeps the object.

import CTransport

private func withPort<Result>(_ port: OpaquePointer?, _ body: (TransportPort) -> Result) -> Result {
  // The host passes back what open gave it.
  unsafe Unmanaged<TransportPort>.fromOpaque(UnsafeRawPointer(port.unsafelyUnwrapped))._withUnsafeGuaranteedRef(body)
}

private func withEndpoint<Result>(_ endpoint: OpaquePointer?, _ body: (TransportEndpoint) -> Result) -> Result {
  unsafe Unmanaged<TransportEndpoint>.fromOpaque(UnsafeRawPointer(endpoint.unsafelyUnwrapped))
    ._withUnsafeGuaranteedRef(body)
}

func startPort(_ port: OpaquePointer?) -> Int32 {
  unsafe withPort(port) { $0.start() }
}

func commitPort(_ port: OpaquePointer?) {
  unsafe withPort(port) { $0.commit() }
}

func stopPort(_ port: OpaquePointer?) {
  unsafe withPort(port) { $0.stop() }
}

func listDescriptors(
  _ endpoint: OpaquePointer?, _ descriptors: UnsafeMutablePointer<umbel_descriptor>?, _ stride: UInt32,
  _ capacity: UInt32
) -> Int32 {
  var list = unsafe DescriptorList(descriptors, stride: stride, capacity: capacity)
  unsafe withEndpoint(endpoint) { $0.descriptors(&list) }
  return Int32(list.count)
}

func receiveFrames(
  _ endpoint: OpaquePointer?, _ token: UInt64, _ frames: UnsafeMutablePointer<umbel_frame>?, _ stride: UInt32,
  _ capacity: UInt32, _ more: UnsafeMutablePointer<UInt32>?
) -> Int32 {
  var batch = unsafe ReceiveBatch(frames.unsafelyUnwrapped, stride: stride, capacity: capacity)
  unsafe withEndpoint(endpoint) { $0.receive(token: token, into: &batch) }
  unsafe more.unsafelyUnwrapped.pointee = batch.hasMore ? 1 : 0
  return batch.error == 0 ? Int32(truncatingIfNeeded: batch.count) : -batch.error
}

func sendFrames(_ port: OpaquePointer?, _ frames: UnsafePointer<umbel_frame>?, _ stride: UInt32, _ count: UInt32)
  -> Int32
{
  let batch = unsafe SendBatch(frames.unsafelyUnwrapped, stride: stride, count: count)
  return unsafe withPort(port) { $0.send(batch).result }
}

func readyEndpoint(_ endpoint: OpaquePointer?, _ token: UInt64, _ events: UInt32) {
  unsafe withEndpoint(endpoint) { $0.ready(token: token, events: events) }
}

func endpointDeadline(_ endpoint: OpaquePointer?) -> UInt64 {
  unsafe withEndpoint(endpoint) { $0.deadline }
}

func tickEndpoint(_ endpoint: OpaquePointer?, _ now: UInt64) {
  unsafe withEndpoint(endpoint) { $0.tick(now: now) }
}

func portStatistics(
  _ port: OpaquePointer?, _ counters: UnsafeMutablePointer<umbel_counter>?, _ stride: UInt32, _ capacity: UInt32
) -> Int32 {
  var list = unsafe CounterList(counters, stride: stride, capacity: capacity)
  unsafe withPort(port) { $0.statistics(&list) }
  return Int32(list.count)
}

func portRemotes(
  _ port: OpaquePointer?, _ remotes: UnsafeMutablePointer<umbel_remote_info>?, _ stride: UInt32, _ capacity: UInt32
) -> Int32 {
  var list = unsafe RemoteList(remotes, stride: stride, capacity: capacity)
  unsafe withPort(port) { $0.remotes(&list) }
  return Int32(list.count)
}
