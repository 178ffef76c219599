import Glibc
import LinuxIO
import Synchronization

/// The numbers of the ports of this process, and the handles plugins hold of them.
///
/// A handle is a number with its generation, dressed as a pointer. A number that is given back gets a new generation, so
/// a handle that a plugin keeps too long names nobody and is ignored. `number(of:)` may be called from any thread and
/// waits for no one; the rest belongs to control threads.
package final class PortNumbers: Sendable {
  /// Ports one process can have at a time. Their contexts are small until used.
  package static let capacity = 65_536

  /// The numbers of this process: a plugin is loaded once a process, so its handles must be unique in it.
  package static let shared = PortNumbers()

  private struct State {
    /// The number that was taken last; 0 is no port.
    var last: UInt32 = 0
  }

  private let state = Mutex(State())
  private let memory: MappedMemory

  private init() {
    // 256 KiB of address space at the start of the program: if that is refused nothing else would work either.
    guard let memory = try? MappedMemory(byteCount: Self.capacity * MemoryLayout<Atomic<UInt32>>.stride) else {
      fatalError("no memory for port numbers")
    }
    self.memory = memory
  }

  private func generation(_ number: UInt32) -> UnsafeMutablePointer<Atomic<UInt32>> {
    unsafe memory.bytes.baseAddress!.assumingMemoryBound(to: Atomic<UInt32>.self) + Int(number)
  }

  /// Takes the next free number; nil: all are taken. One that was given back is taken again when all others have been: it
  /// may still be in what was recorded of a LAN.
  package func take() -> UInt32? {
    state.withLock { state in
      for _ in 1..<UInt32(Self.capacity) {
        state.last = state.last % UInt32(Self.capacity - 1) + 1
        // Odd generations are in use, even ones are free.
        guard unsafe generation(state.last).pointee.load(ordering: .relaxed) & 1 == 0 else { continue }
        unsafe generation(state.last).pointee.add(1, ordering: .releasing)
        return state.last
      }
      return nil
    }
  }

  /// Gives a number back; handles of it name nobody from now on.
  package func giveBack(_ number: UInt32) {
    unsafe generation(number).pointee.add(1, ordering: .releasing)
  }

  /// The handle of a number that is taken.
  package func handle(of number: UInt32) -> OpaquePointer {
    let generation = unsafe generation(number).pointee.load(ordering: .relaxed)
    return unsafe OpaquePointer(bitPattern: UInt(generation) << 32 | UInt(number))!
  }

  /// The number behind a handle; nil: the port is gone, or the handle is none.
  package func number(of handle: OpaquePointer?) -> UInt32? {
    let bits = UInt(bitPattern: handle)
    let number = UInt32(truncatingIfNeeded: bits)
    guard number > 0, number < Self.capacity else { return nil }
    let generation = unsafe generation(number).pointee.load(ordering: .acquiring)
    guard generation & 1 == 1, UInt(generation) == bits >> 32 else { return nil }
    return number
  }
}
