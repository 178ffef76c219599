internal import FoundationEssentials

/// Messages of https://varlink.org/Method-Call, as JSON and back.
package enum Message {
  /// Bytes that are not such a message, or not with such parameters.
  package struct Malformed: Error, Hashable {
    /// The field at fault, with those it is in; empty when the message itself is.
    package let field: String

    package init(field: String) { self.field = field }
  }

  /// A method call.
  package struct Request<Parameters: Encodable>: Encodable {
    var method: String
    var parameters: Parameters
    var oneway: Bool?
    var more: Bool?

    /// - Parameters:
    ///   - method: with its interface.
    ///   - oneway: no reply is wanted.
    ///   - more: several replies are.
    package init(method: String, parameters: Parameters, oneway: Bool = false, more: Bool = false) {
      self.method = method
      self.parameters = parameters
      self.oneway = oneway ? true : nil
      self.more = more ? true : nil
    }
  }

  /// What a request says beside its parameters.
  package struct RequestHead: Decodable {
    /// With its interface.
    package let method: String
    private let oneway: Bool?
    private let more: Bool?
    private let upgrade: Bool?

    /// No reply is wanted.
    package var isOneway: Bool { oneway ?? false }
    /// Several replies are wanted.
    package var wantsMore: Bool { more ?? false }
    /// Another protocol is wanted on this connection.
    package var wantsUpgrade: Bool { upgrade ?? false }
  }

  /// An answer.
  package struct Reply<Parameters: Encodable>: Encodable {
    var error: String?
    var parameters: Parameters
    var continues: Bool?

    /// - Parameters:
    ///   - error: its name, with the interface; nil: it worked.
    ///   - continues: further replies follow.
    package init(error: String? = nil, parameters: Parameters, continues: Bool = false) {
      self.error = error
      self.parameters = parameters
      self.continues = continues ? true : nil
    }
  }

  /// What a reply says beside its parameters.
  package struct ReplyHead: Decodable {
    /// The error's name, with its interface; nil: it worked.
    package let error: String?
    private let continues: Bool?

    /// Further replies follow.
    package var isContinued: Bool { continues ?? false }
  }

  /// The bytes of `message`, its NUL included.
  package static func encode(_ message: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
    do {
      return try [UInt8](encoder.encode(message)) + [0]
    } catch {
      // Types of this module hold text, integers and flags: nothing that JSON cannot say.
      preconditionFailure("\(error)")
    }
  }

  /// Reads the part of a message that `type` has.
  package static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws(Malformed) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch {
      throw Malformed(error)
    }
  }

  /// Reads the parameters of a message; absent ones are empty ones.
  package static func parameters<Value: Decodable>(
    _ type: Value.Type, from bytes: [UInt8]
  ) throws(Malformed) -> Value {
    if let parameters = try decode(Parameters<Value>.self, from: bytes).parameters { return parameters }
    return try decode(type, from: Array("{}".utf8))
  }

  /// The names of a message's parameters.
  package static func parameterNames(in bytes: [UInt8]) throws(Malformed) -> [String] {
    try decode(Parameters<Names>.self, from: bytes).parameters?.names ?? []
  }

  private struct Parameters<Value: Decodable>: Decodable { let parameters: Value? }

  private struct Names: Decodable {
    struct Name: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    let names: [String]

    init(from decoder: any Decoder) throws {
      names = try decoder.container(keyedBy: Name.self).allKeys.map(\.stringValue)
    }
  }
}

extension Message.Malformed {
  init(_ error: any Error) {
    let path: [any CodingKey] =
      switch error as? DecodingError {
      case .keyNotFound(let key, let context): context.codingPath + [key]
      case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
        context.codingPath
      default: []
      }
    field = path.map(\.stringValue).filter { $0 != "parameters" }.joined(separator: ".")
  }
}
