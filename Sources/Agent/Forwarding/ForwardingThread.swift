import CLinux
import Glibc
package import LinuxIO

/// A forwarding thread, from the control thread's side.
package final class ForwardingThread {
  /// From 0 on; the thread is called `forward-0` in ps and top.
  package let index: Int
  package let channel: ForwardingChannel
  /// LANs that it looks after.
  package var lanCount = 0

  /// Questions that it has not answered within their deadline, and will answer when it goes on.
  package var overdueAnswers = 0

  /// When it was asked for a sign of life that it has not given yet: nanoseconds of CLOCK_MONOTONIC.
  package var askedAt: UInt64?
  /// It has given none for so long that it was reported.
  package var isStuck = false
  /// Of the reports that were lost, those that were told.
  package var toldLostReports: UInt64 = 0

  /// As ps and top show it.
  package var name: String { "forward-\(index)" }

  private var thread = pthread_t()
  /// Commands that the ring had no room for.
  private var waiting: [ForwardingCommand] = []
  private var underway = 0

  /// Starts the thread.
  package init(index: Int) throws(Errno) {
    self.index = index
    channel = try ForwardingChannel()
    let start = unsafe ForwardingStart(index: index, state: try ForwarderState(channel: channel))
    let argument = unsafe Unmanaged.passRetained(start)
    let error = unsafe pthread_create(&thread, nil, runForwardingThread, argument.toOpaque())
    guard error == 0 else {
      unsafe argument.release()
      throw Errno(error)
    }
  }

  /// Asks the thread for something. Never waits; the completion runs in `finishCommands`.
  package func post(_ command: ForwardingCommand) {
    guard waiting.isEmpty, underway < ForwardingChannel.commandCapacity, push(command) else {
      waiting.append(command)
      return
    }
  }

  private func push(_ command: ForwardingCommand) -> Bool {
    let bits = unsafe UInt(bitPattern: Unmanaged.passRetained(command).toOpaque())
    guard channel.commands.push(bits) else {
      unsafe Unmanaged<ForwardingCommand>.fromOpaque(UnsafeRawPointer(bitPattern: bits)!).release()
      return false
    }
    underway += 1
    channel.wakeup.signal()
    return true
  }

  /// Runs the completions of the commands that have come back.
  /// - Parameter takeReports: called before each. What the thread reported before it finished a command is about ports as
  ///   they were: the completion may end one and give its number to another.
  package func finishCommands(after takeReports: () -> Void = {}) {
    while let bits = channel.completions.pop() {
      takeReports()
      underway -= 1
      let command = unsafe Unmanaged<ForwardingCommand>.fromOpaque(UnsafeRawPointer(bitPattern: bits)!)
        .takeRetainedValue()
      command.completion(command)
    }
    while let first = waiting.first, underway < ForwardingChannel.commandCapacity, push(first) { waiting.removeFirst() }
  }

  /// Ends the thread and waits for it. What it still had to do is done first.
  package func stop() {
    unsafe post(ForwardingCommand(.stop))
    // Commands that found no room go before it, as room comes.
    while !waiting.isEmpty {
      finishCommands()
      sched_yield()
    }
    _ = pthread_join(thread, nil)
    finishCommands()
  }
}

/// What the new thread gets.
@safe
private final class ForwardingStart {
  let index: Int
  let state: UnsafeMutablePointer<ForwarderState>

  init(index: Int, state: consuming ForwarderState) {
    self.index = index
    unsafe self.state = .allocate(capacity: 1)
    unsafe self.state.initialize(to: state)
  }

  deinit {
    unsafe state.deinitialize(count: 1)
    unsafe state.deallocate()
  }
}

/// A function of a library, not a closure of `main.swift`: such closures are tied to the main thread and trap here.
private func runForwardingThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  let start = unsafe Unmanaged<ForwardingStart>.fromOpaque(argument!).takeRetainedValue()
  unsafe clinux_set_thread_name("forward-\(start.index)")
  // The state is freed with what holds it, which nothing here uses after its address.
  withExtendedLifetime(start) { unsafe Forwarder(state: start.state).run() }
  return nil
}
