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
      guard (1...Batch.slots).contains(batch) else { throw ValidationError("--batch is 1 to \(Batch.slots)") }
      let numbers = sizes.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
      guard !numbers.isEmpty, numbers.allSatisfy({ (Batch.datagramHead...9216).contains($0) }) else {
        throw ValidationError("--sizes are 16 to 9216 bytes, with commas between")
      }
      guard segments == 1 || (2...64).contains(segments) && numbers.count == 1 && segments * numbers[0] <= 9216 else {
        throw ValidationError("--segments is 1 to 64 of one size, at most 9216 bytes together")
      }
      guard seconds > 0, rate >= 0 else { throw ValidationError("--seconds is above 0 and --rate not below") }
    }

    func run() throws {
      var endpoint = benchmark_endpoint()
      let result = unsafe benchmark_open_datagram_sender(&endpoint, address, port)
      guard result == 0 else { throw LoadError.cannotJoin(address, Errno(-result)) }
      if segments > 1 {
        let result = unsafe benchmark_set_segments(&endpoint, Int32(sizes) ?? 0)
        guard result == 0 else { throw LoadError.cannotJoin("UDP_SEGMENT", Errno(-result)) }
      }
      let began = monotonicNanoseconds()
      let (sent, refused) = try send(by: endpoint, from: began)
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
    private func send(by endpoint: benchmark_endpoint, from began: UInt64) throws(LoadError) -> (
      sent: Int, refused: Int
    ) {
      let slots = try Batch()
      let mix = sizes.split(separator: ",").map { Int($0) ?? 0 }
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
        for slot in 0..<batch {
          let number = sent + slot * segments
          slots.writeDatagrams(
            slot: slot, count: segments, size: mix[number % mix.count], sequence: UInt64(number))
        }
        let count = slots.send(by: endpoint, first: 0, end: batch, size: 0)
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
      var endpoint = benchmark_endpoint()
      let result = unsafe benchmark_open_datagram_receiver(&endpoint, port, buffer)
      guard result == 0 else { throw LoadError.cannotJoin("port \(port)", Errno(-result)) }
      print("ready")
      fflush(nil)
      let slots = try Batch()
      let deadline = monotonicNanoseconds() + UInt64(patience * 1e9)
      var (received, misordered, above, silences) = (0, 0, UInt64(0), 0)
      var (firstAt, lastAt) = (UInt64(0), UInt64(0))
      while silences < 3 {
        let count = slots.receive(by: endpoint)
        let now = monotonicNanoseconds()
        if count == -EAGAIN {
          if received > 0 { silences += 1 } else if now > deadline { break }
          continue
        }
        guard count >= 0 else { throw LoadError.closed(Errno(-count)) }
        silences = 0
        if received == 0 { firstAt = now }
        for slot in 0..<Int(count) {
          guard let sequence = slots.datagramSequence(slot: slot) else { continue }
          received += 1
          if sequence < above { misordered += 1 } else { above = sequence + 1 }
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
