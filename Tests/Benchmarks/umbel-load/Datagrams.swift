import ArgumentParser
import CBenchmark
import Glibc
import LinuxIO

/// UDP between the devices of two hosts: what an application's datagrams meet, the host's own stack included.
struct Datagrams: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Numbered UDP datagrams from one host to another, which counts them.",
    subcommands: [Send.self, Receive.self])

  struct Send: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Send for a while, as fast as the socket takes them or at a rate.")

    @Argument(help: "Where to: an IPv4 address.") var address: String
    @Option(help: "The UDP port.") var port: UInt16 = 5001
    @Option(help: "Bytes of payload, 16 to 9216; several with commas are sent in turn.") var sizes = "22"
    @Option(help: "What a system call sends: datagrams, or runs of segments, 1 to 64.") var batch = 64
    @Option(help: "Datagrams of the one size that the kernel makes of each that is sent, 1 to 64 (UDP_SEGMENT).")
    var segments = 1
    @Option(help: "For how long, in seconds.") var seconds = 1.0
    @Option(help: "Datagrams a second; 0: as many as there can be.") var rate = 0.0

    func validate() throws {
      guard (1...Int(BENCHMARK_SLOTS)).contains(batch) else {
        throw ValidationError("--batch is 1 to \(BENCHMARK_SLOTS)")
      }
      let numbers = sizes.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
      guard !numbers.isEmpty,
        numbers.allSatisfy({ (Int(BENCHMARK_DATAGRAM_HEAD)...Int(BENCHMARK_DATAGRAM_BYTES)).contains($0) })
      else {
        throw ValidationError("--sizes are 16 to 9216 bytes, with commas between")
      }
      guard
        segments == 1
          || (2...64).contains(segments) && numbers.count == 1 && segments * numbers[0] <= BENCHMARK_DATAGRAM_BYTES
      else {
        throw ValidationError("--segments is 1 to 64 of one size, at most 9216 bytes together")
      }
      guard seconds > 0, rate >= 0 else { throw ValidationError("--seconds is above 0 and --rate not below") }
    }

    func run() throws {
      let segment = segments > 1 ? Int32(sizes) ?? 0 : 0
      let socket = unsafe benchmark_open_datagram_sender(address, port, segment)
      guard socket >= 0 else { throw LoadError.cannotJoin(address, Errno(-socket)) }
      let began = monotonicNanoseconds()
      let (sent, refused) = try send(by: socket, from: began)
      let seconds = Double(monotonicNanoseconds() - began) / 1e9
      var report = Report()
      report.add("mode", "datagrams")
      report.add("sent", sent)
      report.add("refused", refused)
      report.add("seconds", seconds, digits: 4)
      report.add("datagrams_per_second", Double(sent) / seconds, digits: 0)
      report.print(json: false)
    }

    /// - Returns: datagrams that the socket took, and how often it took none because a queue was full.
    private func send(by socket: Int32, from began: UInt64) throws(LoadError) -> (sent: Int, refused: Int) {
      let mix = sizes.split(separator: ",").map { UInt32($0) ?? 0 }
      // The lengths of a batch, for each size that may be its first.
      let lengths = mix.indices.map { first in (0..<batch).map { mix[(first + $0) % mix.count] } }
      let end = began + UInt64(seconds * 1e9)
      var sent = 0
      var refused = 0
      while true {
        let now = monotonicNanoseconds()
        if now >= end { return (sent, refused) }
        if rate > 0 {
          let due = began + UInt64(Double(sent) / rate * 1e9)
          if due > now {
            _ = usleep(UInt32((min(due, end) - now) / 1000))
            continue
          }
        }
        let count = unsafe benchmark_send_datagrams(
          socket, UInt64(sent), lengths[sent % mix.count], UInt32(batch), UInt32(segments))
        if count >= 0 {
          sent += Int(count) * segments
        } else {
          // ECONNREFUSED is news of an earlier datagram.
          guard [EAGAIN, ENOBUFS, ECONNREFUSED].contains(-count) else { throw .closed(Errno(-count)) }
          refused += 1
        }
      }
    }
  }

  struct Receive: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Count what comes until nothing comes any more; the word \"ready\" says that it may.")

    @Option(help: "The UDP port.") var port: UInt16 = 5001
    @Option(help: "The socket's receive buffer in bytes.") var buffer: Int32 = 8_388_608
    @Option(help: "How long to wait for the first, in seconds.") var patience = 10.0

    func run() throws {
      let socket = benchmark_open_datagram_receiver(port, buffer)
      guard socket >= 0 else { throw LoadError.cannotJoin("port \(port)", Errno(-socket)) }
      print("ready")
      fflush(nil)
      var numbers = [UInt64](repeating: 0, count: Int(BENCHMARK_SLOTS))
      let deadline = monotonicNanoseconds() + UInt64(patience * 1e9)
      var (received, misordered, above, silences) = (0, 0, UInt64(0), 0)
      var (firstAt, lastAt) = (UInt64(0), UInt64(0))
      while silences < 3 {
        let count = unsafe benchmark_receive_datagrams(socket, &numbers)
        let now = monotonicNanoseconds()
        if count == -EAGAIN {
          if received > 0 { silences += 1 } else if now > deadline { break }
          continue
        }
        guard count >= 0 else { throw LoadError.closed(Errno(-count)) }
        silences = 0
        if received == 0 && count > 0 { firstAt = now }
        received += Int(count)
        for number in numbers.prefix(Int(count)) {
          if number < above { misordered += 1 } else { above = number + 1 }
        }
        lastAt = now
      }
      var report = Report()
      report.add("mode", "datagrams")
      report.add("received", received)
      report.add("misordered", misordered)
      let seconds = Double(lastAt - firstAt) / 1e9
      report.add("seconds", seconds, digits: 4)
      report.add("datagrams_per_second", seconds > 0 ? Double(received) / seconds : 0, digits: 0)
      report.print(json: false)
    }
  }
}
