import Glibc
import Synchronization

/// A thread that computes one value.
struct Worker<Value: Sendable>: ~Copyable {
  private let thread: pthread_t
  private let slot: Slot

  /// What the thread hands over.
  /// `@unchecked`: the thread writes `value` before it ends, and only `join` reads it, after that end.
  private final class Slot: @unchecked Sendable {
    var value: Value?
  }

  init(_ body: @escaping @Sendable () -> Value) {
    let slot = Slot()
    let work = Work { slot.value = body() }
    var thread = pthread_t()
    let result = unsafe pthread_create(
      &thread, nil,
      { argument in
        unsafe Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().run()
        return nil
      }, unsafe Unmanaged.passRetained(work).toOpaque())
    // Without its second thread there is nothing to measure.
    precondition(result == 0, "cannot start a thread")
    self.thread = thread
    self.slot = slot
  }

  /// Waits for the thread's end.
  consuming func join() -> Value {
    _ = pthread_join(thread, nil)
    return slot.value!
  }
}

/// A closure that crosses a C call.
private final class Work {
  let run: () -> Void
  init(_ run: @escaping () -> Void) { self.run = run }
}

/// A mark that one thread sets and another reads.
final class Latch: Sendable {
  private let raised = Atomic<Bool>(false)
  var isRaised: Bool { raised.load(ordering: .acquiring) }
  func raise() { raised.store(true, ordering: .releasing) }
}
