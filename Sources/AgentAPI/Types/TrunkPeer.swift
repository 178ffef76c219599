/// Whether a peer of a trunk is heard.
package enum PeerState: String, Codable, CaseIterable, Sendable {
  case up
  case silent
  case never
}

/// Who is at the far end of a trunk: by what the transport knows, by the hellos of its agent, or both.
package struct TrunkPeer: Codable, Hashable, Sendable {
  /// Name of the LAN, and of the trunk.
  package var lan: String
  package var port: String
  /// On the underlay; nil: the transport does not tell its peers apart.
  package var address: String?
  /// The host name in the configuration.
  package var name: String?
  /// What its agent calls itself; nil: it says no hello.
  package var agent: String?
  package var host: String?
  package var peerLan: String?
  package var peerPort: String?
  package var state: PeerState
  /// Nil: never.
  package var lastHeardSeconds: Int?
  /// Frames and bytes, where the transport counts them.
  package var receivedFrames: Int?
  package var receivedBytes: Int?
  package var sentFrames: Int?
  package var sentBytes: Int?
  /// An average.
  package var roundTripMicroseconds: Int?
  /// What its clock shows less what this host's shows, and by how much that may be wrong; nil: not known.
  package var clockOffsetMicroseconds: Int?
  package var clockUncertaintyMicroseconds: Int?
  /// Of the last 64 hellos: its that were not heard, ours that it did not hear.
  package var lossInPercent: Int?
  package var lossOutPercent: Int?
  /// Hellos of its that came in more than once.
  package var duplicateHellos: Int?
  /// Seconds since it last said that it hears this trunk; nil: never.
  package var heardBySeconds: Int?
  /// Bytes of the longest frame that passes the trunk in one piece; nil: not known.
  package var pathBytes: Int?
  /// The second path to its agent: what it sends here is dropped.
  package var muted: Bool

  package init(lan: String, port: String, state: PeerState, muted: Bool = false) {
    self.lan = lan
    self.port = port
    self.state = state
    self.muted = muted
  }
}
