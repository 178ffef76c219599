import CLinux
import CTransport
import Glibc
import LinuxIO
package import TransportKit

/// A guest on a stream of length-prefixed frames, as QEMU's `-netdev socket,fd=` and `-netdev stream` write them.
@safe
package final class StreamPort: SocketPort {
  private let reader: UnsafeMutablePointer<StreamReader>
  private let writer: UnsafeMutablePointer<StreamWriter>

  package init(
    _ client: TransportClient, _ configuration: PortConfiguration, host: HostPort
  ) throws(TransportProblem) {
    let adopted = configuration.adopted
    let socket = try adopted?.sockets([client.socketType])[0] ?? client.descriptor
    let rest = try adopted.map { heritage throws(TransportProblem) in try StreamRest(heritage) } ?? StreamRest()
    unsafe reader = .allocate(capacity: 1)
    unsafe reader.initialize(to: StreamReader(port: configuration.number, unread: rest.unread))
    unsafe writer = .allocate(capacity: 1)
    unsafe writer.initialize(to: StreamWriter(unsent: rest.unsent))
    super.init(socket: socket, of: client, configuration, host: host)
    tuneConnection(socket)
  }

  /// After a kill nobody would know where in a frame the stream is: the guest has to connect anew.
  package override func handOver(isQuiet: Bool) -> Heritage? {
    guard isQuiet, !hasEnded else { return nil }
    let rest = unsafe StreamRest(unread: reader.pointee.unread, unsent: writer.pointee.unsent)
    return Heritage(sockets: [socket], rest.fields)
  }

  package override func close() {
    super.close()
    unsafe reader.deinitialize(count: 1)
    unsafe reader.deallocate()
    unsafe writer.deinitialize(count: 1)
    unsafe writer.deallocate()
  }

  package override func descriptors(_ list: inout DescriptorList) {
    if !hasEnded { list.append(socket, events: unsafe reader.pointee.events) }
  }

  package override func receive(token: UInt64, into batch: inout ReceiveBatch) {
    if hasEnded { return }
    if unsafe reader.pointee.noteTurn() { host.descriptorsChanged() }
    if let ending = unsafe reader.pointee.receive(from: socket, into: &batch) { end(ending) }
  }

  package override func send(_ frames: SendBatch) -> SendOutcome {
    unsafe writer.pointee.send(frames, to: socket)
  }

  package override var deadline: UInt64 { unsafe writer.pointee.deadline }

  package override func tick(now: UInt64) { unsafe writer.pointee.finish(socket, now: now) }

  package override func statistics(_ counters: inout CounterList) {
    unsafe writer.pointee.report(to: &counters)
  }
}
