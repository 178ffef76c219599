import CTransport
import Glibc

/// What a port leaves to the process after this one; see `umbel_heritage` of `umbel_transport.h`.
package struct Heritage: Hashable, Sendable {
  /// A descriptor, and the transport's own number for what it is.
  package struct Kept: Hashable, Sendable {
    package var descriptor: Int32
    package let kind: UInt32

    package init(descriptor: Int32, kind: UInt32) {
      self.descriptor = descriptor
      self.kind = kind
    }
  }

  /// Nothing has moved since it was said.
  package var isQuiet: Bool
  /// Who owns the descriptors depends on the direction: after `handOver` the transport, before `open` the host.
  package var kept: [Kept]
  /// The transport's own.
  package var state: [UInt8]

  package init(isQuiet: Bool, kept: [Kept], state: [UInt8]) {
    self.isQuiet = isQuiet
    self.kept = kept
    self.state = state
  }

  /// Calls `body` with the C form; its pointers are valid during the call.
  func withC<Result>(_ body: (UnsafePointer<umbel_heritage>) -> Result) -> Result {
    var kept = kept.map { umbel_kept(descriptor: $0.descriptor, kind: $0.kind) }
    var state = state
    return unsafe Self.withC(isQuiet: isQuiet, &kept, &state) { unsafe body(UnsafePointer($0)) }
  }

  /// The same over the caller's arrays, whose counts are what there is, or the room.
  fileprivate static func withC<Result>(
    isQuiet: Bool, _ kept: inout [umbel_kept], _ state: inout [UInt8],
    _ body: (UnsafeMutablePointer<umbel_heritage>) -> Result
  ) -> Result {
    unsafe kept.withUnsafeMutableBufferPointer { kept in
      unsafe state.withUnsafeMutableBytes { state in
        var heritage = unsafe umbel_heritage(
          size: UInt32(MemoryLayout<umbel_heritage>.size), flags: isQuiet ? UMBEL_HERITAGE_QUIET : 0,
          kept: kept.baseAddress, kept_stride: UInt32(MemoryLayout<umbel_kept>.stride), kept_count: UInt32(kept.count),
          state: state.baseAddress, state_length: UInt32(state.count), zero: 0)
        return unsafe body(&heritage)
      }
    }
  }
}

extension LoadedTransport {
  /// Control thread. What is to be kept of a port when this process ends; the descriptors stay the transport's.
  /// - Parameter isQuiet: the forwarding thread rests until this is over.
  /// - Returns: nil: nothing can be kept.
  package func handOver(_ port: OpaquePointer, isQuiet: Bool) -> Heritage? {
    guard let handOver = unsafe table.pointee.hand_over else { return nil }
    var kept = [umbel_kept](repeating: umbel_kept(), count: Int(UMBEL_MOST_KEPT))
    // Frames are in the state only while nothing moves.
    var state = [UInt8](repeating: 0, count: isQuiet ? Int(UMBEL_MOST_KEPT_STATE) : 4_096)
    let counts: (kept: Int, state: Int)? = unsafe Heritage.withC(isQuiet: isQuiet, &kept, &state) { heritage in
      guard unsafe handOver(port, heritage) >= 0 else { return nil }
      return unsafe (Int(heritage.pointee.kept_count), Int(heritage.pointee.state_length))
    }
    // A number beyond the room is the plugin's mistake: then nothing of it is believed.
    guard let counts, counts.kept <= kept.count, counts.state <= state.count else { return nil }
    let found = kept.prefix(counts.kept).map { Heritage.Kept(descriptor: $0.descriptor, kind: $0.kind) }
    // Every number must be a descriptor's.
    guard found.allSatisfy({ fcntl($0.descriptor, F_GETFD) >= 0 }) else { return nil }
    // Of its own size: it is kept for each port, and the room is large.
    return Heritage(isQuiet: isQuiet, kept: found, state: Array(state.prefix(counts.state)))
  }
}
