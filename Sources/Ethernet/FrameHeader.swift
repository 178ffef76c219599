// A frame begins with
//
//   0      6      12    14
//   | dst  | src  | type | payload                      untagged
//   | dst  | src  | tag  | TCI | type | payload         tagged: tag is 0x8100 or 0x88a8, the lower 12 bits of TCI the VID
//
// A second tag is payload to a switch. VID 0 is a priority tag, which means the untagged LAN.
//
// The types of this module that every frame touches are `@usableFromInline`: without it the compiler inlines members of a
// package type into no other module, `@inlinable` or not, which cost the switch 70 instructions a frame.

/// What a switch reads of an Ethernet frame.
@usableFromInline package struct FrameHeader: Sendable {
  @usableFromInline package let destination: MACAddress
  @usableFromInline package let source: MACAddress
  /// The VLAN id of the outer tag, 0–4,095; 0: untagged.
  @usableFromInline package let vlan: UInt16
  /// The type field behind the outer tag.
  @usableFromInline package let etherType: EtherType

  /// Bytes of the header without a tag: the least that a frame has.
  @inlinable package static var length: Int { 14 }
  /// Bytes that a VLAN tag takes.
  @inlinable package static var tagLength: Int { 4 }

  @inlinable init(destination: MACAddress, source: MACAddress, vlan: UInt16, etherType: EtherType) {
    self.destination = destination
    self.source = source
    self.vlan = vlan
    self.etherType = etherType
  }
}
