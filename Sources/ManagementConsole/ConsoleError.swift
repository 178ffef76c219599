import Glibc
package import LinuxIO

/// Why a guest's console gave no answer, or refused.
package enum ConsoleError: Error, Hashable {
  /// Nothing listens at the path.
  case noGuest(path: String)
  /// The socket's mode forbids it.
  case notPermitted(path: String)
  /// The guest took longer than the client waits.
  case silent(path: String, milliseconds: Int)
  /// The guest speaks another version of the protocol: what it said.
  case otherVersion(path: String, String)
  /// The answer is none of this protocol: what is wrong with it.
  case malformed(path: String, String)
  /// The request is longer than the protocol has room for: bytes.
  case requestTooLong(limit: Int)
  /// The guest's own reason; may be empty.
  case refused(String)
  /// The kernel of the host refused.
  case system(path: String, Errno)

  init(_ error: Errno, path: String, milliseconds: Int) {
    switch error.code {
    case ENOENT, ENOTDIR, ECONNREFUSED, ECONNRESET: self = .noGuest(path: path)
    case EACCES, EPERM: self = .notPermitted(path: path)
    case EAGAIN: self = .silent(path: path, milliseconds: milliseconds)
    default: self = .system(path: path, error)
    }
  }
}

extension ConsoleError: CustomStringConvertible {
  /// What is wrong and what to do, in sentences.
  package var description: String {
    switch self {
    case .noGuest(let path):
      "No guest answers at \(path). `umbel guest list` shows the guests that run."
    case .notPermitted(let path):
      "The guest's console \(path) is closed to you. It belongs to the user who started the guest: use sudo."
    case .silent(let path, let milliseconds):
      "The guest at \(path) did not answer within \(milliseconds) ms. It is stopped, or busy: try again."
    case .otherVersion(let path, let words):
      "The guest at \(path) speaks another version of the console's protocol (it says: \(words)). Use its own "
        + "uml_mconsole."
    case .malformed(let path, let what):
      "What answers at \(path) is no guest's console: \(what). Name the guest's directory with --uml-dir."
    case .requestTooLong(let limit):
      "The request is longer than the \(limit) bytes that a guest's console takes. Use a shorter path for the agent's "
        + "runtime directory (umbeld --runtime-dir)."
    case .refused(let reason):
      reason.isEmpty ? "The guest refuses, and does not say why." : "The guest refuses: \(reason)."
    case .system(let path, let error):
      "\(path): \(error). Name the guest's directory with --uml-dir."
    }
  }
}
