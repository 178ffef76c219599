package import Ethernet

// The command line of a User Mode Linux guest, as far as it names NICs: `ethN=` (PortWord), `vecN:key=value,…` (the
// vector transports), and `ip=`, which is the one place where a guest's IP address is known before it runs.

/// Why a command line is refused.
package enum KernelCommandError: Error, Hashable, Sendable {
  case field(word: String, PortWordError)
  /// Two words for one NIC.
  case twice(first: String, second: String)
}

extension KernelCommandError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .field(let word, let error): error.sentence(about: word)
    case .twice(let first, let second):
      "\(first) and \(second) are one NIC inside the guest, where ethN becomes vecN. Give one of them another number."
    }
  }
}

/// A command line that has been read.
package struct KernelCommand: Hashable, Sendable {
  package let words: [String]
  /// The NICs that the HOWTO's words name, in their order.
  package let nics: [KernelNIC]
  /// By index in `words`.
  private let addresses: [Int: KernelAddress]
  /// NICs of the vector transports.
  private let vectorUnits: [Int: String]

  /// Whether a word looks like one of the HOWTO's, right or wrong.
  package static func namesNICs(_ words: [String]) -> Bool { words.contains { KernelNIC.unit(of: $0) != nil } }

  package init(_ words: [String]) throws(KernelCommandError) {
    var nics = [KernelNIC]()
    var vectors = [Int: String]()
    var addresses = [Int: KernelAddress]()
    for (index, word) in words.enumerated() {
      if let nic = try KernelNIC(word, at: index) { nics.append(nic) }
      if let address = KernelAddress(word) { addresses[index] = address }
      guard let vector = try VectorWord(word) else { continue }
      if let first = vectors[vector.unit] { throw .twice(first: first, second: word) }
      vectors[vector.unit] = word
    }
    var seen = vectors
    for nic in nics {
      if let first = seen[nic.unit] { throw .twice(first: first, second: nic.text) }
      seen[nic.unit] = nic.text
    }
    self.words = words
    self.nics = nics
    self.addresses = addresses
    vectorUnits = vectors
  }

  /// The address that the kernel gives the NIC itself: an `ip=` word that names it, or names none where it is the only
  /// one.
  package func address(of nic: KernelNIC) -> IPv4Address? {
    let own = addresses.values.first { $0.device == nic.name || $0.device == nic.vectorName }
    let isOnly = nics.count + vectorUnits.count == 1
    return (own ?? (isOnly ? addresses.values.first { $0.device == nil } : nil))?.address
  }

  /// The MAC of the NIC: the word's own, else the one that follows from its IP address; nil: the guest chooses.
  package func mac(of nic: KernelNIC) -> MACAddress? {
    nic.word.mac ?? address(of: nic).map { MACAddress(derivedFromIPv4: $0.rawValue) }
  }

  /// The word at `index` where the NICs have become `vecN`: an `ip=` word must name what there is.
  package func renamed(_ index: Int) -> String {
    guard let address = addresses[index], let nic = nics.first(where: { $0.name == address.device }) else {
      return words[index]
    }
    return address.word(for: nic.vectorName)
  }
}

/// A `vecN:key=value,…` word: what of it concerns `umbel run`.
private struct VectorWord {
  let unit: Int

  /// - Returns: nil for other words.
  /// - Throws: a MAC that no NIC can have.
  init?(_ text: String) throws(KernelCommandError) {
    guard text.hasPrefix("vec"), let end = text.firstIndex(of: ":"),
      let unit = wholeNumber(text[text.index(text.startIndex, offsetBy: 3)..<end])
    else { return nil }
    self.unit = unit
    let before = text[...end].unicodeScalars.count
    let rest = String(text[text.index(after: end)...])
    for field in WordField.fields(of: rest, named: [], after: before) where field.text.hasPrefix("mac=") {
      let value = WordField(
        number: field.number, name: "mac", text: String(field.text.dropFirst(4)),
        columns: field.columns.lowerBound + 4..<field.columns.upperBound)
      do throws(PortWordError) { _ = try value.mac() } catch { throw .field(word: text, error) }
    }
  }
}
