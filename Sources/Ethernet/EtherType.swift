/// The type field of an Ethernet frame (IANA, IEEE 802 Numbers).
@usableFromInline package struct EtherType: Hashable, Sendable {
  /// The field's value in host byte order. Values below 0x0600 are a length (IEEE 802.3).
  @usableFromInline package let rawValue: UInt16

  @inlinable package init(rawValue: UInt16) { self.rawValue = rawValue }

  @inlinable package static var ipv4: EtherType { EtherType(rawValue: 0x0800) }
  @inlinable package static var ipv6: EtherType { EtherType(rawValue: 0x86dd) }
  /// A customer VLAN tag follows (IEEE 802.1Q).
  @inlinable package static var customerTag: EtherType { EtherType(rawValue: 0x8100) }
  /// A service VLAN tag follows (IEEE 802.1ad).
  @inlinable package static var serviceTag: EtherType { EtherType(rawValue: 0x88a8) }
  /// MAC control: pause frames, priority flow control (IEEE 802.3, annex 31A).
  @inlinable package static var macControl: EtherType { EtherType(rawValue: 0x8808) }
  /// The second of the two that IEEE 802 leaves to local experiments: what agents say to each other.
  @inlinable package static var localExperimental2: EtherType { EtherType(rawValue: 0x88b6) }

  // Written out, because the compiler's own is not inlined into other modules.
  @inlinable package static func == (left: EtherType, right: EtherType) -> Bool { left.rawValue == right.rawValue }

  /// Whether four bytes of VLAN tag begin here.
  @inlinable package var isTag: Bool { self == .customerTag || self == .serviceTag }
}
