import Ethernet
import LinuxIO

/// A TAP device as `umbel tap list` shows it.
package struct TapListing: Encodable {
  /// A process that has it attached.
  package struct Holder: Encodable {
    package let process: Int32
    package let command: String
  }

  package let name: String
  /// Numbers; nil: nobody but who has CAP_NET_ADMIN may attach it.
  package let user: UInt32?
  package let group: UInt32?
  package let persistent: Bool
  package let up: Bool
  package let mtu: Int
  package let mac: String
  package let bridge: String?
  /// As far as the caller may see them.
  package let holders: [Holder]

  /// Those of this network namespace, by name.
  static func all() throws -> [TapListing] {
    let links: [Interface]
    do throws(Errno) { links = try Interfaces.all() } catch {
      throw Failure(.osError, "The kernel does not list its interfaces: \(error).")
    }
    let holders = TapHolders.all()
    return links.compactMap { link in
      guard let tap = link.tap else { return nil }
      return TapListing(
        name: link.name, user: tap.user, group: tap.group, persistent: tap.isPersistent, up: link.isUp, mtu: link.mtu,
        mac: "\(MACAddress(truncating: link.hardwareAddress.reduce(0) { $0 << 8 | UInt64($1) }))",
        bridge: links.first { $0.index == link.master }?.name,
        holders: (holders[link.name] ?? []).map { Holder(process: $0.process, command: $0.command) })
    }.sorted { $0.name < $1.name }
  }
}
