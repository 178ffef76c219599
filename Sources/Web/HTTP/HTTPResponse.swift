/// The status codes that are sent: RFC 9110, section 15.
package enum HTTPStatus: Int, Sendable {
  case ok = 200
  case badRequest = 400
  case unauthorized = 401
  case forbidden = 403
  case notFound = 404
  case methodNotAllowed = 405
  case contentTooLarge = 413
  case headTooLarge = 431
  case unavailable = 503

  /// What is said where there is nothing better to say.
  package var phrase: String {
    switch self {
    case .ok: "OK"
    case .badRequest: "Bad Request"
    case .unauthorized: "Unauthorized"
    case .forbidden: "Forbidden"
    case .notFound: "Not Found"
    case .methodNotAllowed: "Method Not Allowed"
    case .contentTooLarge: "Content Too Large"
    case .headTooLarge: "Request Header Fields Too Large"
    case .unavailable: "Service Unavailable"
    }
  }
}

/// An answer.
package struct HTTPResponse: Hashable, Sendable {
  package let status: HTTPStatus
  package let contentType: String
  package let content: [UInt8]
  /// Fields that this answer has beside those of all.
  package var fields: [String: String] = [:]

  package init(_ status: HTTPStatus = .ok, _ contentType: String, _ content: [UInt8]) {
    self.status = status
    self.contentType = contentType
    self.content = content
  }

  /// A sentence for a person.
  package init(_ status: HTTPStatus, _ sentence: String) {
    self.init(status, "text/plain; charset=utf-8", Array((sentence + "\n").utf8))
  }

  /// Of every answer: a browser takes scripts and styles from here alone, shows the page in no other, keeps nothing, and
  /// tells nobody where it was.
  private static let ofAll = """
    Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r
    X-Content-Type-Options: nosniff\r
    Referrer-Policy: no-referrer\r
    Cross-Origin-Resource-Policy: same-origin\r
    Cache-Control: no-store\r

    """

  /// The bytes that are sent.
  package func encoded(keepsAlive: Bool, withContent: Bool = true) -> [UInt8] {
    var head = "HTTP/1.1 \(status.rawValue) \(status.phrase)\r\n"
    head += "Content-Type: \(contentType)\r\nContent-Length: \(content.count)\r\n"
    if !keepsAlive { head += "Connection: close\r\n" }
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) { head += "\(name): \(value)\r\n" }
    return Array((head + Self.ofAll + "\r\n").utf8) + (withContent ? content : [])
  }
}
