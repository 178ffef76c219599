import CTransport
import Glibc

/// What getaddrinfo said about a host name.
package struct ResolvedAddresses: Sendable {
  /// 4 or 16 bytes each, network order.
  package let addresses: [[UInt8]]
  /// 0, or the resolver's code (`EAI_*` of `<netdb.h>`, negative).
  package let code: Int32

  /// Asks the resolver; may take long.
  package init(resolving name: String) {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
    unsafe hints.ai_flags = AI_ADDRCONFIG
    var list: UnsafeMutablePointer<addrinfo>?
    code = unsafe getaddrinfo(name, nil, &hints, &list)
    defer { unsafe freeaddrinfo(list) }
    var found: [[UInt8]] = []
    var entry = code == 0 ? unsafe list : nil
    while let info = unsafe entry {
      if unsafe info.pointee.ai_family == AF_INET {
        unsafe info.pointee.ai_addr.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { address in
          unsafe withUnsafeBytes(of: &address.pointee.sin_addr) { unsafe found.append(Array($0)) }
        }
      } else if unsafe info.pointee.ai_family == AF_INET6 {
        unsafe info.pointee.ai_addr.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
          unsafe withUnsafeBytes(of: &address.pointee.sin6_addr) { unsafe found.append(Array($0)) }
        }
      }
      unsafe entry = unsafe info.pointee.ai_next
    }
    addresses = found
  }
}

extension LoadedTransport {
  /// Whether a waiting port can be tried again.
  package var hasPrepare: Bool { unsafe table.pointee.prepare != nil }

  /// Control thread. Gives a port the answer to its question.
  package func resolved(_ port: OpaquePointer, token: UInt64, answer: ResolvedAddresses) {
    guard let resolved = unsafe table.pointee.resolved else { return }
    let addresses = answer.addresses.map { bytes in
      var address = umbel_address()
      address.family = UInt32(bytes.count == 4 ? AF_INET : AF_INET6)
      unsafe withUnsafeMutableBytes(of: &address.bytes) { unsafe $0.copyBytes(from: bytes) }
      return address
    }
    unsafe addresses.withUnsafeBufferPointer { buffer in
      unsafe resolved(
        port, token, buffer.baseAddress, UInt32(MemoryLayout<umbel_address>.stride),
        answer.code == 0 ? Int32(buffer.count) : min(answer.code, -1))
    }
  }
}
