internal import FoundationEssentials
package import HTTPTypes
package import HummingbirdCore
internal import NIOCore

extension Response {
  /// Of every answer: a browser takes scripts and styles from here alone, shows the page in no other, keeps nothing, and
  /// tells nobody where it was.
  private static let ofAll: HTTPFields = [
    .contentSecurityPolicy: """
    default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'
    """,
    .xContentTypeOptions: "nosniff",
    HTTPField.Name("Referrer-Policy")!: "no-referrer",
    HTTPField.Name("Cross-Origin-Resource-Policy")!: "same-origin",
    .cacheControl: "no-store",
  ]

  package init(_ status: HTTPResponse.Status = .ok, _ contentType: String, _ content: [UInt8]) {
    var fields = Self.ofAll
    fields[.contentType] = contentType
    self.init(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: content)))
  }

  /// A sentence for a person.
  package init(_ status: HTTPResponse.Status, _ sentence: String) {
    self.init(status, "text/plain; charset=utf-8", Array((sentence + "\n").utf8))
  }

  /// JSON, fields in the order of the alphabet.
  static func json(_ value: some Encodable, _ status: HTTPResponse.Status = .ok) -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return Response(status, "application/json", try [UInt8](encoder.encode(value)))
    } catch {
      // Documents hold text, integers and flags: nothing that JSON cannot say.
      preconditionFailure("\(error)")
    }
  }
}
