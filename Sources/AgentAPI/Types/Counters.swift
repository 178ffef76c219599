/// What a port has counted since it was made; frames and bytes without FCS.
package struct Counters: Codable, Hashable, Sendable {
  /// Came in by the port, dropped ones included.
  package var receivedFrames: Int
  /// Of those frames.
  package var receivedBytes: Int
  /// Taken by the transport.
  package var sentFrames: Int
  /// Of those frames.
  package var sentBytes: Int
  /// Frames received here that went to all ports.
  package var flooded: Int
  /// Times a station moved to this port from another.
  package var moves: Int
  /// Stations not learned: a limit, a full FDB, one that moves too often.
  package var learnRefused: Int
  /// SYNs that passed here and whose MSS was lowered to what passes unfragmented.
  package var mssClamped: Int
  /// Frames sent although the underlay carries them in pieces only.
  package var fragmented: Int
  /// Frames for the port that stand for several segments and were cut, for it does not take them whole.
  package var segmentedFrames: Int
  /// What those became.
  package var segments: Int
  /// Frames sent that were made of several segments on their way here.
  package var coalescedFrames: Int
  /// Segments that those were made of.
  package var coalescedSegments: Int
  /// Frames received here that agents say to each other, such as hellos: they end here, and are no drops.
  package var agentFrames: Int
  /// What waits for the port now.
  package var queuedFrames: Int
  /// Of those frames.
  package var queuedBytes: Int

  /// All at 0, to be filled in.
  package init() {
    receivedFrames = 0
    receivedBytes = 0
    sentFrames = 0
    sentBytes = 0
    flooded = 0
    moves = 0
    learnRefused = 0
    mssClamped = 0
    fragmented = 0
    segmentedFrames = 0
    segments = 0
    coalescedFrames = 0
    coalescedSegments = 0
    agentFrames = 0
    queuedFrames = 0
    queuedBytes = 0
  }
}
