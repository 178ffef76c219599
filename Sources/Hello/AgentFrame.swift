// What agents say to each other within a LAN: Ethernet frames that end at the agent that hears them, whatever port they
// come in by. Guests that use a trunk's group directly see frames to a group address with an EtherType that no protocol
// of theirs has, and ignore them. Numbers are big-endian.
//
//    0   6  destination 03:55:4d:42:45:4c
//    6   6  source: 02 and the first five bytes of the agent's id
//   12   2  EtherType 0x88b6 (IEEE 802, local experimental 2), never tagged
//   14   4  "UMBL"
//   18   1  version, 1; other versions are ignored
//   19   1  kind: 1 hello, 2 loop probe, 3 path probe
//   20   2  bytes of the body; what follows it is padding, but for the clock of a hello
//   22  16  id of the agent, random for each process
//   38   8  id of the LAN, random for each LAN of each agent
//   46   4  number of the port that it leaves by
//   50   4  number of the hello, counted up by one for each port; 0 in probes
//   54      body
//
//   hello, at most 590 bytes in all, so that it passes everywhere in one piece:
//        3x names of host, LAN and port: one byte of length, at most 63 bytes of UTF-8
//         1 number of entries, then for each agent's port heard on this trunk 28 bytes:
//           8  first half of the agent's id
//           4  its port
//           4  the last hello heard of it
//           4  microseconds between hearing that and sending this
//           4  round of the path probes heard last
//           2  bytes of the longest of that round
//           1  hellos missing among the last
//           1  so many, at most 64
//      then behind the body, where agents that know nothing of it see padding:
//         4 "TIME"
//         8 microseconds since 1970 (UTC) by the sender's clock, when this was sent
//   loop probe:
//         8 a number that was never used before, then the port's name as in a hello
//   path probe, filled with zeros up to its length:
//         4 round, 4 length of the frame
//
// Limits: nothing is signed. Who can send on a trunk can pretend to be an agent there; then round trips, clocks and names
// are wrong, the way to the real one may be taken for a second path, so that its frames are dropped while that goes on,
// and, if probes can be heard there, the frame that passes in one piece for shorter than it is.

/// One frame of an agent.
package struct AgentFrame: Equatable, Sendable {
  /// Whose it is: which port of which LAN of which agent.
  package struct Sender: Hashable, Sendable {
    package var agent: AgentID
    /// Random for each LAN of an agent.
    package var lan: UInt64
    /// The agent's number of the port.
    package var port: UInt32

    package init(agent: AgentID, lan: UInt64, port: UInt32) {
      self.agent = agent
      self.lan = lan
      self.port = port
    }
  }

  package enum Content: Equatable, Sendable {
    /// Sent every two seconds by each trunk.
    case hello(Announcement)
    /// Sent by guest ports; who hears it is joined to them outside of the LAN.
    case loopProbe(token: UInt64, port: String)
    /// Sent in one piece or not at all.
    case pathProbe(round: UInt32, length: Int)
  }

  package var sender: Sender
  package var sequence: UInt32
  package var content: Content

  package init(sender: Sender, sequence: UInt32, content: Content) {
    self.sender = sender
    self.sequence = sequence
    self.content = content
  }

  /// Bytes before the body.
  static var headerLength: Int { 54 }
  /// "UMBL".
  static var magic: UInt32 { 0x554d_424c }
  static var version: UInt8 { 1 }

  /// The longest hello, and what is taken to pass everywhere in one piece: a frame with an IPv4 packet of 576 bytes,
  /// which every host receives (RFC 1122, 3.3.2).
  package static var longestHello: Int { 590 }
  /// Bytes from the beginning of a frame that hold all that ``init(_:length:)`` reads.
  package static var mostBytes: Int { 640 }
}

/// What a hello says.
package struct Announcement: Equatable, Sendable {
  /// Names, for people: of the host, the LAN and the port.
  package var host: String
  package var lan: String
  package var port: String
  package var heard: [Heard]
  /// Microseconds since 1970 by the sender's clock, when this was sent, at most ``latestClock``; nil: it does not say.
  package var clock: Int64?

  package init(host: String, lan: String, port: String, heard: [Heard] = [], clock: Int64? = nil) {
    self.host = host
    self.lan = lan
    self.port = port
    self.heard = heard
    self.clock = clock
  }

  /// Bytes of a name at most; what is longer is cut.
  package static var longestName: Int { 63 }

  /// What is later, in some 140,000 years, is no time: two that are not have a difference.
  static var latestClock: Int64 { 1 << 62 }
  /// "TIME".
  static var clockMagic: UInt32 { 0x5449_4d45 }
  /// Bytes behind the body that tell ``clock``.
  static var clockLength: Int { 12 }

  /// How one agent hears another.
  package struct Heard: Equatable, Sendable {
    /// First half of the other's id.
    package var agent: UInt64
    package var port: UInt32
    /// The last hello heard of it.
    package var sequence: UInt32
    /// Between hearing that and sending this.
    package var heldMicroseconds: UInt32
    /// Of its path probes, as last heard; 0: none.
    package var round: UInt32
    /// Bytes of the longest probe of that round.
    package var longestProbe: UInt16
    /// Hellos missing among the last ``window``.
    package var lost: UInt8
    /// At most 64.
    package var window: UInt8

    package init(
      agent: UInt64, port: UInt32, sequence: UInt32, heldMicroseconds: UInt32, round: UInt32 = 0,
      longestProbe: UInt16 = 0, lost: UInt8 = 0, window: UInt8 = 1
    ) {
      self.agent = agent
      self.port = port
      self.sequence = sequence
      self.heldMicroseconds = heldMicroseconds
      self.round = round
      self.longestProbe = longestProbe
      self.lost = lost
      self.window = window
    }

    static var length: Int { 28 }
  }

  /// How many entries a hello with these names and a clock has room for.
  package var capacity: Int {
    let names = [host, lan, port].reduce(0) { $0 + 1 + min($1.utf8.count, Self.longestName) }
    return (AgentFrame.longestHello - AgentFrame.headerLength - names - 1 - Self.clockLength) / Heard.length
  }
}
