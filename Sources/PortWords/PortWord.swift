// The HOWTO's words: what User Mode Linux took after `ethN=`, read here wherever a port is named.
//
//   mcast,<ethernet address>,<multicast address>,<multicast port>,<ttl>
//   tuntap,<tap device>,<ethernet address>,<host IP address>
//   ethertap,<device>,<ethernet address>,<host IP address>          the device of Linux 2.2; carried out on a TAP
//   daemon,<ethernet address>,<socket type>,<control socket>,<data socket>
//
// Fields are known by their position, an empty or missing one takes its default, and one too many is refused even when
// it is empty, as kernels do. Fields are counted from 1, which is the transport; columns from 1, in Unicode scalars.
//
// Whose is what: the ethernet address is that of the guest's NIC, the host IP address that of the TAP on the host. So
// `fe:fd` and an IP address is never made of the latter; a guest's IP address is known only from its kernel's `ip=`
// word, see `KernelCommand`. The host's address stands alone, as uml_net set it (a network of one; the way to the guest
// was a host route), unless its network is named, which the HOWTO's grammar does not have: `192.168.0.254/24`. A port of a LAN has no MAC: one that is named is checked and said not to apply.

package import Ethernet

/// A word that has been read.
package struct PortWord: Hashable, Sendable {
  /// What stands before the first comma.
  package enum Transport: String, CaseIterable, Sendable {
    case mcast
    case tuntap
    case ethertap
    case daemon
  }

  /// What the fields say; nil: empty or missing.
  package enum Meaning: Hashable, Sendable {
    case multicast(group: IPv4Address?, port: Int?, ttl: Int?)
    /// - host: the address of the device on the host.
    case tap(device: String?, host: IPv4HostAddress?)
    case daemon(control: String?, data: String?)
  }

  package let transport: Transport
  /// The guest's; nil: empty or missing.
  package let mac: MACAddress?
  package let meaning: Meaning
  /// The transport first.
  let fields: [WordField]

  /// The defaults of `mcast`: what kernels take for fields that are empty.
  package static let defaultGroup = IPv4Address(rawValue: 0xefc0_a801)
  package static let defaultPort = 1_102
  package static let defaultTTL = 1
  /// The default of `daemon`.
  package static let defaultControl = "/tmp/uml.ctl"
}

extension PortWord.Transport {
  /// The fields by their position.
  var fieldNames: [String] {
    switch self {
    case .mcast: ["transport", "ethernet address", "multicast address", "multicast port", "ttl"]
    case .tuntap: ["transport", "tap device", "ethernet address", "host IP address"]
    case .ethertap: ["transport", "device", "ethernet address", "host IP address"]
    case .daemon: ["transport", "ethernet address", "socket type", "control socket", "data socket"]
    }
  }

  /// How it is written in full, for a sentence.
  package var form: String {
    ([rawValue] + fieldNames.dropFirst().map { "<\($0)>" }).joined(separator: ",")
  }
}
