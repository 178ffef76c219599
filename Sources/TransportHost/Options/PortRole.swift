/// Which side of a LAN a port is on. Raw values are those of `UMBEL_ROLE_*` in `umbel_transport.h`, which are also the
/// bits of `UMBEL_ROLES_*`.
package enum PortRole: UInt32, Sendable, CaseIterable {
  /// Stations of this host.
  case guest = 1
  /// Other hosts. What came in by a trunk never leaves by a trunk.
  case trunk = 2

  /// The word in configurations.
  package var word: String {
    switch self {
    case .guest: "guest"
    case .trunk: "trunk"
    }
  }

  /// The role of that word.
  package init?(word: some StringProtocol) {
    guard let role = Self.allCases.first(where: { $0.word == word }) else { return nil }
    self = role
  }

  /// The roles in a sum of `UMBEL_ROLES_*`; unknown bits are left out.
  package static func roles(in bits: UInt32) -> [PortRole] {
    allCases.filter { bits & $0.rawValue != 0 }
  }
}
