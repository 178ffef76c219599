import CTransport
package import Recording
package import Synchronization

/// What one client captures of a LAN: made by the control thread, used by the forwarding thread.
@unsafe
package struct LiveCapture: ~Copyable {
  package var writer: RingWriter
  private let filter: CaptureFilter
  /// Numbers of the ports that are captured, 0 for one that is not there now; all if there are none. The control thread
  /// changes them at any time.
  package let ports: UnsafeMutableBufferPointer<Atomic<UInt32>>

  package init(_ memory: RingMemory, filter: CaptureFilter, ports: [UInt32]) {
    unsafe writer = RingWriter(memory)
    unsafe self.filter = filter
    unsafe self.ports = .allocate(capacity: ports.count)
    for (index, number) in ports.enumerated() { unsafe self.ports.initializeElement(at: index, to: Atomic(number)) }
  }

  deinit {
    unsafe ports.deinitialize()
    unsafe ports.deallocate()
  }

  /// Records a frame if it is one that is wanted; with a filter, none that cannot be read.
  mutating func take(_ frame: UnsafePointer<umbel_frame>, port: UInt32, _ fate: RingWriter.Fate) {
    guard unsafe isWanted(port) else { return }
    if unsafe !filter.isEmpty {
      guard unsafe fate.isReadable else { return }
      let first = unsafe frame.pointee.pieces[0]
      let head = unsafe UnsafeRawBufferPointer(start: first.data, count: first.length)
      if unsafe !filter.matches(head) { return }
    }
    unsafe writer.append(frame, port: port, fate)
  }

  private func isWanted(_ port: UInt32) -> Bool {
    if unsafe ports.isEmpty { return true }
    for index in unsafe 0..<ports.count where unsafe ports[index].load(ordering: .relaxed) == port { return true }
    return false
  }
}

/// The rings of a LAN.
@unsafe
package struct CaptureRings {
  /// Clients that capture at a time.
  package static let mostCaptures = 4

  /// The flight recorder; nil: the LAN has none.
  package var recorder: UnsafeMutablePointer<RingWriter>?
  package private(set) var captureCount = 0
  private var captures = unsafe InlineArray<4, UnsafeMutablePointer<LiveCapture>?>(repeating: nil)

  package init() {}

  package var isEmpty: Bool { unsafe recorder == nil && captureCount == 0 }

  package mutating func add(_ capture: UnsafeMutablePointer<LiveCapture>) {
    unsafe captures[captureCount] = unsafe capture
    unsafe captureCount += 1
  }

  func capture(_ index: Int) -> UnsafeMutablePointer<LiveCapture> { unsafe captures[index]! }
}
