/// The number of a port within its LAN. The lowest free one is used, so it comes back after its port is removed.
package typealias PortIndex = UInt16

/// Who is at the far end of a trunk: `umbel_remote` of `umbel_transport.h`.
@usableFromInline package struct Remote: BitwiseCopyable, Hashable, Sendable {
  /// A slot of the transport's table.
  @usableFromInline package let index: UInt32
  /// Tells this holder of the slot from earlier ones.
  @usableFromInline package let generation: UInt32

  @inlinable package init(index: UInt32, generation: UInt32) {
    self.index = index
    self.generation = generation
  }

  /// All peers of the trunk; also what a port without remotes reports.
  @inlinable package static var everyone: Remote { Remote(index: 0, generation: 0) }
}
