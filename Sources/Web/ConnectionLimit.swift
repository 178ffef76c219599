// Limits that Hummingbird leaves to its user. It stops accepting when there are too many connections, so that a few silent
// ones would keep all others out until they are idle for too long; here the one goes that has been idle for the longest
// time. It waits without end for a peer that does not take its answer, and takes in many requests of such a peer.

internal import HTTPTypes
internal import LinuxIO
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes

/// The connections that are open, on the thread of their event loop.
struct OpenConnections {
  private struct Entry {
    let channel: any Channel
    /// When it was accepted, or its last request or answer ended.
    var since: NIODeadline
    var isIdle: Bool
  }

  private var entries: [ObjectIdentifier: Entry] = [:]

  /// The most connections; fewer where the process may have few descriptors, some of which are for the server itself, for
  /// asking the agent, and for connections that are accepted in one go.
  private static let most = max(1, min(64, (DescriptorLimit.most ?? 1_024) - 24))

  /// Notes a connection as it is now.
  mutating func note(_ channel: any Channel, isIdle: Bool) {
    entries[ObjectIdentifier(channel)] = Entry(channel: channel, since: .now(), isIdle: isIdle)
  }

  mutating func remove(_ channel: any Channel) { entries[ObjectIdentifier(channel)] = nil }

  /// Takes out the connection that is to go before one more is noted: that which has been idle for the longest time, or,
  /// if none is, that has been answered for the longest time.
  /// - Returns: nil: there is room.
  mutating func takeOneTooMany() -> (any Channel)? {
    if entries.count < Self.most { return nil }
    let idle = entries.filter(\.value.isIdle)
    guard let first = (idle.isEmpty ? entries : idle).min(by: { $0.value.since < $1.value.since }) else { return nil }
    entries[first.key] = nil
    return first.value.channel
  }
}

/// One connection's part in the limits.
final class ConnectionLimit: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let open: NIOLoopBoundBox<OpenConnections>
  private var unanswered = 0
  private var deadline: Scheduled<Void>?
  /// Whether an answer has said that the connection ends with it.
  private var isLast = false

  /// For the agent to be asked, and for the peer to take the answer.
  private static let answerTime = TimeAmount.seconds(20)
  /// For a head to come, and between two requests. Hummingbird's own would count from when an answer is written, not from
  /// when it is taken.
  private static let idleTime = TimeAmount.seconds(10)
  /// What is read at once.
  private static let readBytes = 2_048

  init(_ open: NIOLoopBoundBox<OpenConnections>) { self.open = open }

  func handlerAdded(context: ChannelHandlerContext) {
    // Each part of a request becomes many times the memory of its bytes, and waits there while the peer takes no answers.
    // Channels of sockets have these options.
    try? context.channel.syncOptions?.setOption(.maxMessagesPerRead, value: 1)
    try? context.channel.syncOptions?.setOption(
      .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.readBytes))
    let pipeline = context.pipeline.syncOperations
    if let decoder = try? pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self) {
      try? pipeline.addHandler(LastRequest(), position: .after(decoder))
    }
    open.value.takeOneTooMany()?.close(promise: nil)
    note(context, isIdle: true)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    deadline?.cancel()
    open.value.remove(context.channel)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .head = unwrapInboundIn(data) {
      unanswered += 1
      note(context, isIdle: false)
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head(let head): isLast = isLast || head.headerFields[.connection] == "close"
    case .body: break
    case .end:
      let written = promise ?? context.eventLoop.makePromise()
      // When this is taken, the head of a later answer may have been written.
      let closes = isLast
      written.futureResult.assumeIsolated().whenComplete { _ in self.end(context, closes) }
      return context.write(data, promise: written)
    }
    context.write(data, promise: promise)
  }

  /// Notes what the connection does from now on, and for how long it may.
  private func note(_ context: ChannelHandlerContext, isIdle: Bool) {
    open.value.note(context.channel, isIdle: isIdle)
    deadline?.cancel()
    let time = isIdle ? Self.idleTime : Self.answerTime
    deadline = context.eventLoop.assumeIsolated().scheduleTask(in: time) { context.close(promise: nil) }
  }

  /// The peer has taken an answer.
  private func end(_ context: ChannelHandlerContext, _ closes: Bool) {
    guard context.channel.isActive else { return }
    if closes { return context.close(promise: nil) }
    unanswered -= 1
    note(context, isIdle: unanswered == 0)
  }
}

/// Says `Connection: close` for those who do not, but whose connection ends with this request. Sits where the version of
/// HTTP is still known.
private final class LastRequest: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
    let isOther = head.method == .CONNECT || head.headers.contains(name: "Upgrade")
    if isOther {
      // What follows is no HTTP to the decoder, which keeps it without limit.
      try? context.channel.syncOptions?.setOption(.autoRead, value: false)
    }
    if isOther || !head.isKeepAlive { head.headers.replaceOrAdd(name: "Connection", value: "close") }
    context.fireChannelRead(wrapInboundOut(.head(head)))
  }
}
