import CLinux
import Glibc

/// The terminal that standard input and output are, for a program that draws on all of it.
enum Terminal {
  /// Why nothing can be drawn here; nil: it can.
  static var obstacle: String? {
    guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return "there is none" }
    let name = unsafe getenv("TERM").map { unsafe String(cString: $0) } ?? ""
    if name.isEmpty { return "TERM does not say which one this is" }
    return name == "dumb" ? "this one is dumb" : nil
  }

  /// Whether the locale of the environment has UTF-8.
  static var isUnicode: Bool {
    guard unsafe setlocale(LC_CTYPE, "") != nil, let name = unsafe nl_langinfo(Int32(CODESET)) else { return false }
    return unsafe String(cString: name) == "UTF-8"
  }

  /// Columns and rows; 80 and 24 where nobody knows.
  static var size: (columns: Int, rows: Int) {
    var columns: UInt16 = 0
    var rows: UInt16 = 0
    guard unsafe clinux_terminal_size(&columns, &rows) == 0, columns > 0, rows > 0 else { return (80, 24) }
    return (Int(columns), Int(rows))
  }

  /// Empties the screen and reads key by key until ``giveBack()``, or the end of the process, whatever ends it.
  static func take() -> Bool { clinux_take_terminal() == 0 }

  /// Leaves it as it was found.
  static func giveBack() { clinux_give_back_terminal() }

  /// What has been pressed; empty: the terminal is gone.
  static func read() -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = unsafe Glibc.read(STDIN_FILENO, &buffer, buffer.count)
    guard count > 0 else { return [] }
    var bytes = Array(buffer[..<count])
    // The rest of a sequence may be on its way.
    if bytes.last == 0x1b, isReadable(within: 50) { bytes += read() }
    return bytes
  }

  private static func isReadable(within milliseconds: Int32) -> Bool {
    var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&input, 1, milliseconds) == 1
  }

  /// Waits for a key or for the other descriptor.
  /// - Returns: which of them have something.
  static func wait(beside other: Int32, milliseconds: Int32) -> (key: Bool, other: Bool) {
    var polled = [
      pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0), pollfd(fd: other, events: Int16(POLLIN), revents: 0),
    ]
    guard unsafe poll(&polled, 2, milliseconds) > 0 else { return (false, false) }
    return (polled[0].revents != 0, polled[1].revents != 0)
  }

  /// Ends this process as the signal does that it has taken.
  static func end(by number: Int32) {
    giveBack()
    _ = signal(number, SIG_DFL)
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, number)
    unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    raise(number)
  }
}
