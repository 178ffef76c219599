import ArgumentParser
import CBenchmark
import Glibc
import LinuxIO

/// One client that only sends, at next to no cost: the same frames again and again, 64 KiB a system call, into a stream
/// whose full buffer puts it to sleep. Who measures counts where they come out.
struct Pour: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Send into a stream as fast as the switch takes it; what comes of it is counted elsewhere.")

  private static let bytesACall = 65_536

  @Argument(help: "How the sender joins the switch: stream:PATH.") var way: Way
  @Option(help: "Bytes a frame, 60 to 9216.") var size = 64
  @Option(help: "For how long, in seconds.") var seconds = 1.0

  func validate() throws {
    guard case .stream = way else { throw ValidationError("the way is stream:PATH") }
    guard (60...9216).contains(size) else { throw ValidationError("--size is 60 to 9216 bytes") }
    guard seconds > 0 else { throw ValidationError("--seconds is above 0") }
  }

  func run() throws {
    let client = Client(endpoint: try way.open(), number: 1)
    let began = monotonicNanoseconds()
    let sent = try pour(into: client.endpoint.descriptor, until: began + UInt64(seconds * 1e9), by: client.address)
    let seconds = Double(monotonicNanoseconds() - began) / 1e9
    var report = Report()
    report.add("mode", "pour")
    report.add("sent", sent)
    report.add("seconds", seconds, digits: 4)
    report.add("frames_per_second", Double(sent) / seconds, digits: 0)
    report.print(json: false)
  }

  /// - Returns: frames that the stream took, the last of them whole.
  private func pour(into descriptor: Int32, until end: UInt64, by source: Address) throws(LoadError) -> Int {
    let each = 4 + size
    let bytes = frames(Self.bytesACall / each, from: source)
    var done = 0
    var timeouts = 0
    while monotonicNanoseconds() < end || done % each != 0 {
      let count = unsafe bytes.withUnsafeBytes { bytes in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[(done % bytes.count)...])
        return unsafe send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
      }
      if count > 0 {
        (done, timeouts) = (done + count, 0)
      } else {
        guard errno == EAGAIN || errno == EINTR else { throw .closed(Errno(errno)) }
        timeouts += 1
        guard timeouts < 50 else { throw .stuck }
      }
    }
    return done / each
  }

  /// Frames of one kind, each behind its length: to a station that is nowhere, EtherType 0x88B5 (IEEE 802 local
  /// experimental 1), zeros.
  private func frames(_ count: Int, from source: Address) -> [UInt8] {
    func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64(count - 1 - $0))) }
    }
    let header = bytes(UInt64(size), 4) + bytes(0x0aff_ffff_ffff, 6) + bytes(source, 6) + bytes(0x88b5, 2)
    let frame = header + [UInt8](repeating: 0, count: size - 14)
    return (0..<count).flatMap { _ in frame }
  }
}
