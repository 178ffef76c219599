import CTransport
import Glibc
import LinuxIO
import TransportHost

extension ManagedPort {
  /// A plugin asks for the addresses of a host name. Answered on this thread, after a thread of its own has asked the
  /// resolver, which may take long.
  /// - Returns: 0, or `-errno`.
  func resolve(_ name: String, token: UInt64) -> Int32 {
    do throws(Errno) {
      try lan.agent.resolver.resolve(name) { [weak self] answer in
        guard let self, let link = self.link, !link.isLeaving else { return }
        unsafe self.transport.resolved(link.port, token: token, answer: answer)
      }
      return 0
    } catch {
      return -error.code
    }
  }

  /// A plugin's descriptors have changed, said on this thread.
  func descriptorsChanged() {
    guard let link else { return }
    lan.thread.post(link.refreshCommand())
  }
}
