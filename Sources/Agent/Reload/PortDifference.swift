import TransportHost

/// What becomes of a port.
package struct PortDifference: Hashable, Sendable {
  package enum Step: Hashable, Sendable {
    case remove
    case add(PortConfiguration)
    /// It ends, and is opened with other options.
    case reopen(PortConfiguration)
    /// What changes can change while it runs: live options of its transport, options of the agent's own.
    case change(PortConfiguration)
    /// Nothing but whose it is.
    case keep
  }

  package let name: String
  package let step: Step
  /// It was made by hand, and is the configuration's from now on.
  package let isAdopted: Bool

  package init(name: String, step: Step, isAdopted: Bool) {
    self.name = name
    self.step = step
    self.isAdopted = isAdopted
  }

  /// - Returns: nil: nothing.
  init?(from old: PresentPort?, to new: PortConfiguration, transports: [TransportDescription]) {
    guard let old else {
      self.init(name: new.name, step: .add(new), isAdopted: false)
      return
    }
    let step: Step =
      if old.isLost || !Self.isLive(from: old.configuration, to: new, transports) {
        .reopen(new)
      } else if old.configuration != new {
        .change(new)
      } else {
        .keep
      }
    if step == .keep, old.isConfigured { return nil }
    self.init(name: new.name, step: step, isAdopted: !old.isConfigured)
  }

  /// Whether the port can become the other while it runs.
  private static func isLive(
    from old: PortConfiguration, to new: PortConfiguration, _ transports: [TransportDescription]
  ) -> Bool {
    guard old.transport == new.transport, old.role == new.role,
      let options = transports.first(where: { $0.name == new.transport })?.options
    else { return false }
    return options.indices.allSatisfy { index in
      options[index].isLive
        || old.values.first { $0.option == index } == new.values.first { $0.option == index }
    }
  }
}
