import CLinux
import Glibc
import LinuxIO
import TransportKit

/// The agent's end of a VDE client's data path: a datagram socket that the client finds by its path, and that is
/// connected to the client's own, so that nobody else can send to it and its queue is the sender's alone. Control thread.
final class VDEDataSocket {
  /// Non-blocking.
  let number: Int32
  private let path: String
  private var isTaken = false

  /// Connects to where the client receives its frames, then makes the name by which the client finds this end.
  /// - Throws: the client names a socket that is not its own, or that cannot be connected to.
  init(for request: VDERequest, of client: TransportClient) throws(TransportProblem) {
    guard let directory = client.directory else {
      throw TransportProblem("the agent gives this door no directory for sockets", code: ENOENT)
    }
    // The name of a file in a directory where others make files, too: none that they would have made before.
    path = "\(directory)/port-" + String(UInt64.random(in: .min ... .max), radix: 16)
    var status = stat()
    guard unsafe stat(directory, &status) == 0 else {
      throw TransportProblem("\(directory), where its socket would be, is gone: restart the agent", code: errno)
    }
    do throws(Errno) {
      // Mode 0: nobody may send before the client is the only one who can.
      number = try UnixSocket.listen(at: path, kind: .datagram, mode: 0, group: status.st_gid).release()
    } catch {
      throw TransportProblem("\(path) cannot be made: \(error)", code: error.code)
    }
    try connect(to: request, of: client)
    // Clients are members of the directory's group, unless others may pass through it, too.
    try? SocketFile(at: path).setAccess(mode: status.st_mode & S_IXOTH != 0 ? 0o666 : 0o660, group: nil)
  }

  /// One that the process before has made.
  /// - Parameter number: stays the caller's, as after `take`.
  /// - Throws: no path leads to it.
  init(adopted number: Int32) throws(TransportProblem) {
    guard let path = (try? UnixAddress(of: number))?.path else { throw Heritage.unreadable }
    self.number = number
    self.path = path
    isTaken = true
  }

  deinit {
    if isTaken { return }
    _ = close(number)
    removeName()
  }

  /// The socket is the caller's from now on, who closes it and then calls `removeName`.
  func take() { isTaken = true }

  /// Nobody finds the socket any more.
  func removeName() { unsafe unlink(path) }

  /// A `sockaddr_un` of 110 bytes with its path.
  var address: [UInt8] { Self.address(Array(path.utf8)) }

  private static func address(_ name: [UInt8]) -> [UInt8] {
    let family = unsafe withUnsafeBytes(of: sa_family_t(AF_UNIX)) { unsafe Array($0) }
    return family + name + [UInt8](repeating: 0, count: VDERequest.pathBytes - name.count)
  }

  private func connect(to request: VDERequest, of client: TransportClient) throws(TransportProblem) {
    guard let path = request.path else {
      return try connect(
        to: request.name, called: "an abstract name, which is found only in the agent's own network namespace")
    }
    let file = try SocketFile(named: path, by: client)
    try connect(to: Array(file.path.utf8), called: path)
  }

  private func connect(to name: [UInt8], called description: String) throws(TransportProblem) {
    let address = Self.address(name)
    let result = unsafe address.withUnsafeBytes {
      unsafe Glibc.connect(number, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(address.count))
    }
    if result == 0 { return }
    let error = Errno.current
    throw TransportProblem(
      "the socket for its frames (\(description)) cannot be connected to: \(error)", code: error.code)
  }
}
