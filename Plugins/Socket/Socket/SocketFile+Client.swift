import Glibc
import LinuxIO
import TransportKit

extension SocketFile {
  /// Looks at the socket where a client wants its frames. The agent may send where the client may not: it must be the
  /// client's own, and stay the one that was looked at.
  convenience init(named path: String, by client: TransportClient) throws(TransportProblem) {
    guard path.hasPrefix("/") else {
      throw TransportProblem("the socket for its frames is not named by an absolute path: \(path)")
    }
    do throws(Errno) {
      try self.init(at: path)
    } catch {
      throw TransportProblem(
        error.code == ENOTSOCK
          ? "what it names for its frames, \(path), is no socket"
          : "the socket for its frames, \(path), is not to be found by the agent: \(error)", code: error.code)
    }
    guard owner == client.user || client.user == 0 else {
      throw TransportProblem(
        "the socket for its frames, \(path), belongs to user \(owner) and not to the guest: let the guest make it",
        code: EACCES)
    }
    guard isWritable else {
      throw TransportProblem(
        "the socket for its frames, \(path), is closed to the agent, which is user \(geteuid()): let the guest make it with a "
          + "umask of 0, or a mode that lets the agent write, as vde_plug -m 777",
        code: EACCES)
    }
  }
}
