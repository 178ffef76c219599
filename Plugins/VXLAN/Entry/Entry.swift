// The shared object's one symbol. Apart from the module, because all tests link into one binary.

public import CTransport
import TransportKit
import VXLANTransport

// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
public func umbel_transport_entry(_ host: UnsafePointer<umbel_host>!) -> UnsafePointer<umbel_transport>! {
  unsafe vxlanTransport.table(for: host)
}
