/// A network device of a guest, as the guest's command line or a request to its console names it: `eth0=mcast,…`,
/// `vec0:transport=bess,dst=…`.
package struct GuestDevice: Hashable, Sendable {
  /// What the device is connected to, as far as its words say.
  package enum Link: Hashable, Sendable {
    /// A multicast group and its UDP port.
    case group(address: String, port: Int)
    /// A local socket that the guest connects to.
    case socket(path: String)
    /// A descriptor that the guest inherited.
    case descriptor
    /// Another transport; empty: not known.
    case other(String)
  }

  /// Of the guest's interface, such as "vec0".
  package let name: String
  package let link: Link
  /// All its words; empty: not known.
  package let words: String

  package init(name: String, link: Link, words: String = "") {
    self.name = name
    self.link = link
    self.words = words
  }

  /// - Returns: nil when `word` names no network device.
  package init?(word: String) {
    guard let end = word.firstIndex(where: { $0 == "=" || $0 == ":" }), Self.isName(word[..<end]) else { return nil }
    let rest = word[word.index(after: end)...]
    let isVector = word.hasPrefix("vec")
    guard isVector == (word[end] == ":") else { return nil }
    self.init(name: String(word[..<end]), link: isVector ? Self.vector(rest) : Self.native(rest), words: word)
  }

  /// The devices that a guest was started with; of two of one name the first.
  package static func all(in words: [String]) -> [GuestDevice] {
    var devices: [GuestDevice] = []
    // What stands behind "--" is for the guest's init.
    for word in words.prefix(while: { $0 != "--" }) {
      guard let device = GuestDevice(word: word), !devices.contains(where: { $0.name == device.name }) else { continue }
      devices.append(device)
    }
    return devices
  }

  /// The names of the devices that are up, out of the guest's /proc/interrupts: a device has its interrupts as long as it
  /// is up, and the console has no other way to ask (`config vec0` is "No get_config routine defined" in Linux 6.1).
  package static func namesUp(interrupts: String) -> Set<String> {
    Set(
      interrupts.split(whereSeparator: \.isNewline)
        .flatMap { $0.split(whereSeparator: { $0.isWhitespace || $0 == "," }) }
        .filter(isName).map(String.init))
  }

  /// Whether `name` is that of a device which the console can add and remove: `ethN` or `vecN`.
  package static func isName(_ name: some StringProtocol) -> Bool {
    let number = name.dropFirst(3)
    return ["eth", "vec"].contains(String(name.prefix(3))) && (1...5).contains(number.utf8.count)
      && number.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  private static func vector(_ words: Substring) -> Link {
    var values: [Substring: String] = [:]
    for word in words.split(separator: ",") {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { values[parts[0]] = String(parts[1]) }
    }
    switch values["transport"] {
    case "bess": return .socket(path: values["dst"] ?? "")
    case "fd": return .descriptor
    case let other: return .other(other ?? "")
    }
  }

  /// An empty field has its default (arch/um/drivers/umcast_kern.c and daemon_kern.c of Linux 6.1).
  private static func native(_ words: Substring) -> Link {
    let fields = words.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    func field(_ index: Int, _ usual: String) -> String {
      fields.indices.contains(index) && !fields[index].isEmpty ? fields[index] : usual
    }
    switch fields.first {
    case "mcast": return .group(address: field(2, "239.192.168.1"), port: Int(field(3, "1102")) ?? 0)
    case "daemon": return .socket(path: field(3, "/tmp/uml.ctl"))
    case let other: return .other(other ?? "")
    }
  }
}
