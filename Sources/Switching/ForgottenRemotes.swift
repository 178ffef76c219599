/// The remotes whose stations the sweep is to remove; at most ``capacity`` at a time.
struct ForgottenRemotes {
  private struct Item: BitwiseCopyable {
    var remote: Remote
    var incarnation: UInt32
    /// Slots that the sweep has yet to pass until it has been everywhere.
    var slotsLeft: UInt32
  }

  static let capacity = 16
  private var items = InlineArray<16, Item>(
    repeating: Item(remote: .everyone, incarnation: 0, slotsLeft: 0))
  private var count = 0

  var isFull: Bool { count == ForgottenRemotes.capacity }

  mutating func removeAll() { count = 0 }

  mutating func append(_ remote: Remote, incarnation: UInt32, slots: Int) {
    items[count] = Item(remote: remote, incarnation: incarnation, slotsLeft: UInt32(slots))
    count += 1
  }

  func contains(_ entry: FDBEntry) -> Bool {
    for index in 0..<count
    where items[index].remote == entry.remote && items[index].incarnation == entry.incarnation {
      return true
    }
    return false
  }

  /// The sweep has passed that many slots more.
  mutating func passed(_ slots: Int) {
    var kept = 0
    for index in 0..<count where Int(items[index].slotsLeft) > slots {
      items[kept] = items[index]
      items[kept].slotsLeft -= UInt32(slots)
      kept += 1
    }
    count = kept
  }
}
