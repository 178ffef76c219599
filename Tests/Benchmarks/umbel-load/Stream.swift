import Glibc
import LinuxIO

/// One run of frames from a sender to one receiver, or to all.
struct Stream: Sendable {
  let sender: Client
  let receivers: [Client]
  /// Where the frames are addressed to: a receiver, or everyone.
  let destination: Address
  let frames: Int
  /// Bytes a frame, in turn.
  let sizes: [Int]
  let batch: Int
  let stations: Int
  let kind: FrameKind

  /// What the receivers saw.
  struct Arrivals: Sendable {
    var received = 0
    /// Frames whose sequence number was not above all earlier ones of that receiver: out of order, or twice.
    var misordered = 0
    /// Frames that came with another length.
    var altered = 0
    /// Nanoseconds of `CLOCK_MONOTONIC` when the sender began, and when the last frame came.
    var begin: UInt64 = .max
    var lastAt: UInt64 = 0

    static func + (first: Arrivals, second: Arrivals) -> Arrivals {
      Arrivals(
        received: first.received + second.received, misordered: first.misordered + second.misordered,
        altered: first.altered + second.altered, begin: min(first.begin, second.begin),
        lastAt: max(first.lastAt, second.lastAt))
    }
  }

  /// Runs streams at once, each from a thread of its own.
  static func run(_ streams: [Stream]) throws(LoadError) -> Arrivals {
    var sum = Arrivals()
    let results = together(streams[...]) { stream in Result { () throws(LoadError) in try stream.run() } }
    for arrivals in results { sum = sum + (try arrivals.get()) }
    return sum
  }

  /// Sends everything and waits until the last frame has come, or nothing comes any more.
  func run() throws(LoadError) -> Arrivals {
    let sent = Latch()
    let receiving = Worker {
      together(receivers[...]) { receiver in Result { () throws(LoadError) in try receive(receiver, until: sent) } }
    }
    let begin = monotonicNanoseconds()
    let sending = Result { () throws(LoadError) in try send() }
    sent.raise()
    var sum = Arrivals(begin: begin)
    for arrivals in receiving.join() { sum = sum + (try arrivals.get()) }
    try sending.get()
    return sum
  }

  private func send() throws(LoadError) {
    let slots = try Batch()
    var lengths = [UInt32](repeating: 0, count: Batch.slots)
    var next = 0
    var stalls = 0
    while next < frames {
      let end = min(batch, frames - next)
      for slot in 0..<end {
        let number = next + slot
        slots.write(
          slot: slot, to: destination, from: sender.address(station: number % stations), kind: kind,
          sequence: UInt64(number))
        lengths[slot] = UInt32(sizes[number % sizes.count])
      }
      var first = 0
      while first < end {
        let count = slots.send(by: sender.endpoint, first: first, end: end, sizes: lengths)
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

  private func receive(_ receiver: Client, until sent: Latch) throws(LoadError) -> Arrivals {
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
        guard let sequence = slots.sequence(slot: slot, for: destination, kind: kind) else { continue }
        arrivals.received += 1
        if sequence < above { arrivals.misordered += 1 } else { above = sequence + 1 }
        if slots.length(slot: slot) != sizes[Int(sequence % UInt64(sizes.count))] { arrivals.altered += 1 }
      }
      arrivals.lastAt = monotonicNanoseconds()
    }
    return arrivals
  }
}

/// Does the same with each of some items, each on a thread of its own, to the end.
private func together<Item: Sendable, Value: Sendable>(
  _ items: ArraySlice<Item>, _ body: @escaping @Sendable (Item) -> Value
) -> [Value] {
  guard let first = items.first else { return [] }
  let worker = Worker { body(first) }
  let others = together(items.dropFirst(), body)
  return [worker.join()] + others
}
