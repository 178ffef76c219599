import LinuxIO
import TransportKit

/// What a port leaves to the process after this one: its sockets, with what is queued in them and their membership, and
/// the interface that they use.
struct MulticastHeritage {
  private static let version: UInt8 = 1
  private static let receiverKind: UInt32 = 1
  private static let senderKind: UInt32 = 2

  let receiver: Int32
  let sender: Int32
  /// Where the sender sends from.
  let source: SocketAddress
  /// Its index.
  let interface: UInt32

  /// Reads what was left, and makes sure that the sockets are those of the configured group.
  /// - Throws: ``Heritage/unreadable``.
  init(_ left: Heritage, _ settings: MulticastSettings) throws(TransportProblem) {
    let lines = try left.lines(version: MulticastHeritage.version)
    guard lines.count == 1, let interface = UInt32(lines[0]), left.kept.count == 2,
      let receiver = left.descriptor(kind: MulticastHeritage.receiverKind),
      let sender = left.descriptor(kind: MulticastHeritage.senderKind),
      let bound = try? SocketAddress(of: receiver), bound.address == settings.group, bound.port == settings.port,
      let source = try? SocketAddress(of: sender), source.address.family == settings.group.family
    else { throw Heritage.unreadable }
    self.receiver = receiver
    self.sender = sender
    self.source = source
    self.interface = interface
  }

  /// The same as the host keeps it.
  static func keeping(receiver: Int32, sender: Int32, interface: UInt32) -> Heritage {
    Heritage(
      kept: [Heritage.Kept(receiver, kind: receiverKind), Heritage.Kept(sender, kind: senderKind)],
      version: version, lines: ["\(interface)"])
  }
}
