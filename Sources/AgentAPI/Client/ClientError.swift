package import LinuxIO

/// Why a call has no answer, or the answer is a refusal.
package enum ClientError: Error, Hashable {
  /// Nobody listens at the path.
  case noAgent(path: String)
  /// The socket's mode forbids it.
  case notPermitted(path: String)
  /// The agent took longer than the client waits.
  case timedOut(path: String, seconds: Int)
  /// The agent ended the connection.
  case closed(path: String)
  /// The kernel refused.
  case system(path: String, Errno)
  /// The answer is not one of this interface: the field at fault, or what else is wrong with it.
  case malformed(String)
  /// An error of the interface.
  case refused(AgentError)
  /// An error of the service.
  case service(ServiceError)
  /// An error that this version does not know.
  case unknown(String)
}
