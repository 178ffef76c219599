import CTransport
import Synchronization

/// What a host has been told about its ports, by handle.
final class FakeHost: Sendable {
  /// What one port has said.
  struct Record {
    var states: [(state: UInt32, error: Int32, largestFrame: UInt32, offloads: UInt32, text: String)] = []
    /// Of the last state: bytes of the longest frame that leaves unfragmented, and UMBEL_TRAIT_*.
    var wholeFrame: UInt32 = 0
    var traits: UInt32 = 0
    /// What was logged and warned of.
    var messages: [String] = []
    /// The kinds of what was warned of, UMBEL_CONDITION_*, and who was behind it.
    var conditions: [(kind: UInt32, peer: String)] = []
    var descriptorChanges = 0
    var watchesInterfaces = false
    /// The indices of the remotes that are gone.
    var goneRemotes: [UInt32] = []
    /// The flows that were reported last, as `family bytes:port`.
    var flows: [String] = []
    /// The names that are followed, by token.
    var followed: [String] = []
    /// The senders of a datagram door that were announced.
    var arrived: [DrivenPort.Client] = []
  }

  private static let records = Mutex<[UInt: Record]>([:])
  private static let nextHandle = Atomic<UInt>(0x1000)

  /// The host's table, as a plugin gets it. Not written after it is made, so threads may share it.
  nonisolated(unsafe) static let table: UnsafePointer<umbel_host> = {
    let table = UnsafeMutablePointer<umbel_host>.allocate(capacity: 1)
    unsafe table.initialize(to: umbel_host())
    unsafe table.pointee.size = UInt32(MemoryLayout<umbel_host>.size)
    unsafe table.pointee.abi_level = UMBEL_ABI_LEVEL
    unsafe table.pointee.log = { port, _, text in
      let text = unsafe String(cString: text!)
      unsafe FakeHost.change(port) { $0.messages.append(text) }
    }
    unsafe table.pointee.condition = { port, condition in
      let condition = unsafe condition!.pointee
      let text = unsafe String(cString: condition.text)
      let peer = unsafe condition.peer.map { unsafe String(cString: $0) } ?? ""
      let kind = unsafe condition.kind
      unsafe FakeHost.change(port) {
        $0.messages.append(text)
        $0.conditions.append((kind, peer))
      }
    }
    unsafe table.pointee.state_changed = { port, state in
      let state = unsafe state!.pointee
      let text = unsafe state.text.map { unsafe String(cString: $0) } ?? ""
      let entry = unsafe (state.state, state.error, state.largest_frame, state.offloads, text)
      unsafe FakeHost.change(port) {
        $0.states.append(entry)
        $0.wholeFrame = unsafe state.whole_frame
        $0.traits = unsafe state.traits
      }
    }
    unsafe table.pointee.descriptors_changed = { port in unsafe FakeHost.change(port) { $0.descriptorChanges += 1 } }
    unsafe table.pointee.remote_gone = { port, remote in
      unsafe FakeHost.change(port) { $0.goneRemotes.append(remote.index) }
    }
    unsafe table.pointee.follow_name = { port, name, token in
      let name = unsafe String(cString: name!)
      unsafe FakeHost.change(port) { $0.followed.append("\(token) \(name)") }
      return 0
    }
    unsafe table.pointee.client_arrived = { port, client in
      let sender = unsafe DrivenPort.Client(
        descriptor: client!.pointee.descriptor, type: client!.pointee.socket_type, door: client!.pointee.door,
        user: client!.pointee.user, group: client!.pointee.group, process: client!.pointee.process,
        state: UInt(bitPattern: client!.pointee.state))
      unsafe FakeHost.change(port) { $0.arrived.append(sender) }
      return 0
    }
    unsafe table.pointee.watch_interfaces = { port in unsafe FakeHost.change(port) { $0.watchesInterfaces = true } }
    unsafe table.pointee.underlay_changed = { port, flows, _, count in
      let list = unsafe UnsafeBufferPointer(start: flows, count: Int(count)).map { flow in
        var bytes = flow.address.bytes
        return unsafe withUnsafeBytes(of: &bytes) { unsafe "\(flow.address.family) \(Array($0)):\(flow.port)" }
      }
      unsafe FakeHost.change(port) { $0.flows = list }
    }
    unsafe table.pointee.resolve = { _, _, _ in -1 }
    return unsafe UnsafePointer(table)
  }()

  /// A handle for a new port.
  static func newHandle() -> UInt { nextHandle.add(16, ordering: .relaxed).newValue }

  /// What the port of that handle has said.
  static func record(_ handle: UInt) -> Record { records.withLock { $0[handle] ?? Record() } }

  private static func change(_ port: OpaquePointer?, _ body: (inout Record) -> Void) {
    let handle = UInt(bitPattern: port)
    records.withLock { body(&$0[handle, default: Record()]) }
  }
}
