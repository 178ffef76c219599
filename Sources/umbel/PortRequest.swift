import PortWords

/// A port as `umbel port add` is told of it: a transport, or one of the HOWTO's words, and options.
package struct PortRequest: Equatable {
  package let transport: String
  /// Those of the word first.
  package let options: [OptionArgument]
  /// For standard error.
  package let notes: [String]

  /// - Throws: a word that is wrong or is no port, and an option that the word has already.
  package init(_ text: String, _ given: [OptionArgument] = []) throws(Failure) {
    guard PortWord.isWord(text) else {
      transport = text
      options = given
      notes = []
      return
    }
    let word: PortWord
    do throws(PortWordError) {
      word = try PortWord(parsing: text)
    } catch {
      throw Failure(.usage, error.sentence(about: text))
    }
    switch word.way {
    case .port(let transport): self.transport = transport
    case .door(let name, let path):
      throw Failure(
        .usage,
        "\(text) is the way into a switch: a door of a LAN, not a port. `umbel lan list` shows those there are; a LAN "
          + "with one at \(path) is made by `umbel lan add NAME --door \(name)=\(path)`, or in the configuration.")
    }
    let own = word.options.compactMap { OptionArgument("\($0.name)=\($0.text)") }
    if let twice = given.first(where: { option in own.contains { $0.key == option.key } }) {
      throw Failure(.usage, "\(twice.key) is in \(text) already. Give it once.")
    }
    options = own + given
    notes = word.notes.map { "\(text): \($0.text)." }
  }
}
