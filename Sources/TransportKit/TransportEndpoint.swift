/// What owns descriptors and receives frames. Most transports have none of their own: a ``TransportPort`` is the
/// endpoint that carries itself. A subclass is for endpoints that carry many ports.
///
/// All methods are called on one forwarding thread, never at the same time. They do not allocate, wait, or log for each
/// frame.
open class TransportEndpoint {
  public init() {}

  /// Says which descriptors the host polls.
  open func descriptors(_ list: inout DescriptorList) {}

  /// Appends frames that have come in by the descriptor of `token`, as many as `batch` has room for. Runts, oversize and
  /// empty messages are left out and counted. Frames and their bytes must stay until the next call.
  open func receive(token: UInt64, into batch: inout ReceiveBatch) {}

  /// A housekeeping descriptor is ready, or any descriptor has hung up.
  /// - Parameter events: bits of `<sys/epoll.h>`.
  open func ready(token: UInt64, events: UInt32) {}

  /// When `tick` is wanted next: nanoseconds of CLOCK_MONOTONIC, `UInt64.max`: never.
  open var deadline: UInt64 { .max }

  /// The deadline has passed.
  open func tick(now: UInt64) {}
}
