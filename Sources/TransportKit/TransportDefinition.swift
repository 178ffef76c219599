// TransportKit: what a transport written in Swift imports.
//
// Theory of operation
//   The agent loads a transport as a shared object and exchanges C tables with it; `umbel_transport.h` is the contract,
//   and says which thread calls what. This module is the transport's side of it. An author writes
//     - a subclass of TransportPort (and of TransportEndpoint, when one endpoint carries many ports),
//     - one TransportDefinition: name, options, doors, roles, and a closure that makes a port,
//     - one exported function that returns the definition's table.
//   TransportDefinition builds the C table once, for ever. Its functions are top-level trampolines: those of a port or
//   an endpoint find their object in the pointer that the host hands back; check, accept, abandon and open have no such
//   pointer in C, so there is a set of them for each definition of the image (`TransportRegistry`).
//   A port is retained from open to close. Everything the host passes by pointer is either copied (options, on the
//   control thread) or viewed through a batch type at the host's stride (frames, on a forwarding thread); no view may be
//   kept. Nothing of this module allocates in receive or send.

public import CTransport

/// What a transport is: everything the agent learns of it when it loads it.
///
/// A transport that echoes what it is sent, whole:
///
///     import CTransport
///     import TransportKit
///
///     final class EchoPort: TransportPort {
///       private let buffers = ReceiveBuffers(slots: 16, headBytes: 9_216, tailBytes: 0)
///       private let socket: Int32
///
///       override init(_ configuration: PortConfiguration, host: HostPort) {
///         socket = makeSocket(Int(configuration.integer("port") ?? 7))
///         super.init(configuration, host: host)
///         host.report(.up())
///       }
///       override func descriptors(_ list: inout DescriptorList) { list.append(socket) }
///       override func receive(token: UInt64, into batch: inout ReceiveBatch) {
///         batch.fill(from: buffers, port: number) { buffer in
///           let length = recv(socket, buffer.baseAddress, buffer.count, 0)
///           return length < 0 ? nil : length
///         }
///       }
///       override func send(_ frames: SendBatch) -> SendOutcome {
///         for index in 0..<frames.count {
///           let bytes = frames[index].bytes
///           if Glibc.send(socket, bytes.baseAddress, bytes.count, 0) < 0 { return .taken(index) }
///         }
///         return .taken(frames.count)
///       }
///       override func close() { _ = Glibc.close(socket) }
///     }
///
///     let echo = TransportDefinition(
///       name: "echo", summary: "sends every frame back",
///       options: [.integer("port", in: 1...65_535, default: 7, help: "UDP port, 1-65535")],
///       roles: .guest, defaultRole: .guest
///     ) { configuration, host throws(TransportProblem) in EchoPort(configuration, host: host) }
///
///     @c @implementation
///     public func umbel_transport_entry(_ host: UnsafePointer<umbel_host>!) -> UnsafePointer<umbel_transport>! {
///       echo.table(for: host)
///     }
public struct TransportDefinition: Sendable {
  /// Checks what one option alone cannot show. Control thread; touches nothing.
  public typealias Check = @Sendable (PortConfiguration) throws(TransportProblem) -> Void

  /// Goes on with the handshake of a door's client: true when it is complete, false when more is needed; an error
  /// refuses the client. Control thread, called again whenever the client's descriptor is readable.
  public typealias Accept = @Sendable (inout TransportClient) throws(TransportProblem) -> Bool

  /// Learns that a client is refused, or gone before open: its state is let go of after this. Control thread.
  public typealias Abandon = @Sendable (TransportClient) -> Void

  /// Makes a port. Control thread. On success a client's descriptor belongs to the port, on failure it stays the host's.
  public typealias Open = @Sendable (PortConfiguration, HostPort) throws(TransportProblem) -> TransportPort

  /// The NAME of `libumbel-NAME.so`.
  public let name: String
  /// One line.
  public let summary: String
  /// What a configuration may say; the order is the order in the C table.
  public let options: [TransportOption]
  /// The listening sockets that the host makes for this transport.
  public let doors: [TransportDoor]
  /// What a port may be.
  public let roles: TransportRoles
  /// What a port is whose configuration does not say.
  public let defaultRole: TransportRole
  let check: Check?
  let accept: Accept?
  let abandon: Abandon?
  let open: Open

  /// - Parameters:
  ///   - check: nil: options are checked one by one only.
  ///   - accept: nil: a door's client is complete at once.
  ///   - abandon: nil: letting go of the client's state is enough.
  public init(
    name: String, summary: String, options: [TransportOption] = [], doors: [TransportDoor] = [],
    roles: TransportRoles, defaultRole: TransportRole, check: Check? = nil, accept: Accept? = nil,
    abandon: Abandon? = nil, open: @escaping Open
  ) {
    self.name = name
    self.summary = summary
    self.options = options
    self.doors = doors
    self.roles = roles
    self.defaultRole = defaultRole
    self.check = check
    self.accept = accept
    self.abandon = abandon
    self.open = open
  }

  /// The C table of this transport, for the exported function to return. It lives for ever; call once.
  /// - Parameter host: the host's table.
  /// - Returns: nil when the host's ABI level is another.
  public func table(for host: UnsafePointer<umbel_host>?) -> UnsafePointer<umbel_transport>? {
    guard let host = unsafe host, unsafe host.pointee.abi_level == UMBEL_ABI_LEVEL else { return nil }
    return unsafe TransportRegistry.add(self, host: HostTable(copying: host)).flatMap { unsafe makeTable($0) }
  }
}

/// What a port can be for its LAN.
public enum TransportRole: UInt32, Sendable {
  /// Stations of this host are behind it.
  case guest = 1
  /// Other hosts are behind it.
  case trunk = 2
}

/// The roles that a transport can carry out.
public struct TransportRoles: OptionSet, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let guest = TransportRoles(rawValue: UMBEL_ROLES_GUEST)
  public static let trunk = TransportRoles(rawValue: UMBEL_ROLES_TRUNK)
}

/// A way in that the host keeps for a transport: a Unix socket in the LAN's runtime directory, or where the configuration
/// says.
public struct TransportDoor: Sendable {
  /// What its clients speak.
  public enum Kind: Sendable {
    /// Connections that are byte streams; SOCK_STREAM.
    case stream
    /// Connections that keep messages apart; SOCK_SEQPACKET.
    case sequencedPackets
    /// All clients send datagrams to the one socket; SOCK_DGRAM. See `umbel_door` of `umbel_transport.h`.
    case datagrams
  }

  /// What else there is to a door.
  public struct Traits: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Clients make sockets beside the door's own: its directory, which `path` names, is for it alone.
    public static let directory = Traits(rawValue: UMBEL_DOOR_DIRECTORY)
    /// It may listen at a TCP address as well, if the configuration names one. Of ``Kind/stream`` only.
    public static let internet = Traits(rawValue: UMBEL_DOOR_INTERNET)
  }

  /// As in a LAN's `doors:`.
  public let name: String
  /// Relative to the LAN's runtime directory.
  public let path: String
  /// One line.
  public let help: String
  public let kind: Kind
  public let traits: Traits

  public init(name: String, path: String, kind: Kind, traits: Traits = [], help: String) {
    self.name = name
    self.path = path
    self.kind = kind
    self.traits = traits
    self.help = help
  }
}
