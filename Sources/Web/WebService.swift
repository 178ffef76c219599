internal import AgentAPI
internal import LinuxIO
internal import OpenMetrics

/// What there is at which path. Knows of the agent what its control socket says, and asks it when somebody wants to
/// know, at most twice a second.
package final class WebService {
  private let rule: AccessRule
  private let state: SharedLook<Snapshot>
  private let stations: SharedLook<[Station]>
  private var document: HTTPResponse?
  private var current: Snapshot?
  private var before: Snapshot?

  /// A state, and when it was asked for, in nanoseconds of the monotonic clock.
  private struct Snapshot: Sendable {
    let taken: UInt64
    let state: AgentState
  }

  private static let timeoutSeconds = 3
  /// What was lost longer ago is nothing that is lost now.
  private static let longestInterval = 10.0

  /// - Parameters:
  ///   - socket: the path of the agent's control socket.
  ///   - bell: rung when `deliver` has something to do.
  package init(socket: String, rule: AccessRule, bell: Bell) {
    self.rule = rule
    state = SharedLook(freshMilliseconds: 500, bell: bell) {
      let taken = monotonicNanoseconds()
      return Self.asking(socket) { client throws(ClientError) in
        Snapshot(taken: taken, state: try AgentState(asking: client))
      }
    }
    stations = SharedLook(freshMilliseconds: 2_000, bell: bell) {
      Self.asking(socket) { client throws(ClientError) in try client.stations(of: nil) }
    }
  }

  /// Answers those who wait for the agent, when it has answered.
  package func deliver() {
    state.deliver()
    stations.deliver()
  }

  /// Answers a request, now or from `deliver`.
  package func handle(_ request: HTTPRequest, _ answer: @escaping HTTPServer.Answer) {
    let asset = Self.assets[request.path]
    if let refusal = rule.refusal(of: request, isPublic: asset != nil) { return answer(refusal) }
    guard request.method == "GET" || request.method == "HEAD" else {
      var response = HTTPResponse(.methodNotAllowed, "Nothing can be changed here.")
      response.fields["Allow"] = "GET, HEAD"
      return answer(response)
    }
    if let asset { return answer(HTTPResponse(.ok, asset.type, asset.content())) }
    switch request.path {
    case "/api/state": state.get { answer(self.stateResponse($0)) }
    case "/api/stations": stations.get { answer(Self.stationsResponse($0, request.query)) }
    case "/metrics": state.get { answer(Self.metricsResponse($0, request.fields["accept"] ?? "")) }
    default: answer(HTTPResponse(.notFound, "There are /, /metrics, /api/state and /api/stations."))
    }
  }

  private func stateResponse(_ found: Result<Snapshot, ClientError>) -> HTTPResponse {
    switch found {
    case .failure(let error):
      return .json(ProblemDocument(problem: error.sentence), .unavailable)
    case .success(let snapshot):
      if let document, current?.taken == snapshot.taken { return document }
      (before, current) = (current, snapshot)
      let seconds = before.map { Double(snapshot.taken - $0.taken) / 1_000_000_000 } ?? 0
      let faults = Fault.all(
        in: snapshot.state, before: seconds <= Self.longestInterval ? before?.state : nil, seconds: seconds)
      let made = HTTPResponse.json(
        StateDocument(
          snapshot.state, takenMilliseconds: snapshot.taken / 1_000_000, host: hostName(), faults: faults))
      document = made
      return made
    }
  }

  private static func stationsResponse(
    _ found: Result<[Station], ClientError>, _ query: [String: String]
  ) -> HTTPResponse {
    switch found {
    case .failure(let error): .json(ProblemDocument(problem: error.sentence), .unavailable)
    case .success(let stations): .json(StationsDocument(stations, lan: query["lan"], containing: query["q"] ?? ""))
    }
  }

  private static func metricsResponse(_ found: Result<Snapshot, ClientError>, _ accepted: String) -> HTTPResponse {
    switch found {
    case .failure(let error): return HTTPResponse(.unavailable, error.sentence)
    case .success(let snapshot):
      let format = accepted.contains("application/openmetrics-text") ? MetricsFormat.openmetrics : .prometheus
      let text = MetricsText.text(of: MetricFamily.all(of: snapshot.state), as: format)
      return HTTPResponse(.ok, format.contentType, Array(text.utf8))
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
