import LinuxIO
import Recording
import Synchronization

/// A ring of a LAN, from the control thread's side. Freed when the forwarding thread has let go of it.
@safe
final class CaptureRing {
  private let memory: RingMemory
  /// The flight recorder's; nil: it is a client's.
  let recorder: UnsafeMutablePointer<RingWriter>?
  let capture: UnsafeMutablePointer<LiveCapture>?
  /// The names of the ports that a client captures, and the numbers that these have now; none: all.
  private let names: [String]
  private let numbers: UnsafeMutableBufferPointer<Atomic<UInt32>>

  /// The ring of a flight recorder.
  /// - Parameters:
  ///   - bytes: how large it is at least.
  ///   - snaplen: bytes of a frame that are kept.
  /// - Throws: when there is no memory.
  init(recorderOf bytes: Int, snaplen: Int) throws(Errno) {
    memory = try RingMemory(byteCount: RingLayout.bytes(for: bytes, snaplen: snaplen), snaplen: snaplen)
    let writer = UnsafeMutablePointer<RingWriter>.allocate(capacity: 1)
    unsafe writer.initialize(to: RingWriter(memory))
    unsafe recorder = writer
    unsafe capture = nil
    names = []
    unsafe numbers = UnsafeMutableBufferPointer(start: nil, count: 0)
  }

  /// The ring of a client.
  /// - Parameter ports: names and numbers; none: all.
  init(bytes: Int, snaplen: Int, filter: CaptureFilter, ports: [String: UInt32]) throws(Errno) {
    memory = try RingMemory(byteCount: RingLayout.bytes(for: bytes, snaplen: snaplen), snaplen: snaplen)
    let made = UnsafeMutablePointer<LiveCapture>.allocate(capacity: 1)
    unsafe made.initialize(to: LiveCapture(memory, filter: filter, ports: Array(ports.values)))
    names = Array(ports.keys)
    unsafe numbers = made.pointee.ports
    unsafe recorder = nil
    unsafe capture = made
  }

  deinit {
    unsafe recorder?.deinitialize(count: 1)
    unsafe recorder?.deallocate()
    unsafe capture?.deinitialize(count: 1)
    unsafe capture?.deallocate()
  }

  var byteCount: Int { memory.byteCount }

  /// Captures another port of a name, if the client asked for that name.
  /// - Parameter number: of the port that has it now; nil: there is none.
  func follow(_ name: String, as number: UInt32?) {
    guard let index = names.firstIndex(of: name) else { return }
    unsafe numbers[index].store(number ?? 0, ordering: .relaxed)
  }

  /// A descriptor by which it can be read.
  func descriptor() throws(Errno) -> Descriptor { try memory.descriptor() }

  /// Tells readers that nothing more will be written.
  func end() {
    unsafe memory.word(at: RingLayout.endedOffset).pointee.store(1, ordering: .releasing)
  }
}
