import ArgumentParser
import CBenchmark
import Glibc
import LinuxIO

/// How a client joins a switch; see the command's help for the spelling.
enum Way: ExpressibleByArgument, Equatable, CustomStringConvertible {
  case seqpacket(path: String)
  case stream(path: String)
  case vde(path: String)
  case multicast(group: String, port: UInt16, interface: String?)
  case tap(name: String)
  case pair

  init?(argument: String) {
    let parts = argument.split(separator: ":", maxSplits: 1).map(String.init)
    switch (parts.first, parts.count) {
    case ("pair", 1): self = .pair
    case ("seqpacket", 2): self = .seqpacket(path: parts[1])
    case ("stream", 2): self = .stream(path: parts[1])
    case ("vde", 2): self = .vde(path: parts[1])
    case ("tap", 2): self = .tap(name: parts[1])
    case ("mcast", 2):
      let fields = parts[1].split(separator: ":").map(String.init)
      guard (2...3).contains(fields.count), let port = UInt16(fields[1]) else { return nil }
      self = .multicast(group: fields[0], port: port, interface: fields.count == 3 ? fields[2] : nil)
    default: return nil
    }
  }

  var description: String {
    switch self {
    case .seqpacket(let path): "seqpacket:\(path)"
    case .stream(let path): "stream:\(path)"
    case .vde(let path): "vde:\(path)"
    case .multicast(let group, let port, let interface): "mcast:\(group):\(port)" + (interface.map { ":\($0)" } ?? "")
    case .tap(let name): "tap:\(name)"
    case .pair: "pair"
    }
  }

  /// One endpoint by each way.
  static func open(_ first: Way, _ second: Way) throws(LoadError) -> (benchmark_endpoint, benchmark_endpoint) {
    guard first == .pair || second == .pair else { return (try first.open(), try second.open()) }
    guard first == second else { throw .pairNeedsNoReceiver }
    var ends = (benchmark_endpoint(), benchmark_endpoint())
    let result = unsafe benchmark_open_pair(&ends.0, &ends.1)
    guard result == 0 else { throw .cannotJoin("pair", Errno(-result)) }
    return ends
  }

  func open() throws(LoadError) -> benchmark_endpoint {
    var endpoint = benchmark_endpoint()
    let result =
      switch self {
      case .seqpacket(let path): unsafe benchmark_open_seqpacket(&endpoint, path)
      case .stream(let path): unsafe benchmark_open_stream(&endpoint, path)
      case .vde(let path): unsafe benchmark_open_vde(&endpoint, path)
      case .multicast(let group, let port, let interface):
        unsafe benchmark_open_multicast(&endpoint, group, port, interface)
      case .tap(let name): unsafe benchmark_open_tap(&endpoint, name)
      case .pair: -EINVAL
      }
    guard result == 0 else { throw .cannotJoin(description, Errno(-result)) }
    return endpoint
  }
}

/// CPU nanoseconds that all threads of a process have used, or -errno.
func switchCPUNanoseconds(_ process: Int32) -> Int64 {
  benchmark_cpu_nanoseconds(process)
}
