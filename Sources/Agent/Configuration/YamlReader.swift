import Yams

// YAML as umbeld reads it: YAML 1.1 by libyaml, where every plain word is a text whatever it looks like. That a text is
// a number or a yes is decided by the option it is given to, so 1102 and "1102" are the same, and a LAN may be called
// `no`. Anchors, aliases and merges (`<<`) work; a key that is written wins over a merged one, an earlier merge over a
// later one. One document a file.

/// Turns the text of one file into nodes.
struct YamlReader {
  /// A file of this many nodes, aliases followed, is refused: a few lines of aliases of aliases are billions.
  private static let mostNodes = 100_000
  /// After this many repeated keys the file is given up.
  private static let mostRepeats = 100

  private let file: String
  private(set) var problems = [ConfigurationProblem]()
  private var masks = KeyMasks()
  private var nodeCount = 0

  init(file: String) { self.file = file }

  /// - Returns: nil for an empty file, and for one that cannot be read at all.
  mutating func read(_ text: String) -> ConfigurationNode? {
    guard let root = compose(text) else { return nil }
    let node = convert(root)
    if nodeCount > Self.mostNodes {
      problems = [ConfigurationProblem(SourceLocation(file: file), "has more than \(Self.mostNodes) values")]
      return nil
    }
    return node
  }

  /// Yams stops at a repeated key and names its first place only. That one is masked and the text read again, so that
  /// both stay in the tree and `convert` can name the second.
  private mutating func compose(_ text: String) -> Node? {
    var text = text
    for _ in 0...Self.mostRepeats {
      do {
        return try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
      } catch YamlError.duplicatedKeysInMapping(let names, let context) {
        guard let name = names.first, let masked = masks.mask(name, context.mark, in: text) else {
          let place = location(context.mark)
          problems.append(ConfigurationProblem(place, key: names.first, "is given twice; give it once"))
          return nil
        }
        text = masked
      } catch {
        problems.append(syntaxProblem(error, in: text))
        return nil
      }
    }
    problems.append(ConfigurationProblem(SourceLocation(file: file), "repeats more than \(Self.mostRepeats) keys"))
    return nil
  }

  private func location(_ mark: Mark?) -> SourceLocation {
    SourceLocation(file: file, line: mark?.line ?? 0, column: mark?.column ?? 0)
  }

  private mutating func convert(_ node: Node) -> ConfigurationNode {
    nodeCount += 1
    guard nodeCount <= Self.mostNodes else { return ConfigurationNode(location: location(node.mark), content: .empty) }
    let content: ConfigurationNode.Content
    var isQuoted = false
    switch node {
    case .scalar(let scalar):
      isQuoted = scalar.style == .singleQuoted || scalar.style == .doubleQuoted
      let isNothing = scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
      content = isNothing ? .empty : .text(scalar.string)
    case .sequence(let sequence): content = .list(sequence.map { convert($0) })
    case .mapping(let mapping): content = .map(entries(of: mapping))
    case .alias: content = .empty  // Yams follows aliases; it makes this case only when told to.
    }
    return ConfigurationNode(location: location(node.mark), content: content, isQuoted: isQuoted)
  }

  private mutating func entries(of mapping: Node.Mapping) -> [ConfigurationNode.Entry] {
    var entries = [ConfigurationNode.Entry]()
    var merged = [ConfigurationNode.Entry]()
    for (key, value) in mapping {
      guard let word = key.scalar else {
        problems.append(ConfigurationProblem(location(key.mark), "a key must be a word"))
        continue
      }
      if word.style == .plain, word.string == "<<" {
        merged += mergedEntries(value)
        continue
      }
      let name = masks.unmasked(word.string)
      if let first = entries.first(where: { $0.key == name }) {
        let message = "is given twice; the first is at \(first.location)"
        problems.append(ConfigurationProblem(location(key.mark), key: name, message))
        continue
      }
      entries.append(ConfigurationNode.Entry(key: name, location: location(key.mark), value: convert(value)))
    }
    for entry in merged where !entries.contains(where: { $0.key == entry.key }) { entries.append(entry) }
    return entries
  }

  private mutating func mergedEntries(_ node: Node) -> [ConfigurationNode.Entry] {
    let converted = convert(node)
    switch converted.content {
    case .map(let entries): return entries
    case .list(let maps):
      let entries = maps.compactMap(\.entries)
      if entries.count == maps.count { return entries.flatMap { $0 } }
    case .empty, .text: break
    }
    problems.append(ConfigurationProblem(converted.location, key: "<<", "must be a map or a list of maps"))
    return []
  }
}

extension YamlReader {
  private func syntaxProblem(_ error: any Error, in text: String) -> ConfigurationProblem {
    switch error {
    case YamlError.scanner(let context, let problem, let mark, _),
      YamlError.parser(let context, let problem, let mark, _):
      if scalar(at: mark, in: text) == "\t" {
        return ConfigurationProblem(location(mark), "is not YAML: a tab; indent with spaces")
      }
      let sentence = [problem, context?.text].compactMap { $0 }.joined(separator: " ")
      return ConfigurationProblem(location(mark), "is not YAML: \(sentence)")
    case YamlError.composer(let context, let problem, let mark, _):
      let sentence = [context?.text, problem].compactMap { $0 }.joined(separator: " ")
      return ConfigurationProblem(location(mark), "is not YAML: \(sentence)")
    case YamlError.reader(let problem, let offset, _, _):
      let before = offset.map { text.prefix($0) } ?? ""
      let line = before.split(separator: "\n", omittingEmptySubsequences: false)
      let place = SourceLocation(
        file: file, line: max(1, line.count), column: (line.last?.unicodeScalars.count ?? 0) + 1)
      return ConfigurationProblem(place, "is not YAML: \(problem)")
    default:
      return ConfigurationProblem(SourceLocation(file: file), "is not YAML: \(error)")
    }
  }

  private func scalar(at mark: Mark, in text: String) -> Unicode.Scalar? {
    guard let index = text.index(of: mark), index < text.endIndex else { return nil }
    return text.unicodeScalars[index]
  }
}
