import Glibc
import LinuxIO
import Recording
import Switching
import SystemdSupport

// The rings into which frames of a LAN are recorded: its flight recorder, and those of clients. The forwarding thread is
// given all of them together; what it has let go of is freed.

/// What is recorded of a LAN.
struct LANCaptures {
  fileprivate(set) var recorder: CaptureRing?
  fileprivate(set) var ofClients: [CaptureRing] = []
  /// Ports that have ended and may still be in the flight recorder, the last ones: numbers and names.
  fileprivate(set) var endedPorts: [(number: UInt32, name: String)] = []
  fileprivate static let mostEndedPorts = 256
  /// What was asked for while the LAN moved to another thread: rings that the one before may still use, and what is to be
  /// done when the other has what there is now.
  fileprivate var waiting: [(old: CaptureRing?, action: () -> Void)] = []

  /// Bytes of all rings.
  var byteCount: Int { ofClients.reduce(recorder?.byteCount ?? 0) { $0 + $1.byteCount } }
}

extension ManagedLAN {
  /// Gives the LAN the flight recorder that its configuration asks for, or none. What the one before holds is forgotten.
  func renewRecorder() {
    captures.recorder?.end()
    let before = captures.recorder
    captures.recorder = nil
    if let bytes = configuration.recordBytes {
      do throws(Errno) {
        guard agent.hasRoom(forRing: bytes) else { throw Errno(ENOMEM) }
        captures.recorder = try CaptureRing(recorderOf: bytes, snaplen: configuration.recordSnaplen)
      } catch {
        agent.journal.log(
          .error, "LAN \(name) has no flight recorder: \(error)", id: .recorderFailed,
          fields: [.lan: name, .errno: "\(error.code)"])
      }
    }
    applyRings(keeping: before)
  }

  /// Records for a client.
  /// - Parameter action: called when every frame that comes is recorded.
  func add(_ capture: CaptureRing, then action: @escaping () -> Void) {
    captures.ofClients.append(capture)
    applyRings(keeping: nil, then: action)
  }

  /// A port of that name has come or gone, or has another name now: what clients capture are names.
  func followPort(named name: String) {
    for capture in captures.ofClients { capture.follow(name, as: port(named: name)?.number) }
  }

  /// Whether one more client can capture.
  var hasCaptureRoom: Bool { unsafe captures.ofClients.count < CaptureRings.mostCaptures }

  func remove(_ capture: CaptureRing) {
    captures.ofClients.removeAll { $0 === capture }
    applyRings(keeping: capture)
  }

  /// Has the forwarding thread record into what there is now.
  /// - Parameters:
  ///   - old: what it may use until it has been told.
  ///   - action: called when it has.
  func applyRings(keeping old: CaptureRing?, then action: @escaping () -> Void = {}) {
    guard movesUnderway == 0 else {
      captures.waiting.append((old, action))
      return
    }
    var rings = unsafe CaptureRings()
    unsafe rings.recorder = captures.recorder?.recorder
    for ring in captures.ofClients { if let capture = unsafe ring.capture { unsafe rings.add(capture) } }
    let held = captures
    unsafe thread.post(
      ForwardingCommand(.setRings(context, rings)) { [self] _ in
        withExtendedLifetime((self, held, old)) {}
        action()
      })
  }

  /// The thread that ran the LAN before has let go of it.
  func applyWaitingRings() {
    let waiting = captures.waiting
    captures.waiting = []
    applyRings(keeping: nil) { for one in waiting { one.action() } }
  }

  /// Tells all readers that nothing more will come.
  func endCaptures() {
    captures.recorder?.end()
    for capture in captures.ofClients { capture.end() }
  }

  /// A port has ended, whose frames may still be in the flight recorder.
  func noteEnded(_ port: ManagedPort) {
    guard captures.recorder != nil else { return }
    captures.endedPorts.append((port.number, port.name))
    if captures.endedPorts.count > LANCaptures.mostEndedPorts { captures.endedPorts.removeFirst() }
  }
}
