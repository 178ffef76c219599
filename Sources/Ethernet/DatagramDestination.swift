// How a frame is recognized as a UDP datagram: behind at most two VLAN tags lies an IPv4 packet, with options or without,
// or an IPv6 packet with at most eight extension headers. A later fragment has no UDP header; it is known by its address
// and protocol alone (RFC 791, section 3.1; RFC 8200, section 4.5).
//
// Not recognized: more than two tags, a datagram inside another tunnel, one behind ESP, and later fragments of IPv6 whose
// fragmentable part begins with another extension header.

/// Where a frame goes that is a UDP datagram or a fragment of one.
@usableFromInline package struct DatagramDestination: Hashable, Sendable {
  package let address: InternetAddress
  /// The UDP port; nil: a later fragment, which does not say.
  package let port: UInt16?

  package init(address: InternetAddress, port: UInt16?) {
    self.address = address
    self.port = port
  }

  /// Bytes of a frame that are looked at, at most: Ethernet with two tags, IPv6, and room for extension headers.
  package static let mostHeaderBytes = 256
}
