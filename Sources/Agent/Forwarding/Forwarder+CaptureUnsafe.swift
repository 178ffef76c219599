import CTransport
import LinuxIO
import Recording
import Switching

// Frames are recorded into the rings of their LAN, if it has any:
//
//   what comes in        after it was forwarded, with what became of it: to one port, to all, or dropped and why
//   what ends on its     where it is counted, with the reason
//   way out
//   what was sent        where it is counted; for clients that capture, not by the flight recorder, for which one record
//                        a frame has to do
//
// So of a port a client gets as many frames as the port counts. All of a batch have one time. A port's batch that is full
// is sent in the middle of the batch that came in: up to 64 frames may then be told to leave before the last of them has
// come. A SYN whose MSS is lowered as it comes in is recorded with the lower one.
//
// LANs without a ring pay for one question a batch.

extension Forwarder {
  /// Finds where each frame of a batch goes, puts it there, and records it.
  // Not inlined: batches that are not recorded would pay for it.
  @inline(never)
  func forwardRecorded(_ count: Int, from endpoint: UnsafeMutablePointer<EndpointContext>) {
    let time = realtimeNanoseconds()
    var number = UInt32.max
    var lan: UnsafeMutablePointer<LANContext>?
    var recorder: UnsafeMutablePointer<RingWriter>?
    var isCaptured = false
    for index in 0..<count {
      let frame = unsafe state.pointee.frames + index
      if unsafe frame.pointee.port != number {
        if let lan = unsafe lan { unsafe publish(lan) }
        unsafe number = frame.pointee.port
        unsafe lan = unsafe recordedLAN(of: frame, from: endpoint)
        unsafe recorder = lan?.pointee.rings.recorder
        unsafe recorder?.pointee.time = time
        isCaptured = unsafe lan.map { unsafe $0.pointee.rings.captureCount > 0 } ?? false
      }
      unsafe forward(frame, from: endpoint)
      var fate = unsafe RingWriter.Fate(isLeaving: false, outcome: RingLayout.passed)
      if let target = unsafe state.pointee.way.target {
        unsafe fate.peer = target.pointee.number
        if let recorder = unsafe recorder { unsafe recorder.pointee.append(frame, port: number, fate) }
      } else {
        unsafe fate.outcome = state.pointee.way.ending
        if let recorder = unsafe recorder { unsafe recordEnd(of: frame, number, fate, recorder) }
      }
      if isCaptured, let lan = unsafe lan { unsafe capture(frame, number, fate, of: lan, time: time) }
    }
    if let lan = unsafe lan { unsafe publish(lan) }
  }

  /// The LAN of the port by which a frame comes in, if it has rings.
  private func recordedLAN(
    of frame: UnsafeMutablePointer<umbel_frame>, from endpoint: UnsafeMutablePointer<EndpointContext>
  ) -> UnsafeMutablePointer<LANContext>? {
    guard let port = unsafe portNamed(by: frame), unsafe port.pointee.endpoint == endpoint,
      unsafe port.pointee.slot != nil, unsafe !port.pointee.lan.pointee.rings.isEmpty
    else { return nil }
    return unsafe port.pointee.lan
  }

  private static func isReadable(_ fate: RingWriter.Fate) -> Bool {
    unsafe fate.outcome != DropReason.malformed.rawValue
  }

  /// Records a frame that goes to no one port: it is flooded, or ended.
  @inline(never)
  private func recordEnd(
    of frame: UnsafeMutablePointer<umbel_frame>, _ port: UInt32, _ fate: RingWriter.Fate,
    _ recorder: UnsafeMutablePointer<RingWriter>
  ) {
    if unsafe Self.isReadable(fate) {
      unsafe recorder.pointee.append(frame, port: port, fate)
    } else {
      unsafe recorder.pointee.appendBare(frame, port: port, fate)
    }
  }

  /// Gives a frame to all that capture.
  @inline(never)
  private func capture(
    _ frame: UnsafeMutablePointer<umbel_frame>, _ port: UInt32, _ fate: RingWriter.Fate,
    of lan: UnsafeMutablePointer<LANContext>, time: UInt64
  ) {
    for index in unsafe 0..<lan.pointee.rings.captureCount {
      let capture = unsafe lan.pointee.rings.capture(index)
      unsafe capture.pointee.writer.time = time
      unsafe capture.pointee.take(frame, port: port, fate, isReadable: Self.isReadable(fate))
    }
  }

  private func publish(_ lan: UnsafeMutablePointer<LANContext>) {
    unsafe lan.pointee.rings.recorder?.pointee.publish()
    for index in unsafe 0..<lan.pointee.rings.captureCount {
      unsafe lan.pointee.rings.capture(index).pointee.writer.publish()
    }
  }

  /// Gives frames that a port has sent to all that capture.
  @inline(never)
  func captureSent(
    _ frames: UnsafeMutablePointer<umbel_frame>, _ count: Int, by port: UnsafeMutablePointer<PortContext>
  ) {
    let lan = unsafe port.pointee.lan
    let time = realtimeNanoseconds()
    let fate = unsafe RingWriter.Fate(isLeaving: true, outcome: RingLayout.passed)
    for index in 0..<count { unsafe capture(frames + index, port.pointee.number, fate, of: lan, time: time) }
    unsafe publish(lan)
  }

  /// Counts a frame that ends at a port on its way out, and records it.
  @inline(never)
  func drop(
    _ frame: UnsafeMutablePointer<umbel_frame>, at port: UnsafeMutablePointer<PortContext>, _ reason: DropReason
  ) {
    unsafe port.pointee.counters.countDrop(reason)
    unsafe record(frame, dropped: reason, isLeaving: true, at: port)
  }

  /// Records a frame that ended at a port, if the port's LAN has rings.
  @inline(never)
  func record(
    _ frame: UnsafeMutablePointer<umbel_frame>, dropped reason: DropReason, isLeaving: Bool,
    at port: UnsafeMutablePointer<PortContext>
  ) {
    let lan = unsafe port.pointee.lan
    guard unsafe !lan.pointee.rings.isEmpty else { return }
    let time = realtimeNanoseconds()
    let fate = unsafe RingWriter.Fate(isLeaving: isLeaving, outcome: reason.rawValue)
    if let recorder = unsafe lan.pointee.rings.recorder {
      unsafe recorder.pointee.time = time
      unsafe recorder.pointee.append(frame, port: port.pointee.number, fate)
    }
    unsafe capture(frame, port.pointee.number, fate, of: lan, time: time)
    unsafe publish(lan)
  }

  /// Records into these rings from now on, and into no others.
  func setRings(_ rings: CaptureRings, of lan: UnsafeMutablePointer<LANContext>) {
    unsafe lan.pointee.rings = unsafe rings
    noteRecorded()
  }

  /// Notes which endpoints have a port of a LAN with rings.
  func noteRecorded() {
    for index in unsafe 0..<state.pointee.endpoints.count {
      unsafe state.pointee.endpoints[index].pointee.isRecorded = false
    }
    for index in unsafe 0..<state.pointee.portList.count {
      let port = unsafe state.pointee.portList[index]
      if unsafe !port.pointee.lan.pointee.rings.isEmpty { unsafe port.pointee.endpoint.pointee.isRecorded = true }
    }
  }
}
