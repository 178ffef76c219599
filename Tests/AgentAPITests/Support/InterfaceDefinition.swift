/// A Varlink interface, as its definition or the code has it: https://varlink.org/Interface-Definition.
struct InterfaceDefinition: Equatable {
  struct Method: Equatable {
    var input: [String: Kind]
    var output: [String: Kind]
  }

  var name = ""
  var types: [String: Kind] = [:]
  var methods: [String: Method] = [:]
  var errors: [String: [String: Kind]] = [:]
}

/// A type of that language.
indirect enum Kind: Hashable, CustomStringConvertible {
  case basic(String)
  case named(String)
  case optional(Kind)
  case list(Kind)
  case map(Kind)
  case structure([String: Kind])
  case enumeration([String])

  var description: String {
    switch self {
    case .basic(let name), .named(let name): name
    case .optional(let kind): "?\(kind)"
    case .list(let kind): "[]\(kind)"
    case .map(let kind): "[string]\(kind)"
    case .structure(let fields):
      "(" + fields.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ") + ")"
    case .enumeration(let names): "(" + names.joined(separator: ", ") + ")"
    }
  }
}
