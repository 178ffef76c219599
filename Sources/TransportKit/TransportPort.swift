public import CTransport
import Glibc

/// A port: joins a LAN to a transport. Subclass it, override what the transport does, and make it in
/// ``TransportDefinition/Open``. The host's references keep it from open to close.
///
/// A port carries itself: it is its own endpoint, with the methods of ``TransportEndpoint`` to override. When several
/// ports share one, override ``endpoint``.
open class TransportPort: TransportEndpoint {
  /// What the host does for this port.
  public final let host: HostPort
  /// The host's number of this port; received frames carry it.
  public final let number: UInt32
  /// To read the values of a changed configuration.
  final let options: [TransportOption]

  public init(_ configuration: PortConfiguration, host: HostPort) {
    self.host = host
    number = configuration.number
    options = configuration.options
    super.init()
  }

  /// What carries this port. Must be the same at every call, and live until the last of its ports is closed. Control
  /// thread, once, after open.
  open var endpoint: TransportEndpoint { self }

  /// Why ``prepare(_:)`` is called.
  public enum Change {
    /// Live options have new values.
    case configuration(PortConfiguration)
    /// The port is waiting, and its back-off has passed.
    case retry
    /// See ``HostPort/watchInterfaces()``.
    case interfaces
    /// See ``HostPort/follow(_:token:)``.
    case names
  }

  /// Does what takes time for a change, and keeps the result aside. Control thread, while the port forwards.
  /// - Returns: whether ``commit()`` is to follow; it is not called again before that.
  /// - Throws: the change is refused, the old state stays in force.
  open func prepare(_ change: Change) throws(TransportProblem) -> Bool { false }

  /// The answer to ``HostPort/resolve(_:token:)``. Control thread.
  /// - Parameter addresses: what was found, or a negative EAI_* code of `<netdb.h>`.
  open func resolved(token: UInt64, addresses: Result<[umbel_address], ResolutionError>) {}

  /// Says what is to be kept of the port when this process ends without closing it: the next one opens it with that as
  /// ``PortConfiguration/adopted``. Control thread; nothing may change here.
  /// - Parameter isQuiet: the forwarding thread rests during the call, whose data may be read. Otherwise it is at work,
  ///   and what is said must hold whatever it moves until the process is killed.
  /// - Returns: nil: nothing can be kept, or not now.
  open func handOver(isQuiet: Bool) -> Heritage? { nil }

  /// Frees what the port holds. Control thread; nothing is called after it.
  open func close() {}

  /// The port begins. Forwarding thread.
  /// - Returns: 0, or a negative error number.
  open func start() -> Int32 { 0 }

  /// Puts into force what ``prepare(_:)`` made. Forwarding thread.
  open func commit() {}

  /// The port ends; what it holds back is lost. Forwarding thread.
  open func stop() {}

  /// Sends frames in order. They are borrowed during the call. Forwarding thread.
  open func send(_ frames: SendBatch) -> SendOutcome { .taken(frames.count) }

  /// Appends the transport's own counters. Forwarding thread.
  open func statistics(_ counters: inout CounterList) {}

  /// Appends the peers of a trunk. Forwarding thread.
  open func remotes(_ list: inout RemoteList) {}
}

/// What became of a batch of frames.
public enum SendOutcome: Sendable {
  /// So many of the first were sent; the host keeps the rest and offers it again.
  case taken(Int)
  /// None can be sent now.
  case notNow
  /// The first frame cannot be sent, for this positive error number; the host drops it and goes on with the next.
  case rejected(Int32)

  var result: Int32 {
    switch self {
    case .taken(let count): Int32(truncatingIfNeeded: count)
    case .notNow: -EAGAIN
    case .rejected(let code): -code
    }
  }
}

/// Why a host name was not resolved: a negative EAI_* code of `<netdb.h>`.
public struct ResolutionError: Error, Sendable {
  public let code: Int32
}
