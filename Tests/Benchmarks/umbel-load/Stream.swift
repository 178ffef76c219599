import Glibc
import LinuxIO

/// One run of frames from a sender to a receiver.
struct Stream: Sendable {
  let sender: Client
  let receiver: Client
  let frames: Int
  let size: Int
  let batch: Int
  let stations: Int
  let kind: FrameKind

  /// What the receiver saw.
  struct Arrivals: Sendable {
    var received = 0
    /// Frames whose sequence number was not above all earlier ones: out of order, or twice.
    var misordered = 0
    /// Frames that came with another length.
    var altered = 0
    /// `CLOCK_MONOTONIC` nanoseconds of the last one.
    var lastAt: UInt64 = 0
  }

  /// Sends everything and waits until the last frame has come, or nothing comes any more.
  /// - Returns: the arrivals and when the sender began, in nanoseconds of `CLOCK_MONOTONIC`.
  func run() throws(LoadError) -> (arrivals: Arrivals, begin: UInt64) {
    let sent = Latch()
    let receiving = Worker { Result { () throws(LoadError) in try receive(until: sent) } }
    let begin = monotonicNanoseconds()
    let sending = Result { () throws(LoadError) in try send() }
    sent.raise()
    let arrivals = receiving.join()
    try sending.get()
    return (try arrivals.get(), begin)
  }

  private func send() throws(LoadError) {
    let slots = try Batch()
    var next = 0
    var stalls = 0
    while next < frames {
      let end = min(batch, frames - next)
      for slot in 0..<end {
        let number = next + slot
        slots.write(
          slot: slot, to: receiver.address, from: sender.address(station: number % stations), kind: kind,
          sequence: UInt64(number))
      }
      var first = 0
      while first < end {
        let count = slots.send(by: sender.endpoint, first: first, end: end, size: size)
        if count >= 0 {
          (first, stalls) = (first + Int(count), 0)
        } else {
          guard count == -EAGAIN || count == -ENOBUFS else { throw .closed(Errno(-count)) }
          stalls += 1
          guard stalls < 50 else { throw .stuck }
        }
      }
      next += end
    }
  }

  private func receive(until sent: Latch) throws(LoadError) -> Arrivals {
    let slots = try Batch()
    var arrivals = Arrivals()
    var above: UInt64 = 0
    var silences = 0
    while arrivals.received < frames {
      let count = slots.receive(by: receiver.endpoint)
      if count == -EAGAIN {
        silences = sent.isRaised ? silences + 1 : 0
        if silences >= 2 { break }
        continue
      }
      guard count >= 0 else { throw .closed(Errno(-count)) }
      for slot in 0..<Int(count) {
        guard let sequence = slots.sequence(slot: slot, for: receiver.address, kind: kind) else { continue }
        arrivals.received += 1
        if sequence < above { arrivals.misordered += 1 } else { above = sequence + 1 }
        if slots.length(slot: slot) != size { arrivals.altered += 1 }
      }
      arrivals.lastAt = monotonicNanoseconds()
    }
    return arrivals
  }
}
