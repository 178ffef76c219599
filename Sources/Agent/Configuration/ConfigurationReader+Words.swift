import PortWords
import TransportHost

// The HOWTO's words in the list of ports. A word becomes the map that says the same, each value at the place of its
// field, and is read on like one that was written: what is wrong with a field is shown there. `daemon` names the socket
// where a uml_switch listens; in a LAN that is one more place of the door vde, beside those of the key `doors`.

extension ConfigurationReader {
  /// A port's map: the one that is written, or the one that a word stands for.
  /// - Parameter doors: gets the map of a word that is a door.
  /// - Returns: nil for a word that is refused, and for one that is a door.
  mutating func portNode(_ node: ConfigurationNode, doors: inout [ConfigurationNode]) -> ConfigurationNode? {
    guard let text = node.text else { return node }
    let word: PortWord
    do {
      word = try PortWord(parsing: text)
    } catch {
      refuse(node.place(of: error.columns), "ports", "\(error)\(hint(text, error))")
      return nil
    }
    for note in word.notes {
      notes.append(ConfigurationProblem(node.place(of: note.columns), key: "ports", note.text))
    }
    let options = word.options.map { entry($0.name, $0.text, node.place(of: $0.columns)) }
    switch word.way {
    case .door(let name, let path):
      let path = options.isEmpty ? [entry("path", path, node.textLocation)] : options
      doors.append(map([entry("door", name, node.textLocation)] + path, at: node))
      return nil
    case .port(let transport):
      return map([entry("transport", transport, node.textLocation)] + options, at: node)
    }
  }

  private func map(_ entries: [ConfigurationNode.Entry], at node: ConfigurationNode) -> ConfigurationNode {
    ConfigurationNode(location: node.location, content: .map(entries))
  }

  private func entry(_ key: String, _ text: String, _ place: SourceLocation) -> ConfigurationNode.Entry {
    ConfigurationNode.Entry(
      key: key, location: place, value: ConfigurationNode(location: place, content: .text(text)))
  }

  /// What helps where the text may not have been meant as a word, or was torn at its commas.
  private func hint(_ text: String, _ error: PortWordError) -> String {
    guard case .transport(nearest: nil) = error.fault else { return "" }
    if transports.contains(where: { $0.name == text }) { return "; or write {transport: \(text)}" }
    return "; or a map, such as {transport: mcast}; inside [ ] a word with commas needs quotes"
  }
}

extension ConfigurationNode {
  /// The place of some columns of its text.
  fileprivate func place(of columns: Range<Int>) -> SourceLocation {
    textLocation.moved(columns: columns.lowerBound - 1)
  }
}
