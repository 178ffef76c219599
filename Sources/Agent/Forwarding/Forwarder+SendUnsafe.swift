import CTransport
import Glibc
import Switching

extension Forwarder {
  /// Adds a frame to a port's batch.
  func put(_ frame: UnsafeMutablePointer<umbel_frame>, to port: UnsafeMutablePointer<PortContext>, remote: Remote) {
    guard unsafe port.pointee.isPlain else { return unsafe putExamined(frame, to: port, remote: remote) }
    unsafe putPlain(frame, to: port, remote: remote)
  }

  /// Adds a frame to the batch of a port that is up.
  @inline(__always)
  func putPlain(_ frame: UnsafeMutablePointer<umbel_frame>, to port: UnsafeMutablePointer<PortContext>, remote: Remote)
  {
    guard unsafe frame.pointee.offload.gso_type | frame.pointee.offload.flags == 0,
      unsafe frame.pointee.piece_count <= port.pointee.mostPieces
    else {
      return unsafe putAdapted(frame, to: port, remote: remote)
    }
    let length = unsafe frame.pointee.length
    if unsafe length > port.pointee.plainFrame, unsafe !takesLong(frame, segment: Int(length), port) { return }
    unsafe append(frame, to: port, remote: remote)
  }

  /// Adds a frame that the port takes as it is.
  func append(_ frame: UnsafeMutablePointer<umbel_frame>, to port: UnsafeMutablePointer<PortContext>, remote: Remote) {
    let place = unsafe nextPlace(of: port)
    unsafe place.pointee = unsafe frame.pointee
    unsafe countPlace(of: port, remote)
  }

  /// The next place of a port's batch, to be written and then counted.
  @inline(__always)
  func nextPlace(of port: UnsafeMutablePointer<PortContext>) -> UnsafeMutablePointer<umbel_frame> {
    if unsafe !port.pointee.isListedAsTouched {
      unsafe port.pointee.isListedAsTouched = true
      unsafe state.pointee.touched.append(port)
    }
    return unsafe port.pointee.batch + port.pointee.batchCount
  }

  /// The next place holds a frame for a remote.
  @inline(__always)
  func countPlace(of port: UnsafeMutablePointer<PortContext>, _ remote: Remote) {
    let index = unsafe port.pointee.batchCount
    let place = unsafe port.pointee.batch + index
    unsafe place.pointee.port = port.pointee.number
    unsafe place.pointee.remote = umbel_remote(index: remote.index, generation: remote.generation)
    unsafe port.pointee.batchCount = index &+ 1
    if unsafe index &+ 1 == PortContext.batchCapacity { unsafe flush(port) }
  }

  /// Hands every port that got frames its batch.
  func flushTouched() {
    for index in unsafe 0..<state.pointee.touched.count {
      let port = unsafe state.pointee.touched[index]
      unsafe port.pointee.isListedAsTouched = false
      unsafe flush(port)
    }
    unsafe state.pointee.touched.removeAll()
    // All that was rewritten or made here has been sent or copied.
    unsafe state.pointee.rewrittenCount = 0
    unsafe state.pointee.arena.removeAll()
    unsafe state.pointee.superFrameCount = 0
  }

  /// Sends a port's batch; what it does not take goes behind its queue.
  /// The port stays on the list of touched ones, where an empty batch does no harm.
  func flush(_ port: UnsafeMutablePointer<PortContext>) {
    let count = unsafe port.pointee.batchCount
    guard count > 0 else { return }
    if unsafe port.pointee.runCount > 0 { unsafe closeRuns(of: port) }
    unsafe port.pointee.batchCount = 0
    if unsafe !port.pointee.queue.isEmpty {
      // Order within a flow: nothing may overtake the queue.
      if unsafe port.pointee.retryAt <= state.pointee.now { unsafe drain(port) }
      if unsafe !port.pointee.queue.isEmpty { return unsafe enqueue(port.pointee.batch, count, port) }
    }
    let taken = unsafe send(port.pointee.batch, count, port)
    if taken < count { unsafe enqueue(port.pointee.batch + taken, count - taken, port) }
  }

  /// Calls the plugin until it has taken all, or takes none for now.
  /// - Returns: how many frames are done with: taken, or dropped and counted.
  private func send(
    _ frames: UnsafeMutablePointer<umbel_frame>, _ count: Int, _ port: UnsafeMutablePointer<PortContext>
  ) -> Int {
    let done = unsafe offer(frames, count, port)
    unsafe port.pointee.endpoint.pointee.deadline = deadline(of: port.pointee.endpoint)
    return done
  }

  private func offer(
    _ frames: UnsafeMutablePointer<umbel_frame>, _ count: Int, _ port: UnsafeMutablePointer<PortContext>
  ) -> Int {
    var done = 0
    while done < count, unsafe port.pointee.isUp {
      let result = unsafe port.pointee.transport.pointee.send!(
        port.pointee.port, frames + done, UInt32(MemoryLayout<umbel_frame>.stride), UInt32(count - done))
      if result > 0 {
        guard Int(result) <= count - done else {
          unsafe failPorts(of: port.pointee.endpoint, error: 0, "the plugin took more frames than it was given")
          break
        }
        for index in done..<done + Int(result) {
          unsafe port.pointee.counters.countSent(bytes: Int(frames[index].length))
        }
        if unsafe port.pointee.lan.pointee.rings.captureCount > 0 {
          unsafe captureSent(frames + done, Int(result), by: port)
        }
        done += Int(result)
      } else if result == 0 || result == -EAGAIN {
        return done
      } else {
        unsafe drop(frames + done, at: port, .sendFailed)
        done += 1
      }
    }
    // The port went down or failed in the middle.
    for index in done..<count { unsafe drop(frames + index, at: port, .portDown) }
    return count
  }

  private func enqueue(
    _ frames: UnsafeMutablePointer<umbel_frame>, _ count: Int, _ port: UnsafeMutablePointer<PortContext>
  ) {
    for index in 0..<count where unsafe !port.pointee.queue.append(frames + index) {
      unsafe drop(frames + index, at: port, .queueFull)
    }
    unsafe noteQueue(of: port)
    if unsafe !port.pointee.isListedAsQueued && !port.pointee.queue.isEmpty {
      unsafe port.pointee.isListedAsQueued = true
      unsafe port.pointee.retryDelay = PortContext.shortestRetry
      unsafe port.pointee.retryAt = state.pointee.now + PortContext.shortestRetry
      unsafe state.pointee.queued.append(port)
    }
  }

  /// Tries the queues whose time has come.
  func retryQueues() {
    let now = unsafe state.pointee.now
    var index = 0
    while unsafe index < state.pointee.queued.count {
      let port = unsafe state.pointee.queued[index]
      if unsafe port.pointee.retryAt <= now { unsafe drain(port) }
      if unsafe port.pointee.queue.isEmpty {
        unsafe port.pointee.isListedAsQueued = false
        unsafe state.pointee.queued.swapRemove(at: index)
      } else {
        index += 1
      }
    }
  }

  /// Sends from the queue until it is empty or the port takes no more.
  private func drain(_ port: UnsafeMutablePointer<PortContext>) {
    var progress = false
    while unsafe !port.pointee.queue.isEmpty {
      let count = unsafe port.pointee.queue.peek(
        state.pointee.queuedFrames, state.pointee.queuedPieces, port: port.pointee.number,
        count: PortContext.batchCapacity)
      let taken = unsafe send(state.pointee.queuedFrames, count, port)
      unsafe port.pointee.queue.removeFirst(taken)
      progress = progress || taken > 0
      if taken < count { break }
    }
    unsafe noteQueue(of: port)
    let delay =
      unsafe progress
      ? PortContext.shortestRetry : min(port.pointee.retryDelay * 2, PortContext.longestRetry)
    unsafe port.pointee.retryDelay = delay
    unsafe port.pointee.retryAt = state.pointee.now + delay
  }

  /// Drops what waits for a port that is removed.
  func emptyQueue(of port: UnsafeMutablePointer<PortContext>) {
    while unsafe !port.pointee.queue.isEmpty {
      let count = unsafe port.pointee.queue.peek(
        state.pointee.queuedFrames, state.pointee.queuedPieces, port: port.pointee.number,
        count: PortContext.batchCapacity)
      for index in 0..<count { unsafe drop(state.pointee.queuedFrames + index, at: port, .portRemoved) }
      unsafe port.pointee.queue.removeFirst(count)
    }
  }

  /// Frames that wait move over in order; the old queue goes back in the box, for the control thread to free.
  func replaceQueue(of port: UnsafeMutablePointer<PortContext>, by box: FrameQueueBox) {
    let (frame, piece) = unsafe (state.pointee.queuedFrames, state.pointee.queuedPieces)
    while unsafe port.pointee.queue.peek(frame, piece, port: port.pointee.number, count: 1) == 1 {
      if unsafe !box.queue.append(frame) { unsafe drop(frame, at: port, .queueFull) }
      unsafe port.pointee.queue.removeFirst(1)
    }
    unsafe swap(&port.pointee.queue, &box.queue)
    unsafe noteQueue(of: port)
  }

  func noteQueue(of port: UnsafeMutablePointer<PortContext>) {
    unsafe port.pointee.gauges.set(frames: port.pointee.queue.frameCount, bytes: port.pointee.queue.usedBytes)
  }
}
