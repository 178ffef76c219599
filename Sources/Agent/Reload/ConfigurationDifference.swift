// What a reload has to do: the configuration that is wanted, compared with what is there. Values alone, so that every
// case can be tested without an agent; `ConfigurationChange` carries it out.
//
// Compared is what is there, not the configuration that was read before: what was removed by hand or has failed comes
// back. What was made by hand and the configuration does not name is left alone; what it names is the configuration's from
// then on, and is changed to what it says. Guests are no part of it: they end with their LAN alone.

package import TransportHost

/// The steps from what is there to a configuration.
package struct ConfigurationDifference: Sendable {
  /// Names of LANs that end with all that is in them.
  package private(set) var removed: [String] = []
  /// LANs that are made with all their doors and ports.
  package private(set) var added: [LanConfiguration] = []
  /// LANs that stay and in which something changes.
  package private(set) var changed: [LANDifference] = []
  /// The number of forwarding threads that would be wanted: they are made at the start alone. nil: as many as there are.
  package let otherThreads: Int?
  /// Another `busy-poll`, which holds for threads that run. nil: as before.
  package let otherBusyPoll: BusyPoll?

  /// - Parameters:
  ///   - present: what is there; each LAN once.
  ///   - threads: forwarding threads that there are.
  ///   - busyPoll: that of theirs.
  ///   - transports: those that the configuration was read with.
  package init(
    from present: [PresentLAN], threads: Int, busyPoll: BusyPoll = .off, to wanted: Configuration,
    transports: [TransportDescription]
  ) {
    otherBusyPoll = wanted.busyPoll == busyPoll ? nil : wanted.busyPoll
    otherThreads = wanted.threads == threads ? nil : wanted.threads
    removed = present.filter { lan in lan.isConfigured && !wanted.lans.contains { $0.name == lan.configuration.name } }
      .map(\.configuration.name)
    for lan in wanted.lans {
      if let old = present.first(where: { $0.configuration.name == lan.name }) {
        let difference = LANDifference(from: old, to: lan, transports: transports)
        if !difference.isEmpty { changed.append(difference) }
      } else {
        added.append(lan)
      }
    }
  }
}
