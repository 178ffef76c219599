package import AgentAPI

/// A command with places for the numbers of descriptors: `{fd}` and `{fd:KIND}` in its words, each a socket of its own.
package struct CommandTemplate: Equatable {
  /// A socket that the command gets.
  package struct Socket: Equatable {
    package let kind: AttachKind
    /// The LAN it is a port of.
    package let lan: String

    package init(kind: AttachKind, lan: String) {
      self.kind = kind
      self.lan = lan
    }
  }

  private enum Piece: Equatable {
    case text(String)
    /// The number of that socket's descriptor.
    case number(Int)
  }

  /// In the order of their places.
  package private(set) var sockets: [Socket] = []
  private var words: [[Piece]] = []

  package init() {}

  /// Whether a word has a place.
  package static func hasPlaces(_ words: [String]) -> Bool {
    words.contains { $0.contains("{fd}") || $0.contains("{fd:") }
  }

  /// Adds a word as a user wrote it.
  /// - Parameters:
  ///   - socket: what `{fd}` stands for; of `{fd:KIND}` only the LAN.
  /// - Throws: a kind that there is not, and one that the word's program is known to refuse.
  package mutating func append(_ word: String, _ socket: Socket) throws(Failure) {
    var pieces = [Piece]()
    var rest = word[...]
    while let start = rest.firstRange(of: "{fd") {
      let after = rest[start.upperBound...]
      guard let end = after.firstIndex(of: "}"), after.first == "}" || after.first == ":" else {
        pieces.append(.text(String(rest[..<start.upperBound])))
        rest = after
        continue
      }
      let kind = after[..<end].isEmpty ? socket.kind : try Self.kind(after[..<end].dropFirst(), in: word)
      try Self.check(kind, in: word)
      pieces += [.text(String(rest[..<start.lowerBound])), .number(sockets.count)]
      sockets.append(Socket(kind: kind, lan: socket.lan))
      rest = after[after.index(after: end)...]
    }
    words.append(pieces + [.text(String(rest))])
  }

  /// Adds a word made of a text, the number of a new socket, and a text.
  package mutating func append(_ head: String, _ socket: Socket, _ tail: String) {
    words.append([.text(head), .number(sockets.count), .text(tail)])
    sockets.append(socket)
  }

  /// Adds a socket whose number the command knows without being told.
  package mutating func append(_ socket: Socket) { sockets.append(socket) }

  /// The words with numbers in their places.
  /// - Parameter numbers: of each socket.
  package func filled(_ numbers: [Int32]) -> [String] {
    words.map { pieces in
      pieces.map { piece in
        switch piece {
        case .text(let text): text
        case .number(let index): "\(numbers[index])"
        }
      }.joined()
    }
  }

  private static func kind(_ name: Substring, in word: String) throws(Failure) -> AttachKind {
    if let kind = AttachKind(rawValue: String(name)) { return kind }
    let kinds = AttachKind.allCases.map { "{fd:\($0.rawValue)}" }.joined(separator: ", ")
    throw Failure(.usage, "\(word): {fd:\(name)} is no kind of socket. Write {fd}, or one of \(kinds).")
  }

  /// QEMU's older back end tells datagrams from a stream by SO_TYPE and refuses the rest.
  private static func check(_ kind: AttachKind, in word: String) throws(Failure) {
    guard kind == .seqpacket, word.hasPrefix("socket,") else { return }
    throw Failure(
      .usage, "\(word): QEMU's -netdev socket takes no seqpacket socket. Write fd={fd:dgram}, or fd={fd:stream}.")
  }
}
