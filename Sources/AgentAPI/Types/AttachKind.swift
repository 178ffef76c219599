/// How bytes keep together on an attached socket: `seqpacket` and `dgram` carry a frame a message, `stream` each frame
/// after its length in four bytes, most significant first.
package enum AttachKind: String, Codable, CaseIterable, Sendable {
  case seqpacket
  case stream
  case dgram
}
