import CLinux
import Glibc

/// Signals as something to poll: a signalfd.
package struct SignalDescriptor: ~Copyable {
  package let descriptor: Descriptor

  /// Blocks the signals in the calling thread, and so in every thread that it makes later, and reads them from now on.
  package init(blocking numbers: [Int32]) throws(Errno) {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    for number in numbers { unsafe sigaddset(&signals, number) }
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    descriptor = Descriptor(
      owning: try retrying { unsafe signalfd(-1, &signals, Int32(SFD_CLOEXEC | SFD_NONBLOCK)) })
  }

  /// The number of the next signal that has come; nil: none.
  package borrowing func next() -> Int32? {
    var information = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    guard unsafe read(descriptor.number, &information, size) == size else { return nil }
    return Int32(information.ssi_signo)
  }
}

/// The file of the running program, without links; nil: /proc is not there.
package func executablePath() -> String? {
  guard let path = unsafe realpath("/proc/self/exe", nil) else { return nil }
  defer { unsafe free(path) }
  return unsafe String(cString: path)
}
