package import CTransport
import Glibc

/// Datagrams by which a trunk reaches other hosts: UDP to this address and port.
package struct UnderlayFlow: Hashable, Sendable {
  /// 4 or 16 bytes in network order; empty: any address.
  package let address: [UInt8]
  /// Not 0.
  package let port: UInt16

  package init(address: [UInt8], port: UInt16) {
    self.address = address
    self.port = port
  }

  /// - Returns: nil for a family other than IPv4, IPv6 and 0, and for a port that is none.
  package init?(_ flow: umbel_flow) {
    guard let port = UInt16(exactly: flow.port), port > 0 else { return nil }
    let length: Int
    switch flow.address.family {
    case 0: length = 0
    case UInt32(AF_INET): length = 4
    case UInt32(AF_INET6): length = 16
    default: return nil
    }
    var bytes = flow.address.bytes
    address = unsafe withUnsafeBytes(of: &bytes) { unsafe Array($0.prefix(length)) }
    self.port = port
  }
}

extension UnderlayFlow: CustomStringConvertible {
  /// `239.192.168.1:1102`, `[ff05::1]:1102`, `*:4789`.
  package var description: String {
    if address.isEmpty { return "*:\(port)" }
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let family = address.count == 4 ? AF_INET : AF_INET6
    guard unsafe inet_ntop(family, address, &text, socklen_t(text.count)) != nil else { return "?:\(port)" }
    let name = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    let canonical = String(decoding: name, as: UTF8.self)
    return address.count == 4 ? "\(canonical):\(port)" : "[\(canonical)]:\(port)"
  }
}
