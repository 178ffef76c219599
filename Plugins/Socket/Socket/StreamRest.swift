import CTransport
import TransportKit

/// What of a stream is in this program's memory, and goes with its socket to the process after this one: the frame that
/// the end of the last read cut, and that which the socket has taken in part. Without it the stream would be out of step.
struct StreamRest {
  /// Read, and not handed on.
  var unread: [UInt8] = []
  /// The end of a frame whose beginning was sent.
  var unsent: [UInt8] = []

  init(unread: [UInt8] = [], unsent: [UInt8] = []) {
    self.unread = unread
    self.unsent = unsent
  }

  /// - Throws: it is more than a stream can have left.
  init(_ heritage: Heritage) throws(TransportProblem) {
    let fields = try heritage.fields(2)
    self.init(unread: fields[0], unsent: fields[1])
    // What is said of a stream that has moved since leads nowhere.
    guard heritage.isQuiet, unread.count <= StreamReader.capacity, unsent.count <= StreamWriter.mostRest else {
      throw Heritage.unreadable
    }
  }

  var fields: [[UInt8]] { [unread, unsent] }
}
