public import CTransport

/// Datagrams by which a trunk reaches other hosts; see ``HostPort/reportUnderlay(_:)``.
public struct UnderlayFlow: Sendable {
  let flow: umbel_flow

  /// - Parameters:
  ///   - address: where they go; nil: to that port of any address.
  ///   - port: the UDP port, 1–65,535.
  public init(to address: umbel_address?, port: UInt16) {
    flow = umbel_flow(address: address ?? umbel_address(), port: UInt32(port))
  }
}
