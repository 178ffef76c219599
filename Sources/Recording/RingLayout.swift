// A ring in which the frames of a LAN are recorded, in a file in memory that the agent writes and others map read-only.
//
//   4,096 bytes   the header, below; then
//   2ⁿ bytes      records, one behind the other, each at a multiple of 8 bytes; what does not fit before the end goes on
//                 at the beginning
//
// The writer never looks at a reader, and writes over what is oldest. Positions count all bytes that were ever written.
// Before the writer touches bytes it raises `reserved`; what is older than a ring before that is not to be read any more.
// When records are whole it raises `published`. So a reader copies a record, and then looks whether `reserved` still
// lets it: if not, it has been overtaken.
//
// One that was overtaken, or begins with the oldest, goes on at a mark: the position of a record, and how many were
// written before it. There are 64, one for each part of the ring.
//
// All integers are in the byte order of the host.

/// Where things are in a ring, in bytes.
@usableFromInline package enum RingLayout {
  /// The first eight bytes: "UMBELcap".
  package static let magic: UInt64 = 0x7061_634c_4542_4d55
  /// What this file describes.
  package static let version: UInt32 = 1
  package static let headerBytes = 4_096

  // In the header.

  package static let magicOffset = 0
  /// UInt32.
  package static let versionOffset = 8
  /// UInt32: bytes of a frame that are kept at most.
  package static let snaplenOffset = 12
  /// UInt64: bytes for records, a power of two.
  package static let bytesOffset = 16
  /// UInt64: not 0: nothing more will be written.
  package static let endedOffset = 24
  /// UInt64; a cache line of its own, as the writer's thread writes it.
  package static let reservedOffset = 64
  /// UInt64.
  package static let publishedOffset = 72
  /// Two UInt64 each: the position of a record, and how many came before it.
  package static let marksOffset = 128
  package static let marks = 64

  /// ``RingRecord/outcome`` of a frame that goes out by all ports. Computed, so that other modules have it as a number.
  @inlinable package static var flooded: UInt8 { 0xff }
  /// Of one that was sent; or that came in and goes to one port.
  @inlinable package static var passed: UInt8 { 0xfe }

  /// The most that can be kept of a frame.
  package static let mostSnaplen = 65_535

  /// Bytes of a ring that was asked for: a power of two, of which the longest record is a small part.
  package static func bytes(for wanted: Int, snaplen: Int) -> Int {
    var bytes = 65_536
    while bytes < wanted || bytes < snaplen * 8 { bytes *= 2 }
    return bytes
  }
}

/// What a record begins with, 32 bytes; the bytes that were kept of the frame follow.
package struct RingRecord: BitwiseCopyable {
  /// With this header, a multiple of 8.
  package var recordBytes: UInt32
  /// Bytes of the frame. Kept are as many as there is room for, at most as the ring's snaplen says.
  package var length: UInt32
  /// Nanoseconds since 1970, of the batch that the frame came or went with.
  package var time: UInt64
  /// Number of the port where it came in, or was to go out.
  package var port: UInt32
  /// Of the port that it goes to, if it came in and goes to one.
  package var peer: UInt32
  /// Of a frame that stands for several, the GSO type of `struct virtio_net_hdr` (`<linux/virtio_net.h>`); else 0.
  package var segmentation: UInt8
  /// 0: the frame came in, 1: it goes out.
  package var direction: UInt8
  /// A reason for which the frame ended, or `RingLayout.flooded` or `RingLayout.passed`.
  package var outcome: UInt8
  package var zero: UInt8
  /// Bytes of payload in a segment; with `segmentation`.
  package var segmentSize: UInt16
  package var zero2: UInt16

  /// Of a frame that stands for itself.
  /// - Parameter kept: bytes that are kept of it.
  package init(
    kept: Int, length: UInt32, time: UInt64, port: UInt32, peer: UInt32, isLeaving: Bool, outcome: UInt8
  ) {
    recordBytes = UInt32(truncatingIfNeeded: (kept + MemoryLayout<RingRecord>.size + 7) & ~7)
    self.length = length
    self.time = time
    self.port = port
    self.peer = peer
    segmentation = 0
    direction = isLeaving ? 1 : 0
    self.outcome = outcome
    zero = 0
    segmentSize = 0
    zero2 = 0
  }
}
