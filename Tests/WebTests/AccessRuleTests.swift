import HTTPTypes
import HummingbirdCore
import LinuxIO
import Testing
import Web

@Suite("Who may see the page")
struct AccessRuleTests {
  private static let token = "0123456789abcdef"

  private func rule(_ place: String, token: String? = nil) throws -> AccessRule {
    try AccessRule(places: [try #require(SocketAddress(place))], tokenFile: token)
  }

  private func request(host: String, authorization: String? = nil) -> HTTPRequest {
    var request = HTTPRequest(method: .get, scheme: nil, authority: host, path: "/metrics")
    request.headerFields[.authorization] = authorization
    return request
  }

  @Test(arguments: ["127.0.0.1:80", "127.8.0.1:80", "[::1]:80"])
  func `loopback needs no token`(_ place: String) throws {
    #expect(try rule(place).refusal(of: request(host: "localhost"), isPublic: false) == nil)
  }

  @Test(arguments: ["0.0.0.0:80", "[::]:80", "192.0.2.1:80", "[::ffff:127.0.0.1]:80"])
  func `anything else does, and how to make one is said`(_ place: String) throws {
    let refusal = try #require(throws: AccessRule.Refusal.self) { try rule(place) }
    #expect(refusal.sentence.contains("--token-file umbel-web.token"))
    #expect(try rule(place, token: Self.token).refusal(of: request(host: "web.example"), isPublic: true) == nil)
  }

  @Test(arguments: ["", "short", "with a space in it, and long enough", "\n0123456789abcdef"])
  func `a token that is too easy or cannot be sent is refused`(_ token: String) {
    #expect(throws: AccessRule.Refusal.self) { try rule("0.0.0.0:80", token: token) }
  }

  @Test(arguments: [
    "localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:8080", "127.0.0.2:8080", "127.8.9.255", "[::1]", "[::1]:9",
  ])
  func `a name of loopback is answered`(_ host: String) throws {
    #expect(try rule("127.0.0.1:80").refusal(of: request(host: host), isPublic: false) == nil)
  }

  @Test(arguments: [
    "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.evil.example", "localhost:80.evil", "::1",
    "::1:80", "127.0.0.300", "128.0.0.1",
  ])
  func `a name that leads here is not, not even for the page`(_ host: String) throws {
    #expect(try rule("127.0.0.1:80").refusal(of: request(host: host), isPublic: true)?.status == .forbidden)
  }

  @Test(arguments: [nil, "", "Bearer", "Bearer 0123456789abcdeX", "Bearer 0123456789abcdef0", "Basic 0123456789abcdef"])
  func `without the right token nothing of the agent is told`(_ authorization: String?) throws {
    let rule = try rule("0.0.0.0:80", token: Self.token + "\n")
    let response = rule.refusal(of: request(host: "a", authorization: authorization), isPublic: false)
    #expect(response?.status == .unauthorized && response?.headers[.wwwAuthenticate] == "Bearer")
    #expect(rule.refusal(of: request(host: "a", authorization: authorization), isPublic: true) == nil)
  }

  @Test func `with it everything is`() throws {
    let rule = try rule("0.0.0.0:80", token: Self.token + "\n")
    #expect(rule.refusal(of: request(host: "a", authorization: "Bearer \(Self.token)"), isPublic: false) == nil)
  }
}
