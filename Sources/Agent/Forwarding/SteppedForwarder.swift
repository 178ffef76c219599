package import LinuxIO

/// A forwarder that runs on the calling thread, a round at a time: for tests and measurements that want to know exactly
/// what a round does. Commands are carried out in the next round.
@safe
package final class SteppedForwarder {
  private let channel: ForwardingChannel
  private let state: UnsafeMutablePointer<ForwarderState>

  package init() throws(Errno) {
    channel = try ForwardingChannel()
    let state = try unsafe ForwarderState(channel: channel)
    unsafe self.state = .allocate(capacity: 1)
    unsafe self.state.initialize(to: state)
  }

  deinit {
    unsafe state.deinitialize(count: 1)
    unsafe state.deallocate()
  }

  /// Carries out a command in a round of its own.
  package func carryOut(_ kind: ForwardingCommand.Kind) -> ForwardingCommand {
    let command = unsafe ForwardingCommand(kind)
    let bits = unsafe UInt(bitPattern: Unmanaged.passRetained(command).toOpaque())
    // The ring is empty: each command is taken back before the next.
    precondition(channel.commands.push(bits), "a command of this object is not taken back")
    channel.wakeup.signal()
    step()
    _ = channel.completions.pop()
    unsafe Unmanaged<ForwardingCommand>.fromOpaque(UnsafeRawPointer(bitPattern: bits)!).release()
    return command
  }

  /// The next hello that has come in.
  package func takeHello() -> HelloReport? { channel.hellos.pop() }

  /// One round. Waits until there is something to do, at most a second when there is a LAN.
  package func step() { unsafe Forwarder(state: state).step() }
}
