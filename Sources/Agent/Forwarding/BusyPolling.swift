// When a forwarding thread goes on asking for frames instead of sleeping, by its own time of each round.
//
// To be woken costs a thread some 20 µs, more than a frame. With a time given, the thread stays awake for it after each
// frame. With `auto` it learns from the traffic whether that pays, as the kernel's halt polling does for a virtual
// processor (Linux: Documentation/virt/kvm/halt-polling.rst): only when several rounds, one after the other, have brought
// a frame or two each and begun soon after each other, as with requests and answers, and for no longer than was soon.
// A batch shows a load that needs no help, and a longer pause that waiting was for nothing: both begin anew.

/// What a forwarding thread knows of its rounds, for `busy-poll`.
package struct BusyPolling {
  /// With `auto`: how soon a frame has to follow, and for how long the thread waits for it. Nanoseconds.
  package static let soon: UInt64 = 50_000
  /// Frames of one round that make no batch.
  package static let few = 2
  /// Rounds in a row after which it is believed that waiting pays.
  package static let believed = 8

  package var setting = BusyPoll.off {
    didSet { (wakefulUntil, quickRounds) = (0, 0) }
  }
  /// Until when the thread does not sleep; `max`: this round has brought a frame.
  private var wakefulUntil: UInt64 = 0
  /// With `auto`: the last round that brought frames, and quick ones in a row.
  private var lastFrames: UInt64 = 0
  private var quickRounds = 0

  package init() {}

  /// Whether the thread asks once more, rather than sleep.
  package func isWakeful(at now: UInt64) -> Bool { now < wakefulUntil }

  /// Called at the end of a round.
  /// - Parameters:
  ///   - now: the time at which it began, in nanoseconds.
  ///   - frames: how many it received.
  ///   - isFruitful: it received frames, or carried out a command.
  package mutating func note(_ now: UInt64, frames: Int, isFruitful: Bool) {
    switch setting {
    case .off: return
    case .always(let nanoseconds): wait(nanoseconds, after: isFruitful, now)
    case .auto:
      if frames > 0 {
        let isQuick = frames <= Self.few && now &- lastFrames <= Self.soon
        quickRounds = isQuick ? min(quickRounds + 1, Self.believed) : 0
        lastFrames = now
      }
      if quickRounds == Self.believed {
        wait(Self.soon, after: frames > 0, now)
      } else {
        wakefulUntil = 0
      }
    }
  }

  /// The time counts from the first round without a frame: one with many may have taken longer than that.
  private mutating func wait(_ nanoseconds: UInt64, after isFruitful: Bool, _ now: UInt64) {
    if isFruitful {
      wakefulUntil = .max
    } else if wakefulUntil == .max {
      wakefulUntil = now &+ nanoseconds
    }
  }
}
