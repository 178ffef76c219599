import CTransport
import LinuxIO

extension IPAddress {
  /// The address as the ABI has it.
  var transportAddress: umbel_address {
    var address = umbel_address()
    address.family = UInt32(family)
    unsafe withUnsafeMutableBytes(of: &address.bytes) { target in
      unsafe withUnsafeBytes(of: bytes) { unsafe target.copyMemory(from: $0) }
    }
    return address
  }
}
