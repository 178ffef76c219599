import CTransport
import Glibc
import LinuxIO
import Switching
import Synchronization

// What agents say to each other passes a forwarding thread on its way from and to the control thread, which understands
// it: see Sources/Hello.

extension Forwarder {
  /// Passes a frame of an agent on, unless the port has had too many in this second or the ring is full.
  // Not inlined: hardly any frame comes here.
  @inline(never)
  func tellHello(_ frame: UnsafeMutablePointer<umbel_frame>, of port: UnsafeMutablePointer<PortContext>) {
    let channel = unsafe state.pointee.channel
    guard unsafe port.pointee.admitsHello(seconds: seconds) else {
      channel.lostHellos.add(1, ordering: .relaxed)
      return
    }
    var report = unsafe HelloReport(
      port: port.pointee.number,
      remote: Remote(index: frame.pointee.remote.index, generation: frame.pointee.remote.generation),
      time: monotonicNanoseconds(), length: frame.pointee.length)
    for index in unsafe 0..<Int(frame.pointee.piece_count) where report.count < HelloReport.capacity {
      let piece = unsafe frame.pointee.pieces[index]
      let bytes = unsafe piece.data.assumingMemoryBound(to: UInt8.self)
      for offset in unsafe 0..<min(piece.length, HelloReport.capacity - report.count) {
        unsafe report.bytes[report.count] = bytes[offset]
        report.count += 1
      }
    }
    channel.tell(report)
  }

  /// Takes what came from muted remotes out of a received batch, but for what is an agent's own: by these it is known
  /// that the path is there. Asked once a batch, so that ports without muted remotes pay nothing for each frame.
  /// - Returns: how many frames are left, at the beginning and in order.
  @inline(never)
  func dropDuplicates(of endpoint: UnsafeMutablePointer<EndpointContext>, _ count: Int) -> Int {
    let frames = unsafe state.pointee.frames
    var kept = 0
    for index in 0..<count where unsafe !dropsDuplicate(frames + index, of: endpoint) {
      if kept != index { unsafe frames[kept] = frames[index] }
      kept += 1
    }
    return kept
  }

  private func dropsDuplicate(
    _ frame: UnsafeMutablePointer<umbel_frame>, of endpoint: UnsafeMutablePointer<EndpointContext>
  ) -> Bool {
    let remote = unsafe Remote(index: frame.pointee.remote.index, generation: frame.pointee.remote.generation)
    let number = unsafe Int(frame.pointee.port)
    // What is wrong with the frame is found later.
    guard unsafe number < state.pointee.ports.capacity, let port = unsafe state.pointee.ports.pointer(number).pointee,
      unsafe port.pointee.endpoint == endpoint, unsafe port.pointee.isMuted(remote), unsafe isWellFormed(frame)
    else { return false }
    let length = unsafe Int(frame.pointee.length)
    if unsafe Switch.isHello(frame.pointee.pieces[0].data, length: length) { return false }
    unsafe port.pointee.counters.countReceived(bytes: length)
    unsafe port.pointee.counters.countDrop(.duplicatePath)
    unsafe record(frame, dropped: .duplicatePath, isLeaving: false, at: port)
    return true
  }

  /// Sends a frame of the control thread by one port to everyone.
  func inject(_ bytes: [UInt8], flags: UInt32, to port: UnsafeMutablePointer<PortContext>) {
    guard unsafe port.pointee.slot != nil else { return }
    unsafe bytes.withUnsafeBytes { buffer in
      var piece = unsafe umbel_piece(data: buffer.baseAddress!, length: buffer.count)
      unsafe withUnsafePointer(to: &piece) { piece in
        var frame = unsafe umbel_frame()
        unsafe frame.pieces = piece
        unsafe frame.piece_count = 1
        unsafe frame.length = UInt32(buffer.count)
        unsafe frame.flags = flags
        guard unsafe port.pointee.isUp else { return unsafe drop(&frame, at: port, .portDown) }
        // What is known of the path is no limit here: a probe finds out whether it has changed.
        guard unsafe bytes.count <= Int(port.pointee.largestFrame) else {
          return unsafe drop(&frame, at: port, .tooLargeForPort)
        }
        unsafe append(&frame, to: port, remote: .everyone)
        // What it does not take now is copied into its queue: the bytes are the command's.
        flushTouched()
      }
    }
  }

  func shut(_ port: UnsafeMutablePointer<PortContext>, _ isShut: Bool) {
    unsafe port.pointee.isShut = isShut
    unsafe port.pointee.isSettled = false
    unsafe state.pointee.hasUnsettledPorts = true
  }

  /// Mutes these remotes of a trunk, and no others. The stations behind them are found again by the other path.
  func mute(_ remotes: [Remote], of port: UnsafeMutablePointer<PortContext>) {
    guard let slot = unsafe port.pointee.slot, unsafe port.pointee.role == .trunk else { return }
    for remote in remotes where unsafe !port.pointee.isMuted(remote) {
      unsafe port.pointee.lan.pointee.core.forget(remote, of: slot, now: seconds)
    }
    unsafe port.pointee.mute(remotes)
    let endpoint = unsafe port.pointee.endpoint
    unsafe endpoint.pointee.hasMuted = false
    for index in unsafe 0..<state.pointee.portList.count {
      let other = unsafe state.pointee.portList[index]
      if unsafe other.pointee.endpoint == endpoint && other.pointee.mutedCount > 0 {
        unsafe endpoint.pointee.hasMuted = true
      }
    }
  }
}
