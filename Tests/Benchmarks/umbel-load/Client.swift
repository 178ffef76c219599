import CBenchmark
import Glibc
import LinuxIO

/// A client of the switch: its socket and its Ethernet address. The process's end closes the socket.
struct Client: Sendable {
  static let everyone: Address = 0xffff_ffff_ffff
  let endpoint: benchmark_endpoint
  let address: Address

  /// - Parameter number: tells the clients of one process apart; the process's id tells those of several.
  init(endpoint: benchmark_endpoint, number: UInt64) {
    self.endpoint = endpoint
    address = 0x0275_0000_0000 | UInt64(getpid() & 0xff_ffff) << 8 | number
  }

  /// The address of one of many stations behind this client; 0 is the client itself.
  func address(station: Int) -> Address {
    station == 0 ? address : 0x0a00_0000_0000 | (address & 0xff) << 32 | UInt64(station)
  }

  func setBuffers(bytes: Int32) throws(LoadError) {
    var endpoint = endpoint
    let result = unsafe benchmark_set_buffers(&endpoint, bytes)
    guard result == 0 else { throw .closed(Errno(-result)) }
  }

  /// Sends broadcasts to and fro until each has heard the other, so that the switch knows both.
  func meet(_ other: Client) throws(LoadError) {
    let batch = try Batch()
    for _ in 0..<25 {
      try shout(batch)
      let heard = try other.hears(self, batch)
      try other.shout(batch)
      if try hears(other, batch), heard { return }
    }
    throw .deaf
  }

  /// Sends broadcasts until each of the others has heard one.
  func reach(_ others: [Client]) throws(LoadError) {
    let batch = try Batch()
    for _ in 0..<25 {
      try shout(batch)
      var deaf = 0
      for other in others where try !other.hears(self, batch) { deaf += 1 }
      if deaf == 0 { return }
    }
    throw .deaf
  }

  private func shout(_ batch: borrowing Batch) throws(LoadError) {
    batch.write(slot: 0, to: Client.everyone, from: address, kind: .hello, sequence: 0)
    let sent = batch.send(by: endpoint, first: 0, end: 1, size: 60)
    guard sent >= 0 || sent == -EAGAIN else { throw .closed(Errno(-sent)) }
  }

  private func hears(_ other: Client, _ batch: borrowing Batch) throws(LoadError) -> Bool {
    while true {
      let count = batch.receive(by: endpoint)
      if count == -EAGAIN { return false }
      guard count >= 0 else { throw .closed(Errno(-count)) }
      for slot in 0..<Int(count) where batch.sequence(slot: slot, for: Client.everyone, kind: .hello) != nil {
        if batch.source(slot: slot) == other.address { return true }
      }
    }
  }
}
