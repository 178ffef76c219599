import CTransport
import Glibc
import LinuxIO

/// What a port leaves to the process after this one, as a host keeps it.
struct KeptPort {
  private static let spare = 32

  /// The numbers that the port has named.
  let named: [Int32]
  /// Duplicates of those descriptors.
  var numbers: [Int32]
  var kinds: [UInt32]
  var state: [UInt8]
  var flags: UInt32

  /// Asks for it, with a stride larger than the structure.
  /// - Returns: nil: the answer is an error.
  init?(flags: UInt32, _ handOver: (UnsafeMutablePointer<umbel_heritage>) -> Int32) {
    var state = [UInt8](repeating: 0, count: flags == UMBEL_HERITAGE_QUIET ? Int(UMBEL_MOST_KEPT_STATE) : 4_096)
    var entries: [umbel_kept] = []
    var length = 0
    var result: Int32 = 0
    unsafe KeptPort.withList([], room: Int(UMBEL_MOST_KEPT)) { list, stride in
      unsafe state.withUnsafeMutableBytes { state in
        var heritage = unsafe umbel_heritage(
          size: UInt32(MemoryLayout<umbel_heritage>.size), flags: flags,
          kept: list.assumingMemoryBound(to: umbel_kept.self), kept_stride: UInt32(stride),
          kept_count: UMBEL_MOST_KEPT, state: state.baseAddress, state_length: UInt32(state.count), zero: 0)
        result = unsafe handOver(&heritage)
        guard result >= 0 else { return }
        entries = (0..<Int(unsafe heritage.kept_count)).map { unsafe (list + $0 * stride).load(as: umbel_kept.self) }
        length = Int(unsafe heritage.state_length)
      }
    }
    guard result >= 0 else { return nil }
    named = entries.map(\.descriptor)
    numbers = named.map { fcntl($0, F_DUPFD_CLOEXEC, 3) }
    kinds = entries.map(\.kind)
    self.state = Array(state[..<length])
    self.flags = flags
  }

  /// Closes the duplicates.
  func close() { for number in numbers { _ = Glibc.close(number) } }

  /// Without the descriptors of the kinds that are left out.
  func keeping(_ isKept: (UInt32) -> Bool) -> KeptPort {
    var copy = self
    copy.numbers = zip(numbers, kinds).filter { isKept($0.1) }.map(\.0)
    copy.kinds = kinds.filter(isKept)
    return copy
  }

  /// With other descriptors.
  func with(_ kept: [(number: Int32, kind: UInt32)]) -> KeptPort {
    var copy = self
    copy.numbers = kept.map(\.number)
    copy.kinds = kept.map(\.kind)
    return copy
  }

  /// With another state.
  func with(state: [UInt8]) -> KeptPort {
    var copy = self
    copy.state = state
    return copy
  }

  /// Calls `body` with the C form, valid during the call; nil: with none.
  static func withC<Result>(_ kept: KeptPort?, _ body: (UnsafePointer<umbel_heritage>?) -> Result) -> Result {
    guard let kept else { return body(nil) }
    let entries = zip(kept.numbers, kept.kinds).map { umbel_kept(descriptor: $0, kind: $1) }
    var state = kept.state
    return unsafe withList(entries, room: entries.count) { list, stride in
      unsafe state.withUnsafeMutableBytes { state in
        var heritage = unsafe umbel_heritage(
          size: UInt32(MemoryLayout<umbel_heritage>.size), flags: kept.flags,
          kept: list.assumingMemoryBound(to: umbel_kept.self), kept_stride: UInt32(stride),
          kept_count: UInt32(entries.count), state: state.baseAddress, state_length: UInt32(state.count), zero: 0)
        return unsafe body(&heritage)
      }
    }
  }

  private static func withList<Result>(
    _ entries: [umbel_kept], room: Int, _ body: (UnsafeMutableRawPointer, Int) -> Result
  ) -> Result {
    let stride = MemoryLayout<umbel_kept>.stride + spare
    let list = UnsafeMutableRawPointer.allocate(byteCount: max(room, 1) * stride, alignment: 8)
    defer { unsafe list.deallocate() }
    for (index, entry) in entries.enumerated() {
      unsafe (list + index * stride).storeBytes(of: entry, as: umbel_kept.self)
    }
    return unsafe body(list, stride)
  }
}

/// How many descriptors this process has open of those that a transport works with: sockets and TAPs. What the test
/// library and the runtime open when they first need it does not count.
func openDescriptors() -> Int {
  TextFile.names(in: "/proc/self/fd").count { name in
    let target = TextFile.link("/proc/self/fd/" + name)
    return target == "/dev/net/tun" || target?.hasPrefix("socket:") == true
  }
}
