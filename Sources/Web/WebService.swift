package import AgentAPI
package import HTTPTypes
package import HummingbirdCore
internal import LinuxIO
internal import OpenMetrics

/// What there is at which path. Knows of the agent what its control socket says, and asks it when somebody wants to
/// know, at most twice a second.
package actor WebService {
  private let rule: AccessRule
  private let state: SharedLook<Snapshot>
  private let stations: SharedLook<[Station]>
  private var document: Response?
  private var current: Snapshot?
  private var before: Snapshot?

  /// A state, and when it was asked for, in nanoseconds of the monotonic clock.
  package struct Snapshot: Sendable {
    let taken: UInt64
    let state: AgentState

    package init(taken: UInt64, state: AgentState) {
      self.taken = taken
      self.state = state
    }
  }

  private static let timeoutSeconds = 3
  /// The first is the request's authority; a second, which another program might believe, is an error (RFC 9112, section
  /// 3.2).
  private static let secondHost = HTTPField.Name("Host")!
  /// What was lost longer ago is nothing that is lost now.
  private static let longestInterval = 10.0

  /// - Parameter socket: the path of the agent's control socket.
  package init(socket: String, rule: AccessRule) {
    self.rule = rule
    state = SharedLook(freshMilliseconds: 500) {
      let taken = monotonicNanoseconds()
      return Self.asking(socket) { client throws(ClientError) in
        Snapshot(taken: taken, state: try AgentState(asking: client))
      }
    }
    stations = SharedLook(freshMilliseconds: 2_000) {
      Self.asking(socket) { client throws(ClientError) in try client.stations(of: nil) }
    }
  }

  /// What is answered to a request.
  package func response(to request: HTTPRequest) async -> Response {
    if request.headerFields[Self.secondHost] != nil { return Response(.badRequest, "Bad Request") }
    let uri = URI(request.path ?? "/")
    let asset = Self.assets[uri.path]
    if let refusal = rule.refusal(of: request, isPublic: asset != nil) { return refusal }
    guard request.method == .get || request.method == .head else {
      var response = Response(.methodNotAllowed, "Nothing can be changed here.")
      response.headers[.allow] = "GET, HEAD"
      return response
    }
    if request.hasContent { return Response(.contentTooLarge, "Content Too Large") }
    if let asset { return Response(.ok, asset.type, asset.content()) }
    switch uri.path {
    case "/api/state": return stateResponse(await state.get())
    case "/api/stations": return Self.stationsResponse(await stations.get(), uri)
    case "/metrics": return Self.metricsResponse(await state.get(), request.headerFields[.accept] ?? "")
    default: return Response(.notFound, "There are /, /metrics, /api/state and /api/stations.")
    }
  }

  /// The document of a state, and what is not as it should be since the one before.
  package func stateResponse(_ found: Result<Snapshot, ClientError>) -> Response {
    switch found {
    case .failure(let error):
      return .json(ProblemDocument(problem: error.sentence), .serviceUnavailable)
    case .success(let snapshot):
      // Who waited for an older one may come here later than who waited for this.
      if let document, let current, snapshot.taken <= current.taken { return document }
      (before, current) = (current, snapshot)
      let seconds = before.map { Double(snapshot.taken - $0.taken) / 1_000_000_000 } ?? 0
      let faults = Fault.all(
        in: snapshot.state, before: seconds <= Self.longestInterval ? before?.state : nil, seconds: seconds)
      let made = Response.json(
        StateDocument(
          snapshot.state, takenMilliseconds: snapshot.taken / 1_000_000, host: hostName(), faults: faults))
      document = made
      return made
    }
  }

  private static func stationsResponse(_ found: Result<[Station], ClientError>, _ uri: URI) -> Response {
    switch found {
    case .failure(let error):
      return .json(ProblemDocument(problem: error.sentence), .serviceUnavailable)
    case .success(let stations):
      let query = uri.queryParameters
      return .json(
        StationsDocument(stations, lan: query["lan"].map(String.init), containing: query["q"].map(String.init) ?? ""))
    }
  }

  private static func metricsResponse(_ found: Result<Snapshot, ClientError>, _ accepted: String) -> Response {
    switch found {
    case .failure(let error): return Response(.serviceUnavailable, error.sentence)
    case .success(let snapshot):
      let format = accepted.contains("application/openmetrics-text") ? MetricsFormat.openmetrics : .prometheus
      let text = MetricsText.text(of: MetricFamily.all(of: snapshot.state), as: format)
      return Response(.ok, format.contentType, Array(text.utf8))
    }
  }

  private static func asking<Value>(
    _ socket: String, _ body: (AgentClient) throws(ClientError) -> Value
  ) -> Result<Value, ClientError> {
    do throws(ClientError) {
      return .success(try body(try AgentClient(path: socket, timeoutSeconds: timeoutSeconds)))
    } catch {
      return .failure(error)
    }
  }

  /// The page and what belongs to it; the same for everybody.
  private static let assets: [String: (type: String, content: @Sendable () -> [UInt8])] = [
    "/": ("text/html; charset=utf-8", { PackageResources.index_html }),
    "/page.css": ("text/css; charset=utf-8", { PackageResources.page_css }),
    "/page.js": ("text/javascript; charset=utf-8", { PackageResources.page_js }),
    "/draw.js": ("text/javascript; charset=utf-8", { PackageResources.draw_js }),
  ]
}
