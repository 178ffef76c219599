import Glibc

/// Counts frames that the kernel would not send, by the error's name.
public struct SendErrorCounters: Sendable {
  private var tooLong: UInt64 = 0
  private var networkUnreachable: UInt64 = 0
  private var hostUnreachable: UInt64 = 0
  private var networkDown: UInt64 = 0
  private var notPermitted: UInt64 = 0
  private var refused: UInt64 = 0
  private var reset: UInt64 = 0
  private var brokenPipe: UInt64 = 0
  private var other: UInt64 = 0

  public init() {}

  /// Counts one frame.
  /// - Parameter code: a positive error number.
  public mutating func record(_ code: Int32) {
    switch code {
    case EMSGSIZE: tooLong &+= 1
    case ENETUNREACH: networkUnreachable &+= 1
    case EHOSTUNREACH: hostUnreachable &+= 1
    case ENETDOWN: networkDown &+= 1
    case EPERM: notPermitted &+= 1
    case ECONNREFUSED: refused &+= 1
    case ECONNRESET: reset &+= 1
    case EPIPE: brokenPipe &+= 1
    default: other &+= 1
    }
  }

  /// Appends `send-emsgsize` and so on.
  public func report(to counters: inout CounterList) {
    counters.append("send-emsgsize", tooLong)
    counters.append("send-enetunreach", networkUnreachable)
    counters.append("send-ehostunreach", hostUnreachable)
    counters.append("send-enetdown", networkDown)
    counters.append("send-eperm", notPermitted)
    counters.append("send-econnrefused", refused)
    counters.append("send-econnreset", reset)
    counters.append("send-epipe", brokenPipe)
    counters.append("send-other", other)
  }
}
