/// Reads a Varlink interface definition.
struct InterfaceParser {
  struct Unexpected: Error { let token: String }

  private var tokens: [String] = []

  static func parse(_ text: String) throws -> InterfaceDefinition {
    var parser = InterfaceParser()
    parser.tokens = split(text)
    return try parser.interface()
  }

  private static func split(_ text: String) -> [String] {
    var tokens: [String] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
      let code = line.prefix { $0 != "#" }
      var word = ""
      for character in code {
        if character.isLetter || character.isNumber || "_.-".contains(character), !(word == "-") {
          // "->" is a token of its own.
          if character == "-", word.isEmpty { tokens.append("->") } else { word.append(character) }
          continue
        }
        if !word.isEmpty { tokens.append(word) }
        word = ""
        if !character.isWhitespace, character != ">" { tokens.append(String(character)) }
      }
      if !word.isEmpty { tokens.append(word) }
    }
    return tokens.reversed()
  }

  private mutating func next() throws -> String {
    guard let token = tokens.popLast() else { throw Unexpected(token: "end of text") }
    return token
  }

  private mutating func expect(_ wanted: String) throws {
    let token = try next()
    if token != wanted { throw Unexpected(token: "\(token), not \(wanted)") }
  }

  private mutating func interface() throws -> InterfaceDefinition {
    var result = InterfaceDefinition()
    try expect("interface")
    result.name = try next()
    while !tokens.isEmpty {
      let word = try next()
      let name = try next()
      switch word {
      case "type": result.types[name] = try group()
      case "error": result.errors[name] = try fields()
      case "method":
        let input = try fields()
        try expect("->")
        result.methods[name] = .init(input: input, output: try fields())
      default: throw Unexpected(token: word)
      }
    }
    return result
  }

  private mutating func fields() throws -> [String: Kind] {
    switch try group() {
    case .structure(let fields): return fields
    case let other: throw Unexpected(token: "\(other)")
    }
  }

  /// What is between parentheses: fields with types, or the words of an enumeration.
  private mutating func group() throws -> Kind {
    try expect("(")
    var fields: [String: Kind] = [:]
    var words: [String] = []
    while tokens.last != ")" {
      let name = try next()
      if tokens.last == ":" {
        try expect(":")
        if fields.updateValue(try kind(), forKey: name) != nil { throw Unexpected(token: name) }
      } else {
        words.append(name)
      }
      if tokens.last != ")" { try expect(",") }
    }
    try expect(")")
    if !words.isEmpty, !fields.isEmpty { throw Unexpected(token: words[0]) }
    return words.isEmpty ? .structure(fields) : .enumeration(words)
  }

  private mutating func kind() throws -> Kind {
    if tokens.last == "(" { return try group() }
    let token = try next()
    switch token {
    case "?": return .optional(try kind())
    case "[":
      if tokens.last == "string" {
        try expect("string")
        try expect("]")
        return .map(try kind())
      }
      try expect("]")
      return .list(try kind())
    case "bool", "int", "float", "string", "object": return .basic(token)
    default: return .named(token)
    }
  }
}
