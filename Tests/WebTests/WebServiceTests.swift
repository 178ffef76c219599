import AgentAPI
import HTTPTypes
import HummingbirdCore
import LinuxIO
import Testing
import Web

@Suite("What there is at which path")
struct WebServiceTests {
  private func response(
    _ path: String, _ method: HTTPRequest.Method = .get, host: String? = "localhost", _ fields: HTTPFields = [:]
  ) async throws -> Response {
    let rule = try AccessRule(places: [try #require(SocketAddress("127.0.0.1:80"))], tokenFile: nil)
    let service = WebService(socket: "/nowhere/umbel.sock", rule: rule)
    return await service.response(
      to: HTTPRequest(method: method, scheme: nil, authority: host, path: path, headerFields: fields))
  }

  @Test(arguments: [("/", "text/html"), ("/page.css", "text/css"), ("/page.js?v=1", "text/javascript")])
  func `the page and what belongs to it`(_ path: String, _ type: String) async throws {
    let response = try await response(path)
    #expect(response.status == .ok && response.headers[.contentType] == "\(type); charset=utf-8")
    #expect(response.headers[.contentLength] != "0")
  }

  @Test(arguments: ["/", "/api/state", "/nothing"])
  func `every answer says that a browser may load nothing from elsewhere`(_ path: String) async throws {
    let response = try await response(path)
    #expect(response.headers[.contentSecurityPolicy]?.hasPrefix("default-src 'none'; ") == true)
    #expect(response.headers[.xContentTypeOptions] == "nosniff" && response.headers[.cacheControl] == "no-store")
  }

  @Test(arguments: ["/metrics", "/api/state", "/api/stations?q=02%3A00&lan=lab"])
  func `without an agent what is asked of it is unavailable`(_ path: String) async throws {
    #expect(try await response(path).status == .serviceUnavailable)
  }

  @Test(arguments: ["/nothing", "/page", "//", "/metrics/"])
  func `there is nothing else`(_ path: String) async throws {
    #expect(try await response(path).status == .notFound)
  }

  @Test(arguments: [HTTPRequest.Method.post, .put, .delete, .options, .connect])
  func `nothing can be changed`(_ method: HTTPRequest.Method) async throws {
    let response = try await response("/", method)
    #expect(response.status == .methodNotAllowed && response.headers[.allow] == "GET, HEAD")
  }

  @Test(arguments: [[.contentLength: "9"], [.transferEncoding: "chunked"]] as [HTTPFields])
  func `content is not taken`(_ fields: HTTPFields) async throws {
    #expect(try await response("/", .get, fields).status == .contentTooLarge)
  }

  @Test func `a second host is refused`() async throws {
    let host = try #require(HTTPField.Name("Host"))
    #expect(try await response("/", .get, [host: "localhost"]).status == .badRequest)
  }

  @Test func `a request of HTTP 1.0 needs no host`() async throws {
    #expect(try await response("/", host: nil).status == .ok)
  }

  @Test func `a state that comes later than the one after it is passed over`() async throws {
    let rule = try AccessRule(places: [try #require(SocketAddress("127.0.0.1:80"))], tokenFile: nil)
    let service = WebService(socket: "/nowhere/umbel.sock", rule: rule)
    func length(_ seconds: UInt64, _ version: String) async -> String? {
      let state = AgentState(
        status: Status.Reply(
          version: version, processId: 1, uptimeSeconds: 1, runtimeDirectory: "/run/umbel", text: "", lans: [],
          forwardingThreads: []),
        ports: [], peers: [], guests: ListGuests.Reply(guests: [], groups: []),
        transports: ListTransports.Reply(transports: [], refused: []))
      let answer = await service.stateResponse(.success(.init(taken: seconds * 1_000_000_000, state: state)))
      return answer.headers[.contentLength]
    }
    let newer = await length(2, "a version with a long name")
    #expect(await length(1, "0") == newer)
  }
}
