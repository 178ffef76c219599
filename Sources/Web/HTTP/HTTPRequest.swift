/// A request of HTTP/1.0 or 1.1 (RFC 9112), as far as this program takes them: a method, a path, and no content.
package struct HTTPRequest: Hashable, Sendable {
  /// The most bytes of request line and header fields together.
  package static let longestHead = 8_192

  package let method: String
  /// Without the query, percent-encoding removed.
  package let path: String
  /// Of names that come twice the last.
  package let query: [String: String]
  /// By name, in lower case.
  package let fields: [String: String]
  /// Whether the connection goes on after the answer.
  package let keepsAlive: Bool

  /// What bytes at the beginning of a connection come to.
  package enum Parsed: Hashable {
    /// Its end has not come yet.
    case incomplete
    /// A request, and how many bytes it took.
    case request(HTTPRequest, length: Int)
    /// None; the status says why. The rest of the connection cannot be understood.
    case refused(HTTPStatus)
  }

  /// Reads the first request of `bytes`.
  package static func parse(_ bytes: [UInt8]) -> Parsed {
    guard let length = headLength(bytes) else {
      return bytes.count < longestHead ? .incomplete : .refused(.headTooLarge)
    }
    if length > longestHead { return .refused(.headTooLarge) }
    guard let lines = lines(of: bytes[..<length]), let first = lines.first else { return .refused(.badRequest) }
    let words = first.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3, isToken(words[0]), words[1].hasPrefix("/"), !words[1].contains("\t"),
      ["HTTP/1.1", "HTTP/1.0"].contains(words[2])
    else { return .refused(.badRequest) }
    var fields: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":"), isToken(line[..<colon]) else { return .refused(.badRequest) }
      let name = line[..<colon].lowercased()
      // A second one, which another program might believe, is an error (RFC 9112, sections 3.2 and 6.3).
      if ["host", "content-length", "transfer-encoding"].contains(name), fields[name] != nil {
        return .refused(.badRequest)
      }
      fields[name] = trimmed(line[line.index(after: colon)...])
    }
    if words[2] == "HTTP/1.1", fields["host"] == nil { return .refused(.badRequest) }
    if fields["transfer-encoding"] != nil || (fields["content-length"] ?? "0") != "0" {
      return .refused(.contentTooLarge)
    }
    let target = words[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard let path = decoded(target[0]), let query = queryOf(target.count == 2 ? target[1] : "") else {
      return .refused(.badRequest)
    }
    let connection = fields["connection"]?.lowercased()
    return .request(
      HTTPRequest(
        method: String(words[0]), path: path, query: query, fields: fields,
        keepsAlive: words[2] == "HTTP/1.1" ? connection != "close" : connection == "keep-alive"),
      length: length)
  }

  /// Up to the empty line and with it; nil: it has not come.
  private static func headLength(_ bytes: [UInt8]) -> Int? {
    let newline = UInt8(ascii: "\n")
    var lineStart = 0
    for index in bytes.indices where bytes[index] == newline {
      let line = bytes[lineStart..<index]
      if line.isEmpty || Array(line) == [UInt8(ascii: "\r")] { return index + 1 }
      lineStart = index + 1
    }
    return nil
  }

  /// The lines of a head without their ends, LF or CRLF; nil: they are no UTF-8, or have another control character than
  /// a tab (RFC 9110, section 5.5).
  private static func lines(of head: ArraySlice<UInt8>) -> [String]? {
    var lines: [String] = []
    for var line in head.split(separator: UInt8(ascii: "\n")) {
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      guard line.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == UInt8(ascii: "\t") }),
        let text = String(validating: line, as: UTF8.self)
      else { return nil }
      if !text.isEmpty { lines.append(text) }
    }
    return lines
  }

  /// RFC 9110, section 5.6.2.
  private static func isToken(_ text: Substring) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "a")...UInt8(ascii: "z"):
          true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }

  private static func trimmed(_ text: Substring) -> String {
    let blank: Set<Character> = [" ", "\t"]
    var rest = text.drop { blank.contains($0) }
    while let last = rest.last, blank.contains(last) { rest.removeLast() }
    return String(rest)
  }

  private static func queryOf(_ text: Substring) -> [String: String]? {
    var query: [String: String] = [:]
    for pair in text.split(separator: "&") {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = decoded(sides[0]), let value = decoded(sides.count == 2 ? sides[1] : "") else { return nil }
      query[name] = value
    }
    return query
  }

  /// RFC 3986, section 2.1; nil when what follows a percent sign is no byte, or the bytes are no UTF-8.
  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(2)
      guard digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
