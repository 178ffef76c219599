package import HTTPTypes
package import HummingbirdCore
package import LinuxIO

/// Who may see what the agent does.
package struct AccessRule: Sendable {
  private let token: [UInt8]?

  /// Why a program does not start.
  package struct Refusal: Error, Hashable {
    package let sentence: String

    package init(sentence: String) { self.sentence = sentence }
  }

  /// The fewest characters of a token.
  private static let shortestToken = 16

  /// - Parameters:
  ///   - places: where is listened.
  ///   - tokenFile: the text of the file with the token; nil: none.
  /// - Throws: places that others reach, and no token.
  package init(places: [SocketAddress], tokenFile: String?) throws(Refusal) {
    guard let tokenFile else {
      if let open = places.first(where: { !Self.isLoopback($0.address) }) {
        throw Refusal(
          sentence: """
            --listen \(open) lets others see all LANs and guests: give them a token.
              (umask 077; head -c 24 /dev/urandom | base64 >umbel-web.token)
              umbel-web --listen \(open) --token-file umbel-web.token
            """)
      }
      token = nil
      return
    }
    let text = String(tokenFile.prefix { !$0.isNewline })
    guard text.utf8.count >= Self.shortestToken, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      throw Refusal(
        sentence: """
          The first line of the token's file must be \(Self.shortestToken) characters or more, ASCII without spaces:
            (umask 077; head -c 24 /dev/urandom | base64 >umbel-web.token)
          """)
    }
    token = Array(text.utf8)
  }

  /// Why a request is not answered; nil: it may be.
  /// - Parameter isPublic: what is asked for says nothing about the agent, such as the page itself.
  package func refusal(of request: HTTPRequest, isPublic: Bool) -> Response? {
    guard let token else {
      // A page of another site may have its name lead here (DNS rebinding), but not choose the name.
      return Self.isLoopback(host: request.authority ?? "localhost")
        ? nil : Response(.forbidden, "umbel-web answers to localhost, 127.0.0.0/8 and [::1] alone.")
    }
    if isPublic || Self.equal(Array((request.headerFields[.authorization] ?? "").utf8), Array("Bearer ".utf8) + token) {
      return nil
    }
    var response = Response(.unauthorized, "This needs the token: Authorization: Bearer TOKEN.")
    response.headers[.wwwAuthenticate] = "Bearer"
    return response
  }

  /// 127.0.0.0/8 (RFC 1122, section 3.2.1.3) or ::1.
  private static func isLoopback(_ address: IPAddress) -> Bool {
    address.length == 4 ? address.octets[0] == 127 : address == IPAddress("::1")
  }

  /// Whether a Host field names this host's loopback, with or without a port.
  private static func isLoopback(host: String) -> Bool {
    var name = host.lowercased()[...]
    let digits = Set("0123456789")
    if let colon = name.lastIndex(of: ":"), name[name.index(after: colon)...].allSatisfy({ digits.contains($0) }) {
      name = name[..<colon]
    }
    if name == "localhost" || name == "[::1]" { return true }
    return IPAddress(String(name)).map { $0.length == 4 && isLoopback($0) } ?? false
  }

  /// Takes the same time whatever the first byte in which they differ.
  private static func equal(_ first: [UInt8], _ second: [UInt8]) -> Bool {
    guard first.count == second.count else { return false }
    return zip(first, second).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
