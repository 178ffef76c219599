import LinuxIO
import Switching

/// The switch of a LAN, which a forwarding thread runs; freed when that has let go of it.
@safe
final class ForwardedLAN {
  let context: UnsafeMutablePointer<LANContext>
  private var isReleased = false

  /// - Throws: when there is no memory.
  init(_ configuration: LanConfiguration) throws(Errno) {
    unsafe context = .allocate(capacity: 1)
    do throws(Errno) {
      unsafe context.initialize(
        to: try LANContext(
          configuration: SwitchConfiguration(configuration),
          seed: (.random(in: 0...UInt64.max), .random(in: 0...UInt64.max))))
    } catch {
      unsafe context.deallocate()
      throw error
    }
  }

  deinit {
    // A thread that is stuck while the program ends may still use it.
    guard isReleased else { return }
    unsafe context.deinitialize(count: 1)
    unsafe context.deallocate()
  }

  /// The thread begins to run it.
  func join(_ thread: ForwardingThread) {
    thread.lanCount += 1
    unsafe thread.post(ForwardingCommand(.addLAN(context)) { [self] _ in withExtendedLifetime(self) {} })
  }

  /// It has no ports any more, and the thread is to let go of it.
  /// - Parameter action: called when it has.
  func leave(_ thread: ForwardingThread, then action: @escaping () -> Void) {
    thread.lanCount -= 1
    unsafe thread.post(
      ForwardingCommand(.removeLAN(context)) { [self] _ in
        isReleased = true
        action()
      })
  }
}
