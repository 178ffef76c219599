/// What was found about one link of the chain between two guests.
package struct Finding: Encodable, Equatable {
  package enum Verdict: String, Encodable {
    case ok
    /// It works, but not as well as it might, or not for long.
    case warning
    /// Frames do not pass, or not all.
    case fault
    /// It could not be looked at.
    case skipped
  }

  /// The links, in the order in which they are walked; also the field `check` of `--json`.
  package enum Check: String, Encodable, CaseIterable {
    case agent, permission, namespace, transport, thread, clock, door, port
    case portTaken = "port-taken"
    case tap, interface
    case multicastFlag = "multicast-flag"
    case carrier, address, route, membership, snooping
    case reversePath = "reverse-path"
    case firewall, buffers
    case kernelDrops = "kernel-drops"
    case mtu
    case foreignSender = "foreign-sender"
    case foreignVNI = "foreign-vni"
    case peer, ttl
    case oneWay = "one-way"
    case secondPath = "second-path"
    case loss, duplicates, path
    case guest
    case guestKernel = "guest-kernel"
  }

  package let check: Check
  package let verdict: Verdict
  /// Nil: of the host or the agent, not of one LAN.
  package var lan: String?
  /// Nil: of no port.
  package var port: String?
  /// A sentence that names the thing, without its full stop.
  package let text: String
  /// What to type, or to do: the first that fits.
  package let remedies: [String]

  package init(
    _ check: Check, _ verdict: Verdict, lan: String? = nil, port: String? = nil, _ text: String,
    remedies: [String] = []
  ) {
    self.check = check
    self.verdict = verdict
    self.lan = lan
    self.port = port
    self.text = text
    self.remedies = remedies
  }
}
