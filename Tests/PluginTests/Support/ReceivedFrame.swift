/// A frame that `receive` has yielded, copied.
struct ReceivedFrame: Equatable {
  let bytes: [UInt8]
  let port: UInt32
  let pieceCount: Int
  /// Whether no more is said of it than was given, who sent it apart.
  let isPlain: Bool
  var gsoType: UInt8 = 0
  var gsoSize: UInt16 = 0
  var needsChecksum = false
  var remoteIndex: UInt32 = 0
  var remoteGeneration: UInt32 = 0
  /// Index and generation.
  var remote: [UInt32] { [remoteIndex, remoteGeneration] }
  /// Plain, and from everyone.
  var isClean: Bool { isPlain && remoteIndex == 0 && remoteGeneration == 0 }
}
