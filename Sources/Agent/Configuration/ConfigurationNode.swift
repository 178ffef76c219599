import TransportHost

/// A piece of a configuration file: keys, lists and texts, each with its place.
struct ConfigurationNode {
  /// A key of a map with what it holds.
  struct Entry {
    let key: String
    let location: SourceLocation
    let value: ConfigurationNode
  }

  enum Content {
    /// Nothing, `~` or `null`.
    case empty
    case text(String)
    case list([ConfigurationNode])
    /// Each key once.
    case map([Entry])
  }

  let location: SourceLocation
  let content: Content
  /// Whether a quote stands before its text.
  var isQuoted = false

  /// Where its text begins, if it is one; what has escapes or several lines has no other places.
  var textLocation: SourceLocation { location.moved(columns: isQuoted ? 1 : 0) }

  /// What a map holds; nil for anything else.
  var entries: [Entry]? {
    if case .map(let entries) = content { entries } else { nil }
  }

  /// A text; nil for anything else.
  var text: String? {
    if case .text(let text) = content { text } else { nil }
  }

  /// What this is, to be read after "is".
  var kind: String {
    switch content {
    case .empty: "empty"
    case .text(let text): shown(text)
    case .list: "a list"
    case .map: "a map"
    }
  }
}
