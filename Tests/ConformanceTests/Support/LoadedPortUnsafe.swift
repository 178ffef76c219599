import CTransport
import Glibc
import LinuxIO
import Testing
import TransportHost

/// A port that a test opens itself, without an agent.
@safe
final class LoadedPort {
  let transport: LoadedTransport
  private let opened: LoadedTransport.Opened
  private var isOpen = true

  /// - Parameter adopted: its descriptors are the port's when this succeeds.
  init(_ transport: LoadedTransport, _ options: [String: String], adopted: Heritage? = nil) throws {
    self.transport = transport
    let values = try transport.description.values(from: options.map { (name: $0, text: .text($1)) })
    opened = try unsafe transport.open(
      OpenParameters(number: 1, role: .guest, lan: "lab", name: "port", values: values, adopted: adopted), client: nil)
  }

  deinit { if isOpen { unsafe transport.table.pointee.close(opened.port) } }

  func handOver(isQuiet: Bool) -> Heritage? { unsafe transport.handOver(opened.port, isQuiet: isQuiet) }

  /// The port's process ends, and takes its own descriptors with it. It is never closed.
  /// - Returns: what it leaves, with duplicates.
  func leave(isQuiet: Bool) throws -> Heritage {
    var left = try #require(handOver(isQuiet: isQuiet))
    for index in left.kept.indices {
      let own = left.kept[index].descriptor
      left.kept[index].descriptor = fcntl(own, F_DUPFD_CLOEXEC, 3)
      close(own)
    }
    isOpen = false
    return left
  }

  /// The frames that are there.
  func receive() -> [[UInt8]] {
    var frames = unsafe [umbel_frame](repeating: umbel_frame(), count: 64)
    var more: UInt32 = 0
    let count = unsafe transport.table.pointee.receive(
      opened.endpoint, 0, &frames, UInt32(MemoryLayout<umbel_frame>.stride), 64, &more)
    return unsafe frames.prefix(Int(max(count, 0))).map { frame in
      unsafe Array(UnsafeRawBufferPointer(start: frame.pieces.pointee.data, count: Int(frame.length)))
    }
  }

  /// - Returns: what the transport says.
  func send(_ bytes: [UInt8]) -> Int32 {
    unsafe bytes.withUnsafeBytes { bytes in
      var piece = unsafe umbel_piece(data: bytes.baseAddress, length: bytes.count)
      var frame = unsafe umbel_frame()
      return unsafe withUnsafePointer(to: &piece) { piece in
        unsafe frame.pieces = piece
        unsafe frame.piece_count = 1
        unsafe frame.length = UInt32(bytes.count)
        return unsafe transport.table.pointee.send(
          opened.port, &frame, UInt32(MemoryLayout<umbel_frame>.stride), 1)
      }
    }
  }
}
