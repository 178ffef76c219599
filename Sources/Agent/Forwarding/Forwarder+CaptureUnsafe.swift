import CRecording
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
// So of a port a client gets as many frames as the port counts. All of a batch have one time. Frames that go the same way
// are recorded at one go, after all of the batch have gone: what ends on its way out because a queue is full may stand
// before the frames of its batch that came in. A SYN whose MSS is lowered as it comes in is recorded with the lower one.
//
// LANs without a ring pay for one question a batch.

extension Forwarder {
  /// Finds where each frame of a batch goes, puts it there, and gives it to the flight recorder.
  func forwardRecorded(_ count: Int, from endpoint: UnsafeMutablePointer<EndpointContext>) {
    let time = realtimeNanoseconds()
    let frames = unsafe state.pointee.frames
    unsafe state.pointee.turns.isNoted = true
    unsafe forward(frames, count, from: endpoint)
    unsafe state.pointee.turns.isNoted = false
    unsafe state.pointee.turns.end(at: frames + count)
    var index = 0
    while unsafe index < state.pointee.turns.count {
      let first = unsafe state.pointee.turns.all[index].frame!
      let number = unsafe first.pointee.port
      guard let lan = unsafe recordedLAN(of: first, from: endpoint), let recorder = unsafe lan.pointee.rings.recorder
      else {
        index &+= 1
        continue
      }
      unsafe recorder.pointee.time = time
      let turns = unsafe state.pointee.turns.all + index
      let rest = unsafe state.pointee.turns.count &- index
      let done = unsafe recorder.pointee.append(turns, count: rest, frameCount: frames + count - first, port: number)
      if done < rest, unsafe turns[done].frame.pointee.port == number {
        unsafe recorder.pointee.append(firstOf: &turns[done], port: number)
        if unsafe turns[done].frame == turns[done &+ 1].frame { index &+= 1 }
      }
      unsafe recorder.pointee.publish()
      index &+= done
    }
    unsafe state.pointee.turns.removeAll()
  }

  /// Finds where each frame of a batch goes, puts it there, and gives it to the flight recorder and to all who capture.
  func forwardCaptured(_ count: Int, from endpoint: UnsafeMutablePointer<EndpointContext>) {
    let time = realtimeNanoseconds()
    for index in 0..<count {
      let frame = unsafe state.pointee.frames + index
      unsafe forward(frame, 1, from: endpoint)
      guard let lan = unsafe recordedLAN(of: frame, from: endpoint) else { continue }
      let fate = unsafe RingWriter.Fate(state.pointee.way)
      let port = unsafe frame.pointee.port
      if let recorder = unsafe lan.pointee.rings.recorder {
        unsafe recorder.pointee.time = time
        unsafe recorder.pointee.append(frame, port: port, fate)
      }
      unsafe capture(frame, port, fate, of: lan, time: time)
      unsafe publish(lan)
    }
  }

  /// The LAN of the port by which a frame came in, if it has rings.
  private func recordedLAN(
    of frame: UnsafeMutablePointer<umbel_frame>, from endpoint: UnsafeMutablePointer<EndpointContext>
  ) -> UnsafeMutablePointer<LANContext>? {
    guard let port = unsafe portNamed(by: frame), unsafe port.pointee.endpoint == endpoint,
      unsafe port.pointee.slot != nil, unsafe !port.pointee.lan.pointee.rings.isEmpty
    else { return nil }
    return unsafe port.pointee.lan
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
      unsafe capture.pointee.take(frame, port: port, fate)
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
      unsafe state.pointee.endpoints[index].pointee.isCaptured = false
    }
    for index in unsafe 0..<state.pointee.portList.count { unsafe noteRecorded(state.pointee.portList[index]) }
  }

  /// Notes that an endpoint has a port, if that one's LAN has rings.
  func noteRecorded(_ port: UnsafeMutablePointer<PortContext>) {
    let (lan, endpoint) = unsafe (port.pointee.lan, port.pointee.endpoint)
    if unsafe !lan.pointee.rings.isEmpty { unsafe endpoint.pointee.isRecorded = true }
    if unsafe lan.pointee.rings.captureCount > 0 { unsafe endpoint.pointee.isCaptured = true }
  }
}
