import Glibc
import LinuxIO
import TransportKit

/// Where the option `connect` leads to.
enum ConnectTarget: Equatable {
  /// A Unix socket.
  case path(String)
  case address(SocketAddress)
  case name(String, port: UInt16)

  /// - Throws: `text` is neither an absolute path, nor HOST:PORT, nor [IPV6]:PORT.
  init(_ text: String) throws(TransportProblem) {
    if text.hasPrefix("/") {
      guard text.utf8.count <= UnixSocket.longestPath else {
        throw Self.problem("the path of a socket has at most \(UnixSocket.longestPath) bytes")
      }
      self = .path(text)
      return
    }
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
      throw Self.problem("write an absolute path, HOST:PORT or [IPV6]:PORT")
    }
    let host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      guard let address = IPAddress(String(host.dropFirst().dropLast())), address.family == AF_INET6 else {
        throw Self.problem("\(host) is no IPv6 address")
      }
      self = .address(SocketAddress(address, port: port))
    } else if host.isEmpty || host.contains(":") {
      throw Self.problem("write HOST:PORT, and an IPv6 address in brackets")
    } else if let address = IPAddress(String(host)) {
      self = .address(SocketAddress(address, port: port))
    } else {
      self = .name(String(host), port: port)
    }
  }

  private static func problem(_ text: String) -> TransportProblem { TransportProblem(text, option: "connect") }
}

extension ConnectTarget: CustomStringConvertible {
  var description: String {
    switch self {
    case .path(let path): path
    case .address(let address): "\(address)"
    case .name(let name, let port): "\(name):\(port)"
    }
  }
}
