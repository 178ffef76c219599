// The host table: what a plugin may call. Each function checks the handle and hands on to the hooks, which the agent
// installs once, before it loads the first transport.

package import CTransport
import Glibc

/// What the agent does when a plugin calls. Any of these may come from a forwarding thread; see `umbel_transport.h`.
/// The numbers are of ports that exist; calls with handles of others never arrive here.
@safe
package struct HostHooks: Sendable {
  package typealias Number = UInt32

  /// `text` is valid during the call.
  package var log: @Sendable (_ port: Number, _ priority: UInt32, _ text: UnsafePointer<CChar>) -> Void
  /// The state is valid during the call; fields beyond its size are zero.
  package var stateChanged: @Sendable (_ port: Number, _ state: umbel_state) -> Void
  package var descriptorsChanged: @Sendable (_ port: Number) -> Void
  package var remoteGone: @Sendable (_ port: Number, _ remote: umbel_remote) -> Void
  package var watchInterfaces: @Sendable (_ port: Number) -> Void
  /// Returns 0 or `-errno`.
  package var resolve: @Sendable (_ port: Number, _ name: String, _ token: UInt64) -> Int32
  /// Fields of the client beyond its size are zero; what its pointers lead to is valid during the call. Returns 0 or
  /// `-errno`.
  package var clientArrived: @Sendable (_ port: Number, _ client: umbel_client) -> Int32
  /// At most `UMBEL_MOST_FLOWS`, all of them well formed.
  package var underlayChanged: @Sendable (_ port: Number, _ flows: [UnderlayFlow]) -> Void
  /// Returns 0 or `-errno`.
  package var followName: @Sendable (_ port: Number, _ name: String, _ token: UInt64) -> Int32
  /// Fields of the condition beyond its size are zero, its text is there; it is valid during the call.
  package var condition: @Sendable (_ port: Number, _ condition: umbel_condition) -> Void

  package init(
    log: @escaping @Sendable (Number, UInt32, UnsafePointer<CChar>) -> Void,
    stateChanged: @escaping @Sendable (Number, umbel_state) -> Void,
    descriptorsChanged: @escaping @Sendable (Number) -> Void,
    remoteGone: @escaping @Sendable (Number, umbel_remote) -> Void,
    watchInterfaces: @escaping @Sendable (Number) -> Void,
    resolve: @escaping @Sendable (Number, String, UInt64) -> Int32,
    clientArrived: @escaping @Sendable (Number, umbel_client) -> Int32 = { _, _ in -ENOSYS },
    underlayChanged: @escaping @Sendable (Number, [UnderlayFlow]) -> Void = { _, _ in },
    followName: @escaping @Sendable (Number, String, UInt64) -> Int32 = { _, _, _ in -ENOSYS },
    condition: @escaping @Sendable (Number, umbel_condition) -> Void = { _, _ in }
  ) {
    unsafe self.log = log
    unsafe self.stateChanged = stateChanged
    self.descriptorsChanged = descriptorsChanged
    self.remoteGone = remoteGone
    self.watchInterfaces = watchInterfaces
    self.resolve = resolve
    unsafe self.clientArrived = clientArrived
    self.underlayChanged = underlayChanged
    self.followName = followName
    unsafe self.condition = condition
  }
}
