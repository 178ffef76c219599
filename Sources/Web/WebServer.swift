internal import HTTPTypes
internal import HummingbirdCore
package import LinuxIO
internal import Logging
internal import NIOCore
internal import NIOPosix

/// Answers at some addresses: HTTP/1.1 is Hummingbird's, on one thread, within limits: `ConnectionLimit`, and a head of
/// 8 KiB.
package struct WebServer: Sendable {
  private let service: WebService

  private static let longestHead = 8_192

  package init(_ service: WebService) { self.service = service }

  /// Runs until no more is accepted at one of the places, which is when accept(2) fails for good.
  /// - Parameter isListening: called for each place, once it listens there; a port 0 has become one.
  /// - Throws: `ListenError` for a place that cannot be listened at.
  package func run(
    at places: [LinuxIO.SocketAddress], isListening: @escaping @Sendable (LinuxIO.SocketAddress) -> Void
  ) async throws {
    let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let open = NIOLoopBoundBox.makeBoxSendingValue(OpenConnections(), eventLoop: loop.next())
    try await withThrowingTaskGroup(of: Void.self) { group in
      for place in places {
        group.addTask { try await run(at: place, on: loop, open, isListening) }
      }
      try await group.next()
      group.cancelAll()
    }
  }

  private func run(
    at place: LinuxIO.SocketAddress, on loop: MultiThreadedEventLoopGroup, _ open: NIOLoopBoundBox<OpenConnections>,
    _ isListening: @escaping @Sendable (LinuxIO.SocketAddress) -> Void
  ) async throws {
    let channel = HTTP1Channel(
      responder: { request, writer, _ in try await answer(request, writer) },
      configuration: HTTP1Channel.Configuration(
        additionalChannelHandlers: [ConnectionLimit(open)],
        httpDecoderConfiguration: .init(maxHeaderFieldSize: Self.longestHead, maxHeaderListSize: Self.longestHead)))
    let server = Server(
      childChannelSetup: channel,
      configuration: ServerConfiguration(
        address: .hostname("\(place.address)", port: Int(place.port)), backlog: 64),
      onServerRunning: { listener in
        let port = listener.localAddress?.port.flatMap(UInt16.init(exactly:))
        isListening(LinuxIO.SocketAddress(place.address, port: port ?? place.port))
      },
      eventLoopGroup: loop, logger: Logger(label: "umbel-web") { _ in SwiftLogNoOpLogHandler() })
    do {
      try await server.run()
    } catch let error as IOError {
      throw ListenError(place: place, error: Errno(error.errnoCode))
    }
  }

  private func answer(_ request: Request, _ writer: consuming ResponseWriter) async throws {
    var response = await service.response(to: request.head)
    // Who sends content may never stop.
    if request.head.hasContent || request.headers[.connection] == "close" {
      response.headers[.connection] = "close"
    }
    if request.method == .head {
      try await writer.writeResponse(response.head)
    } else {
      try await writer.write(response: response.head, body: response.body)
    }
  }
}

/// Why an address cannot be listened at.
package struct ListenError: Error {
  package let place: LinuxIO.SocketAddress
  package let error: Errno
}

extension HTTPRequest {
  /// Whether content follows the head (RFC 9112, section 6.3).
  var hasContent: Bool { headerFields[.transferEncoding] != nil || (headerFields[.contentLength] ?? "0") != "0" }
}
