import CTransport
import Glibc
import Testing

/// What a port has handed over, in the hands of the process after it.
@safe
struct Left: HandedOver {
  var kept: [umbel_kept]
  var state: [UInt8]
  var isQuiet: Bool

  /// As the host does with what no port took over.
  func close() { for kept in kept { _ = Glibc.close(kept.descriptor) } }

  func withC(_ body: (UnsafePointer<umbel_heritage>) -> Int32) -> Int32 {
    // Strides larger than the structures, as those of a later host.
    let stride = MemoryLayout<umbel_kept>.stride + 24
    let place = UnsafeMutableRawPointer.allocate(byteCount: stride * max(kept.count, 1), alignment: 8)
    defer { unsafe place.deallocate() }
    for (index, kept) in kept.enumerated() {
      unsafe (place + index * stride).storeBytes(of: kept, as: umbel_kept.self)
    }
    var state = state
    return unsafe state.withUnsafeMutableBytes { state in
      var heritage = unsafe umbel_heritage(
        size: UInt32(MemoryLayout<umbel_heritage>.size), flags: isQuiet ? UMBEL_HERITAGE_QUIET : 0,
        kept: place.assumingMemoryBound(to: umbel_kept.self), kept_stride: UInt32(stride),
        kept_count: UInt32(kept.count), state: state.baseAddress, state_length: UInt32(state.count), zero: 0)
      return unsafe body(&heritage)
    }
  }
}

extension DrivenPort {
  /// What the port says is to be kept of it. The descriptors are its own.
  /// - Returns: nil: nothing.
  func named(isQuiet: Bool) -> Left? {
    var kept = [umbel_kept](repeating: umbel_kept(), count: Int(UMBEL_MOST_KEPT))
    var state = [UInt8](repeating: 0, count: isQuiet ? Int(UMBEL_MOST_KEPT_STATE) : 4_096)
    return unsafe kept.withUnsafeMutableBufferPointer { kept in
      unsafe state.withUnsafeMutableBytes { state in
        var heritage = unsafe umbel_heritage(
          size: UInt32(MemoryLayout<umbel_heritage>.size), flags: isQuiet ? UMBEL_HERITAGE_QUIET : 0,
          kept: kept.baseAddress, kept_stride: UInt32(MemoryLayout<umbel_kept>.stride), kept_count: UInt32(kept.count),
          state: state.baseAddress, state_length: UInt32(state.count), zero: 0)
        guard unsafe table.pointee.hand_over(port, &heritage) >= 0 else { return nil }
        return unsafe Left(
          kept: Array(kept[..<Int(heritage.kept_count)]), state: Array(state[..<Int(heritage.state_length)]),
          isQuiet: isQuiet)
      }
    }
  }

  /// The port's process ends, and leaves this: duplicates of the descriptors, which it takes with it. Neither stop nor
  /// close is called.
  /// - Parameter isQuiet: it does so in order; otherwise it was killed, and had handed over at the beginning.
  func leave(isQuiet: Bool) throws -> Left {
    var left = try #require(named(isQuiet: isQuiet))
    for index in left.kept.indices {
      let own = left.kept[index].descriptor
      left.kept[index].descriptor = fcntl(own, F_DUPFD_CLOEXEC, 0)
      _ = Glibc.close(own)
    }
    forget()
    return left
  }
}
