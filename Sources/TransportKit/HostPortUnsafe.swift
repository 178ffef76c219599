public import CTransport
import Glibc

/// What the host does for one port. May be used after the port is gone; is then ignored.
///
/// A service that this host does not have does nothing.
@safe
public struct HostPort {
  private let table: HostTable
  private let handle: OpaquePointer?

  init(_ handle: OpaquePointer?, table: HostTable) {
    self.table = table
    unsafe self.handle = handle
  }

  /// How much a message matters: `<syslog.h>`.
  public enum Priority: UInt32, Sendable {
    case error = 3
    case warning, notice, info, debug
  }

  /// Says something to the administrator; text over 240 bytes is cut. Any thread of the host, but never for each frame.
  public func log(_ priority: Priority, _ text: String) {
    guard let log = unsafe table.host.pointee.log else { return }
    unsafe text.withCString { unsafe log(handle, priority.rawValue, $0) }
  }

  /// What an administrator can look up and search for: `UMBEL_CONDITION_*`.
  public enum Condition: UInt32, Sendable {
    /// Somebody who should not sends to the port.
    case foreignSender = 1
    /// The kernel grants a socket less buffer than was asked for.
    case bufferShortfall
    /// Something is to be set up on this host by a command, which the text names.
    case setupNeeded
  }

  /// Warns of something that the host knows by its kind; a host that knows none gets it as ``log(_:_:)``. Any thread of
  /// the host, but never for each frame: once.
  /// - Parameters:
  ///   - text: one sentence with the remedy; over 240 bytes it is cut.
  ///   - peer: the address of who is behind it, at most 63 bytes; nil: nobody.
  public func warn(of condition: Condition, _ text: String, peer: String? = nil) {
    guard let report = unsafe table.host.pointee.condition else { return log(.warning, text) }
    unsafe text.withCString { text in
      unsafe (peer ?? "").withCString { address in
        var record = unsafe umbel_condition(
          size: UInt32(MemoryLayout<umbel_condition>.size), kind: condition.rawValue, priority: UMBEL_LOG_WARNING,
          error: 0, text: text, peer: peer == nil ? nil : address)
        unsafe report(handle, &record)
      }
    }
  }

  /// Reports the port's state; the latest wins. Control or forwarding thread.
  public func report(_ state: PortState) {
    guard let changed = unsafe table.host.pointee.state_changed else { return }
    unsafe state.text.withCString { text in
      var report = unsafe umbel_state(
        size: UInt32(MemoryLayout<umbel_state>.size), state: state.phase.rawValue, error: state.error,
        largest_frame: state.largestFrame, most_pieces: state.mostPieces, offloads: state.offloads.rawValue,
        text: state.text.isEmpty ? nil : text, whole_frame: state.wholeFrame,
        traits: state.keepsWhole ? UMBEL_TRAIT_WHOLE : 0)
      unsafe changed(handle, &report)
    }
  }

  /// Makes the host ask for the descriptors again before it next polls. Control or forwarding thread.
  public func descriptorsChanged() {
    unsafe table.host.pointee.descriptors_changed?(handle)
  }

  /// Makes the host forget the stations behind a remote. Forwarding thread.
  public func remoteGone(_ remote: umbel_remote) {
    unsafe table.host.pointee.remote_gone?(handle, remote)
  }

  /// Announces a sender of a datagram door that has no port yet: ``TransportDefinition/Open`` or
  /// ``TransportDefinition/Abandon`` follows on the control thread, with `state`. Forwarding thread, within `receive` of
  /// the door's endpoint; this is the door's own port. Allocates nothing.
  /// - Parameters:
  ///   - door: the index of the door.
  ///   - user: of the sender, by SCM_CREDENTIALS; so are `group` and `process`, 0 where it is not known.
  /// - Returns: false: too many at once, or this host knows no datagram doors.
  public func clientArrived(
    door: Int, user: UInt32, group: UInt32, process: Int32, state: AnyObject
  ) -> Bool {
    guard let arrived = unsafe table.host.pointee.client_arrived else { return false }
    let kept = unsafe Unmanaged.passRetained(state)
    var client = unsafe umbel_client()
    unsafe client.size = UInt32(MemoryLayout<umbel_client>.size)
    unsafe client.door = UInt32(truncatingIfNeeded: door)
    unsafe client.descriptor = -1
    unsafe client.socket_type = SOCK_DGRAM.rawValue
    unsafe client.user = user
    unsafe client.group = group
    unsafe client.process = process
    unsafe client.state = kept.toOpaque()
    if unsafe arrived(handle, &client) >= 0 { return true }
    unsafe kept.release()
    return false
  }

  /// From now on ``TransportPort/prepare(_:)`` is called whenever an interface, an address or a route changes. Control
  /// thread.
  public func watchInterfaces() {
    unsafe table.host.pointee.watch_interfaces?(handle)
  }

  /// Says which datagrams on the underlay are this trunk's own, whichever host sent them; replaces what was said before.
  /// When a bridge leads one into a LAN as a guest's frame, the host drops it. Control thread.
  /// - Parameter flows: at most `UMBEL_MOST_FLOWS`.
  public func reportUnderlay(_ flows: [UnderlayFlow]) {
    guard let changed = unsafe table.host.pointee.underlay_changed else { return }
    unsafe flows.map(\.flow).withUnsafeBufferPointer { buffer in
      unsafe changed(handle, buffer.baseAddress, UInt32(MemoryLayout<umbel_flow>.stride), UInt32(buffer.count))
    }
  }

  /// Resolves a host name; ``TransportPort/resolved(token:addresses:)`` gets the answer. Control thread.
  /// - Throws: `EAGAIN`, too many at once; `ENOSYS`, this host resolves none.
  public func resolve(_ name: String, token: UInt64) throws(TransportProblem) {
    guard let resolve = unsafe table.host.pointee.resolve else {
      throw TransportProblem("this agent resolves no host names: write an address", code: ENOSYS)
    }
    let result = unsafe name.withCString { unsafe resolve(handle, $0, token) }
    if result < 0 { throw TransportProblem("cannot look up \(name) now", code: -result) }
  }

  /// Resolves a host name now and again every minute until the port ends: ``TransportPort/resolved(token:addresses:)``
  /// gets the first answer and each that differs, ``TransportPort/prepare(_:)`` follows with
  /// ``TransportPort/Change/names``. Control thread.
  /// - Throws: `ENOSPC`, too many names; `ENOSYS`, this host follows none.
  public func follow(_ name: String, token: UInt64) throws(TransportProblem) {
    guard let follow = unsafe table.host.pointee.follow_name else {
      throw TransportProblem("this agent follows no host names: write an address", code: ENOSYS)
    }
    let result = unsafe name.withCString { unsafe follow(handle, $0, token) }
    if result < 0 { throw TransportProblem("cannot look up \(name)", code: -result) }
  }
}

/// The host's table, as far as both sides know it: fields that the host does not have are NULL.
///
/// Sendable, although it is a pointer: written once, before it is shared, and never freed.
@safe
struct HostTable: @unchecked Sendable {
  let host: UnsafePointer<umbel_host>

  init(copying host: UnsafePointer<umbel_host>) {
    let copy = UnsafeMutablePointer<umbel_host>.allocate(capacity: 1)
    unsafe memset(copy, 0, MemoryLayout<umbel_host>.size)
    unsafe memcpy(copy, host, min(Int(host.pointee.size), MemoryLayout<umbel_host>.size))
    unsafe self.host = UnsafePointer(copy)
  }
}
