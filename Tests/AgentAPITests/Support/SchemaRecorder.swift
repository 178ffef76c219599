// Learns what a Decodable type decodes: it is given made-up values, and what it asks for is written down. Only what the
// control interface's types use is known; anything else traps.

/// The types that have been met, by name.
final class Schema {
  var types: [String: Kind] = [:]

  /// The fields of `type`; types of fields are added to `types`.
  func fields<Value: Decodable>(of type: Value.Type) -> [String: Kind] {
    let recorder = Recorder(schema: self)
    _ = try! Value(from: recorder)
    return recorder.record.fields
  }

  func kind<Value: Decodable>(of type: Value.Type) -> Kind {
    switch type {
    case is String.Type: return .basic("string")
    case is Int.Type: return .basic("int")
    case is Bool.Type: return .basic("bool")
    case let container as any SchemaContainer.Type: return container.kind(in: self)
    default: break
    }
    let name = String(describing: type)
    if types[name] == nil {
      if let words = words(of: type) {
        types[name] = .enumeration(words)
      } else {
        types[name] = .structure(fields(of: type))
      }
    }
    return .named(name)
  }

  func sample<Value: Decodable>(_ type: Value.Type) throws -> Value {
    switch type {
    case is String.Type: return "" as! Value
    case is Int.Type: return 0 as! Value
    case is Bool.Type: return false as! Value
    case let container as any SchemaContainer.Type: return container.empty as! Value
    case let enumeration as any CaseIterable.Type: return first(of: enumeration) as! Value
    default: return try Value(from: Recorder(schema: self))
    }
  }

  private func words(of type: Any.Type) -> [String]? {
    guard let enumeration = type as? any CaseIterable.Type else { return nil }
    return all(of: enumeration).map { ($0 as! any RawRepresentable).rawValue as! String }
  }

  private func all<Enumeration: CaseIterable>(of type: Enumeration.Type) -> [Any] { Array(type.allCases) }
  private func first<Enumeration: CaseIterable>(of type: Enumeration.Type) -> Any { Array(type.allCases)[0] }
}

/// Lists and maps.
protocol SchemaContainer {
  static func kind(in schema: Schema) -> Kind
  static var empty: Self { get }
}

extension Array: SchemaContainer where Element: Decodable {
  static func kind(in schema: Schema) -> Kind { .list(schema.kind(of: Element.self)) }
  static var empty: Self { [] }
}

extension Dictionary: SchemaContainer where Key == String, Value: Decodable {
  static func kind(in schema: Schema) -> Kind { .map(schema.kind(of: Value.self)) }
  static var empty: Self { [:] }
}

private final class Record {
  var fields: [String: Kind] = [:]
}

private struct Recorder: Decoder {
  let schema: Schema
  let record = Record()
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(Keyed<Key>(schema: schema, record: record))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { fatalError("not used by the interface") }
  func singleValueContainer() throws -> any SingleValueDecodingContainer { fatalError("not used by the interface") }
}

private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let schema: Schema
  let record: Record
  var codingPath: [any CodingKey] { [] }
  var allKeys: [Key] { [] }

  private func note<Value: Decodable>(_ type: Value.Type, _ key: Key) throws -> Value {
    record.fields[key.stringValue] = schema.kind(of: type)
    return try schema.sample(type)
  }

  private func noteOptional<Value: Decodable>(_ type: Value.Type, _ key: Key) -> Value? {
    record.fields[key.stringValue] = .optional(schema.kind(of: type))
    return nil
  }

  func contains(_ key: Key) -> Bool { true }
  func decodeNil(forKey key: Key) throws -> Bool { false }
  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try note(type, key) }
  func decode(_ type: String.Type, forKey key: Key) throws -> String { try note(type, key) }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try note(type, key) }
  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try note(type, key) }
  func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { noteOptional(type, key) }
  func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { noteOptional(type, key) }
  func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { noteOptional(type, key) }
  func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? { noteOptional(type, key) }

  func decode(_ type: Double.Type, forKey key: Key) throws -> Double { fatalError("not used") }
  func decode(_ type: Float.Type, forKey key: Key) throws -> Float { fatalError("not used") }
  func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { fatalError("not used") }
  func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { fatalError("not used") }
  func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { fatalError("not used") }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { fatalError("not used") }
  func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { fatalError("not used") }
  func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { fatalError("not used") }
  func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { fatalError("not used") }
  func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { fatalError("not used") }
  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { fatalError("not used") }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> { fatalError("not used") }
  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { fatalError("not used") }
  func superDecoder() throws -> any Decoder { fatalError("not used") }
  func superDecoder(forKey key: Key) throws -> any Decoder { fatalError("not used") }
}
