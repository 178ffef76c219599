import Testing
import Web

@Suite("Requests of HTTP/1.1")
struct HTTPRequestTests {
  private func parse(_ text: String) -> HTTPRequest.Parsed { HTTPRequest.parse(Array(text.utf8)) }

  private func request(_ text: String) throws -> HTTPRequest {
    guard case .request(let request, let length) = parse(text) else { throw NoRequest() }
    #expect(length == text.utf8.count)
    return request
  }

  private struct NoRequest: Error {}

  @Test func `a request has a path, a query and fields by their name in lower case`() throws {
    let request = try request(
      "GET /api/stations?q=02%3A00&lan=lab HTTP/1.1\r\nHost: localhost\r\nACCEPT:  a/b \r\n\r\n")
    #expect(request.method == "GET" && request.path == "/api/stations")
    #expect(request.query == ["q": "02:00", "lan": "lab"])
    #expect(request.fields == ["host": "localhost", "accept": "a/b"])
  }

  @Test func `a line ends with LF, before which a CR may stand, and with nothing else`() throws {
    #expect(try request("GET / HTTP/1.1\nHost: a\r\nX: b\n\n").fields == ["host": "a", "x": "b"])
    #expect(
      try request("GET / HTTP/1.1\r\nHost: a\r\nX: b\u{2028}Y:\tc\u{85}\r\n\r\n").fields == [
        "host": "a", "x": "b\u{2028}Y:\tc\u{85}",
      ])
  }

  @Test func `only what comes up to the empty line is taken`() {
    let first = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    guard case .request(_, let length) = parse(first + "GET /b HTTP/1.1\r\n") else {
      Issue.record("no request")
      return
    }
    #expect(length == first.utf8.count)
  }

  @Test func `a connection goes on with 1.1, and with 1.0 when that is asked for`() throws {
    #expect(try request("GET / HTTP/1.1\r\nHost: a\r\n\r\n").keepsAlive)
    #expect(try !request("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").keepsAlive)
    #expect(try !request("GET / HTTP/1.0\r\n\r\n").keepsAlive)
    #expect(try request("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keepsAlive)
  }

  @Test(arguments: ["", "GET / HTTP/1.1\r\nHost: a\r\n", "GET / HT"])
  func `what has no end yet is waited for`(_ text: String) {
    #expect(parse(text) == .incomplete)
  }

  @Test(arguments: [
    "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "GET /\r\n\r\n", "\r\n\r\n", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /%ff HTTP/1.1\r\nHost: a\r\n\r\n", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /\t HTTP/1.1\r\nHost: a\r\n\r\n", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX@Y: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nÜ: b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: \u{0}b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX: \u{b}Y: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: \u{7f}\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: a\r\ntransfer-encoding: b\r\n\r\n",
  ])
  func `what is none is refused`(_ text: String) {
    #expect(parse(text) == .refused(.badRequest))
  }

  @Test func `content is not taken`() {
    #expect(parse("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n") == .refused(.contentTooLarge))
    #expect(parse("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n") == .refused(.contentTooLarge))
  }

  @Test func `a head that does not end within its limit is refused`() {
    let long = "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: HTTPRequest.longestHead)
    #expect(parse(long) == .refused(.headTooLarge))
    #expect(parse(long + "\r\n\r\n") == .refused(.headTooLarge))
  }

  @Test func `an answer to HEAD has the length of the content and not the content`() {
    let response = HTTPResponse(.ok, "text/plain", Array("12345".utf8))
    let text = String(decoding: response.encoded(keepsAlive: false, withContent: false), as: UTF8.self)
    #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n") && text.hasSuffix("\r\n\r\n"))
    #expect(text.contains("\r\nContent-Length: 5\r\n") && text.contains("\r\nConnection: close\r\n"))
    #expect(text.contains("\r\nContent-Security-Policy: default-src 'none'; "))
  }
}
