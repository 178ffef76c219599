import CTransport
import Glibc

/// The one host table of the process and the hooks behind it.
@safe
enum HostTable {
  // Written once by `install` before the first transport is loaded, and only read afterwards.
  nonisolated(unsafe) fileprivate static var hooks: HostHooks?
  nonisolated(unsafe) private static var table: UnsafeMutablePointer<umbel_host>?

  /// Installs the hooks of this process. The first call wins: plugins keep the table for ever.
  static func install(_ hooks: HostHooks) -> UnsafePointer<umbel_host> {
    if let table = unsafe table { return unsafe UnsafePointer(table) }
    unsafe Self.hooks = hooks
    let table = UnsafeMutablePointer<umbel_host>.allocate(capacity: 1)
    unsafe table.initialize(
      to: umbel_host(
        size: UInt32(MemoryLayout<umbel_host>.size), abi_level: UMBEL_ABI_LEVEL,
        log: hostLog, state_changed: hostStateChanged, descriptors_changed: hostDescriptorsChanged,
        remote_gone: hostRemoteGone, watch_interfaces: hostWatchInterfaces, resolve: hostResolve,
        client_arrived: hostClientArrived, underlay_changed: hostUnderlayChanged,
        follow_name: hostFollowName, condition: hostCondition))
    unsafe Self.table = table
    return unsafe UnsafePointer(table)
  }
}

private func hostLog(_ handle: OpaquePointer?, _ priority: UInt32, _ text: UnsafePointer<CChar>?) {
  guard let number = unsafe PortNumbers.shared.number(of: handle), let text = unsafe text else { return }
  unsafe HostTable.hooks?.log(number, priority, text)
}

private func hostCondition(_ handle: OpaquePointer?, _ condition: UnsafePointer<umbel_condition>?) {
  guard let number = unsafe PortNumbers.shared.number(of: handle), let condition = unsafe condition else { return }
  // Up to its text: without it there is nothing to say.
  let least = unsafe MemoryLayout<umbel_condition>.offset(of: \.text)! + MemoryLayout<UInt>.size
  guard unsafe Int(condition.pointee.size) >= least else { return }
  var copy = unsafe umbel_condition()
  let size = unsafe min(Int(condition.pointee.size), MemoryLayout<umbel_condition>.size)
  unsafe withUnsafeMutableBytes(of: &copy) { unsafe $0.baseAddress!.copyMemory(from: condition, byteCount: size) }
  guard unsafe copy.text != nil else { return }
  unsafe HostTable.hooks?.condition(number, copy)
}

private func hostStateChanged(_ handle: OpaquePointer?, _ state: UnsafePointer<umbel_state>?) {
  guard let number = unsafe PortNumbers.shared.number(of: handle), let state = unsafe state else { return }
  // Size and state: without them it says nothing.
  guard unsafe state.pointee.size >= 8 else { return }
  var copy = unsafe umbel_state()
  let size = unsafe min(Int(state.pointee.size), MemoryLayout<umbel_state>.size)
  unsafe withUnsafeMutableBytes(of: &copy) { unsafe $0.baseAddress!.copyMemory(from: state, byteCount: size) }
  guard unsafe copy.state <= UMBEL_STATE_CLOSING else { return }
  unsafe HostTable.hooks?.stateChanged(number, copy)
}

private func hostDescriptorsChanged(_ handle: OpaquePointer?) {
  guard let number = unsafe PortNumbers.shared.number(of: handle) else { return }
  unsafe HostTable.hooks?.descriptorsChanged(number)
}

private func hostRemoteGone(_ handle: OpaquePointer?, _ remote: umbel_remote) {
  guard let number = unsafe PortNumbers.shared.number(of: handle) else { return }
  unsafe HostTable.hooks?.remoteGone(number, remote)
}

private func hostWatchInterfaces(_ handle: OpaquePointer?) {
  guard let number = unsafe PortNumbers.shared.number(of: handle) else { return }
  unsafe HostTable.hooks?.watchInterfaces(number)
}

private func hostResolve(_ handle: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ token: UInt64) -> Int32 {
  guard let number = unsafe PortNumbers.shared.number(of: handle), let name = unsafe name else { return -EINVAL }
  return unsafe HostTable.hooks?.resolve(number, String(cString: name), token) ?? -ENOSYS
}

private func hostFollowName(_ handle: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ token: UInt64) -> Int32 {
  guard let number = unsafe PortNumbers.shared.number(of: handle), let name = unsafe name else { return -EINVAL }
  return unsafe HostTable.hooks?.followName(number, String(cString: name), token) ?? -ENOSYS
}

private func hostClientArrived(_ handle: OpaquePointer?, _ client: UnsafePointer<umbel_client>?) -> Int32 {
  guard let number = unsafe PortNumbers.shared.number(of: handle), let client = unsafe client else { return -EINVAL }
  // Up to its state: without it the transport could not tell the client from others.
  let least = unsafe MemoryLayout<umbel_client>.offset(of: \.state)! + MemoryLayout<UInt>.size
  guard unsafe Int(client.pointee.size) >= least else { return -EINVAL }
  var copy = unsafe umbel_client()
  let size = unsafe min(Int(client.pointee.size), MemoryLayout<umbel_client>.size)
  unsafe withUnsafeMutableBytes(of: &copy) { unsafe $0.baseAddress!.copyMemory(from: client, byteCount: size) }
  return unsafe HostTable.hooks?.clientArrived(number, copy) ?? -ENOSYS
}

private func hostUnderlayChanged(
  _ handle: OpaquePointer?, _ flows: UnsafePointer<umbel_flow>?, _ stride: UInt32, _ count: UInt32
) {
  guard let number = unsafe PortNumbers.shared.number(of: handle) else { return }
  guard count > 0, let flows = unsafe flows else { return unsafe HostTable.hooks?.underlayChanged(number, []) ?? () }
  // A shorter stride is that of no header there is.
  guard Int(stride) >= MemoryLayout<umbel_flow>.size else { return }
  let list = (0..<min(Int(count), Int(UMBEL_MOST_FLOWS))).compactMap { index in
    unsafe UnderlayFlow((UnsafeRawPointer(flows) + index * Int(stride)).loadUnaligned(as: umbel_flow.self))
  }
  unsafe HostTable.hooks?.underlayChanged(number, list)
}
