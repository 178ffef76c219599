import Ethernet

// With a hundred thousand stations nearly every frame asks for a slot of the FDB that no cache has, and waits for memory
// longer than all the rest takes. Who has a batch of frames can ask for the slots of all of them first, and the waits
// pass side by side.

extension Switch {
  /// So many slots are in use that what a frame asks for is seldom in a processor's own cache: one slot takes a cache
  /// line of 64 bytes there, and what else forwarding needs is there too.
  package var isWide: Bool { fdb.occupied > 4_096 }

  /// Where the chains of a frame's two stations begin, for a prefetch: addresses not to be read through.
  /// - Parameters:
  ///   - frame: as in ``forward(_:length:segmentLength:from:remote:now:)``.
  ///   - length: bytes of the whole frame.
  /// - Returns: nil for a runt.
  package func slots(of frame: UnsafeRawPointer, length: Int) -> (
    source: UnsafeRawPointer, destination: UnsafeRawPointer
  )? {
    guard let header = unsafe FrameHeader(frame, length: length) else { return nil }
    let source = fdb.home(of: FDBKey(vlan: header.vlan, address: header.source))
    let destination = fdb.home(of: FDBKey(vlan: header.vlan, address: header.destination))
    return unsafe (UnsafeRawPointer(fdb.slots + source), UnsafeRawPointer(fdb.slots + destination))
  }
}
