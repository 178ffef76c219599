import Glibc
import LinuxIO

/// Where a capture goes: a file, a pipe, standard output. ^C and other signals that end a program are taken from here on,
/// so that what was written ends with a whole block.
final class CaptureOutput {
  private let number: Int32
  private let file: Descriptor?
  private let path: String
  private let signals: SignalDescriptor
  /// A signal has come, or nobody reads any more.
  private(set) var isEnding = false
  private var isBroken = false

  /// How long a reader may take for some bytes once the program is to end, in milliseconds.
  private static let patience: Int32 = 1_000
  /// What a pipe takes in one piece once it takes anything: pipe(7), PIPE_BUF.
  private static let pipeBytes = 4_096

  /// - Parameter path: nil and "-": standard output.
  /// - Throws: that it is a terminal.
  static func check(_ path: String?, lan: String) throws {
    guard path == nil || path == "-", isatty(STDOUT_FILENO) != 0 else { return }
    throw Failure(
      .usage,
      """
      A capture is nothing to read on a terminal. Write it to a file, or have a program read it:
        umbel capture \(lan) -w \(lan).pcapng
        umbel capture \(lan) -w - | wireshark -k -i -
        umbel capture \(lan) -w - | tcpdump -n -r -
      """)
  }

  /// Begins to write: what a file held is gone.
  /// - Parameter path: nil and "-": standard output.
  /// - Throws: that it cannot be written.
  init(path: String?) throws {
    if let path, path != "-" {
      self.path = path
      // A pipe is opened when somebody reads it; until then ^C ends the program.
      let opened = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
      guard opened >= 0 else {
        throw Failure(.cannotCreate, "\(path) cannot be written: \(Errno.current). Name another.")
      }
      file = Descriptor(owning: opened)
      number = opened
    } else {
      self.path = "standard output"
      file = nil
      number = STDOUT_FILENO
    }
    // A reader that goes is told by write.
    _ = signal(SIGPIPE, SIG_IGN)
    signals = try SignalDescriptor(blocking: [SIGINT, SIGTERM, SIGHUP])
  }

  /// Writes bytes; none when nobody reads any more.
  /// - Throws: that they cannot be written, as on a full disk.
  func write(_ bytes: [UInt8]) throws {
    var offset = 0
    while offset < bytes.count, !isBroken {
      guard isWritable() else { continue }
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(number, $0.baseAddress! + offset, min(Self.pipeBytes, bytes.count - offset))
      }
      if count >= 0 {
        offset += count
      } else if errno == EPIPE {
        isBroken = true
        isEnding = true
      } else if errno != EINTR {
        throw Failure(.ioError, "\(path) cannot be written: \(Errno.current).")
      }
    }
  }

  /// Waits until something can be written, or a signal comes.
  private func isWritable() -> Bool {
    let events = wait(for: [(number, Int16(POLLOUT))], milliseconds: isEnding ? Self.patience : -1)
    // A reader that takes nothing any more does not keep the program from ending.
    if events == nil, isEnding { isBroken = true }
    return events?[0] == true
  }

  /// Waits for a descriptor to become readable, a signal, or the end of the time.
  /// - Returns: whether it is readable.
  func wait(forReading descriptor: Int32, milliseconds: Int32) -> Bool {
    wait(for: [(descriptor, Int16(POLLIN))], milliseconds: milliseconds)?[0] == true
  }

  /// - Returns: which of them are ready, or have failed; nil: none, and no signal.
  private func wait(for descriptors: [(Int32, Int16)], milliseconds: Int32) -> [Bool]? {
    var polled = descriptors.map { pollfd(fd: $0.0, events: $0.1, revents: 0) }
    if !isEnding { polled.append(pollfd(fd: signals.descriptor.number, events: Int16(POLLIN), revents: 0)) }
    guard unsafe poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { return nil }
    if !isEnding, polled.last?.revents != 0, signals.next() != nil { isEnding = true }
    return polled.prefix(descriptors.count).map { $0.revents != 0 }
  }
}
