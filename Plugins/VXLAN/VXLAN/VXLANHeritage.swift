import LinuxIO
import TransportKit

/// What a port leaves to the process after this one: the endpoint's socket, which each of its ports names, the sockets
/// that the port sends from, so that flows keep their source ports, and the interface of its membership.
struct VXLANHeritage {
  private static let version: UInt8 = 1
  private static let receiverKind: UInt32 = 0
  /// Of the first sender; those of the others follow.
  private static let firstSenderKind: UInt32 = 1

  /// nil: another port of the endpoint has left it.
  let receiver: Int32?
  /// All of a pool, or none.
  let senders: [Int32]
  /// The UDP ports of `senders`.
  let ports: [UInt16]
  /// The index of an interface; 0: none.
  let joined: UInt32

  /// Reads what was left, and makes sure that the sockets are such as the configuration asks for.
  /// - Throws: ``Heritage/unreadable``.
  init(_ left: Heritage, _ settings: VXLANSettings) throws(TransportProblem) {
    let lines = try left.lines(version: VXLANHeritage.version)
    let receiver = left.descriptor(kind: VXLANHeritage.receiverKind)
    let senders = (0..<SenderPool.count).compactMap { index in
      left.descriptor(kind: VXLANHeritage.firstSenderKind + UInt32(index))
    }
    guard lines.count == 1, let joined = UInt32(lines[0]), senders.isEmpty || senders.count == SenderPool.count,
      left.kept.count == senders.count + (receiver == nil ? 0 : 1)
    else { throw Heritage.unreadable }
    let bound = senders.compactMap { try? SocketAddress(of: $0) }.filter { $0.address.family == settings.family }
    guard bound.count == senders.count else { throw Heritage.unreadable }
    if let receiver {
      guard let own = try? SocketAddress(of: receiver), own.address.family == settings.family,
        own.port == settings.port
      else { throw Heritage.unreadable }
    }
    self.receiver = receiver
    self.senders = senders
    self.joined = joined
    ports = bound.map(\.port)
  }

  /// The same as the host keeps it.
  static func keeping(receiver: Int32, senders: [Int32], joined: UInt32?) -> Heritage {
    let kept = senders.enumerated().map { Heritage.Kept($0.element, kind: firstSenderKind + UInt32($0.offset)) }
    return Heritage(
      kept: [Heritage.Kept(receiver, kind: receiverKind)] + kept, version: version, lines: ["\(joined ?? 0)"])
  }
}
