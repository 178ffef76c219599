import Glibc

/// Which descriptors are kept outside this process, and by what names. A value: what has to be said to the keeper comes out
/// of it.
///
/// A descriptor is known by its number as long as it is the same file: a number that was closed and used again is another
/// one. What the kernel tells of a file does not tell two TAP devices apart, so the owner's stamp counts as well.
struct StoredDescriptors {
  /// A descriptor that is to be kept.
  struct Wanted: Equatable {
    let number: Int32
    /// Another one: the number may mean another file.
    var stamp = 0
  }

  /// What the keeper is to be told, in this order: the service manager does not store a file that it has already, under
  /// whatever name, so that a new name given before the old one is taken back would be none.
  struct Change: Equatable {
    /// Names.
    var unstore: [String] = []
    var store: [Entry] = []

    var isEmpty: Bool { store.isEmpty && unstore.isEmpty }
  }

  struct Entry: Equatable {
    let name: String
    let number: Int32
  }

  private struct Stored {
    let name: String
    let stamp: Int
    let identity: FileIdentity
  }

  private var stored: [Int32: Stored] = [:]
  /// Names are used once in the life of the store.
  private var nextName: UInt64 = 1

  /// The name of what is kept; nil: it is not.
  func name(of number: Int32) -> String? { stored[number]?.name }

  /// All that is kept.
  var entries: [Entry] { stored.map { Entry(name: $1.name, number: $0) }.sorted { $0.number < $1.number } }

  /// A descriptor of the process before is kept already. Two numbers may have the same name: duplicates.
  mutating func adopt(_ number: Int32, name: String) {
    guard let identity = FileIdentity(of: number) else { return }
    stored[number] = Stored(name: name, stamp: 0, identity: identity)
  }

  /// The descriptor has been closed.
  /// - Returns: the name that is to be taken back; nil: there is none, or another number has it as well.
  mutating func forget(_ number: Int32) -> String? {
    guard let name = stored.removeValue(forKey: number)?.name else { return nil }
    return stored.values.contains { $0.name == name } ? nil : name
  }

  /// These names have been used.
  mutating func skip(_ names: [String]) {
    for name in names { nextName = max(nextName, (Self.number(of: name) ?? 0) + 1) }
  }

  /// Whether a name is of this kind: the store of a service holds others' as well.
  static func isName(_ name: String) -> Bool { number(of: name) != nil }

  /// Whether a name is that of a file that describes the others.
  static func isStateName(_ name: String) -> Bool { name.hasPrefix(statePrefix) && isName(name) }

  /// The number in a name: the newest is the highest. nil: it is no such name.
  static func number(of name: String) -> UInt64? {
    guard name.hasPrefix(descriptorPrefix) || name.hasPrefix(statePrefix) else { return nil }
    return UInt64(name.dropFirst(statePrefix.utf8.count), radix: 36)
  }

  private static let descriptorPrefix = "umbel-d"
  private static let statePrefix = "umbel-s"

  /// Says what is missing and what is too much, and takes both for done.
  mutating func settle(
    _ wanted: [Wanted], identity: (Int32) -> FileIdentity? = { FileIdentity(of: $0) }
  ) -> Change {
    var change = Change()
    var next: [Int32: Stored] = [:]
    for one in wanted where next[one.number] == nil {
      guard let identity = identity(one.number) else { continue }
      if let old = stored[one.number], old.identity == identity, old.stamp == one.stamp {
        next[one.number] = old
        continue
      }
      let name = takeName(Self.descriptorPrefix)
      next[one.number] = Stored(name: name, stamp: one.stamp, identity: identity)
      change.store.append(Entry(name: name, number: one.number))
    }
    let kept = Set(next.values.map(\.name))
    change.unstore = Set(stored.values.map(\.name)).subtracting(kept).sorted()
    stored = next
    return change
  }

  /// A name for the file that describes the others.
  mutating func takeStateName() -> String { takeName(Self.statePrefix) }

  private mutating func takeName(_ prefix: String) -> String {
    defer { nextName += 1 }
    return prefix + String(nextName, radix: 36)
  }
}
