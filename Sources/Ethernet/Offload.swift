/// What is left to be done to a frame, with the meaning of `struct virtio_net_hdr` (`<linux/virtio_net.h>`, Virtual I/O
/// Device 1.2, section 5.1.6). All zero: nothing.
@usableFromInline package struct Offload: Equatable, Sendable {
  /// ``needsChecksum`` and ``dataValid`` bits.
  @usableFromInline package var flags: UInt8
  /// One of the `gso…` constants, with ``gsoECN`` added or not.
  @usableFromInline package var gsoType: UInt8
  /// Bytes of all headers. A hint, and never used: the kernel writes how much lies in its first buffer, guests write
  /// anything.
  @usableFromInline package var headerLength: UInt16
  /// Bytes of payload in a segment.
  @usableFromInline package var gsoSize: UInt16
  /// Bytes from the frame's start to where summing begins.
  @usableFromInline package var checksumStart: UInt16
  /// Bytes from ``checksumStart`` to the 16-bit checksum.
  @usableFromInline package var checksumOffset: UInt16

  @inlinable package init(
    flags: UInt8 = 0, gsoType: UInt8 = 0, headerLength: UInt16 = 0, gsoSize: UInt16 = 0, checksumStart: UInt16 = 0,
    checksumOffset: UInt16 = 0
  ) {
    self.flags = flags
    self.gsoType = gsoType
    self.headerLength = headerLength
    self.gsoSize = gsoSize
    self.checksumStart = checksumStart
    self.checksumOffset = checksumOffset
  }

  /// In ``flags``: the checksum holds only the sum of the pseudo-header.
  @inlinable package static var needsChecksum: UInt8 { 1 }
  /// In ``flags``: the checksum has been verified.
  @inlinable package static var dataValid: UInt8 { 2 }

  @inlinable package static var gsoNone: UInt8 { 0 }
  @inlinable package static var gsoTCPv4: UInt8 { 1 }
  @inlinable package static var gsoTCPv6: UInt8 { 4 }
  @inlinable package static var gsoUDP: UInt8 { 5 }
  @inlinable package static var gsoECN: UInt8 { 0x80 }

  /// ``gsoType`` without the ECN bit.
  package var segmentation: UInt8 { gsoType & ~Offload.gsoECN }

  /// Whether the checksum is still to be completed.
  @inlinable package var isChecksumPartial: Bool { flags & Offload.needsChecksum != 0 }

  /// Whether the metadata can be true of a frame of that length, as far as that shows without the frame: a GSO type that
  /// there is, with a segment size; a partial checksum that lies within the frame and behind an IP header, the shortest
  /// of which ends after 34 bytes. Completing another would change addresses that the frame has been judged by.
  package func isPlausible(length: Int) -> Bool {
    switch gsoType {
    case Offload.gsoNone: break
    case Offload.gsoTCPv4, Offload.gsoTCPv4 | Offload.gsoECN, Offload.gsoTCPv6, Offload.gsoTCPv6 | Offload.gsoECN,
      Offload.gsoUDP:
      if gsoSize == 0 { return false }
    default: return false
    }
    guard isChecksumPartial else { return true }
    let start = Int(checksumStart)
    return start >= FrameHeader.length + SegmentableHeaders.ipv4Length && start + Int(checksumOffset) + 2 <= length
  }

  /// The length of the frames that a frame with this metadata stands for, in bytes: its own without GSO; with GSO the
  /// least that a full segment can have, for TCP options cannot be known from the metadata alone.
  /// ``Segmenter/largestSegment`` is exact.
  package func segmentLength(of frameLength: Int) -> Int {
    if segmentation == Offload.gsoNone { return frameLength }
    let transportHeader = segmentation == Offload.gsoUDP ? 8 : 20
    return min(frameLength, Int(checksumStart) + transportHeader + Int(gsoSize))
  }
}
