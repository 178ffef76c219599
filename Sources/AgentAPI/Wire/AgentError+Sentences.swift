extension AgentError {
  /// There is no LAN of that name.
  /// - Parameter existing: the names there are.
  package static func noSuchLan(_ name: String, existing: [String]) -> AgentError {
    missing(
      .noSuchLan, name, "There is no LAN \"\(name)\".", list: "LANs", existing,
      none: "There are no LANs: add one with `umbel lan add \(name)`.")
  }

  /// There is no port of that name in the LAN.
  /// - Parameter existing: the names there are.
  package static func noSuchPort(_ name: String, lan: String, existing: [String]) -> AgentError {
    missing(
      .noSuchPort, name, "LAN \"\(lan)\" has no port \"\(name)\".", list: "Its ports", existing,
      none: "It has no ports: add one with `umbel port add \(lan) TRANSPORT`.")
  }

  /// No plugin of that name was loaded.
  /// - Parameter existing: the names there are.
  package static func noSuchTransport(_ name: String, existing: [String]) -> AgentError {
    missing(
      .noSuchTransport, name, "There is no transport \"\(name)\".", list: "Transports", existing,
      none: "No plugin was loaded: `umbel transport list` says why.")
  }

  /// The name of the new LAN is taken.
  package static func lanExists(_ name: String) -> AgentError {
    AgentError(
      .lanExists,
      Details(
        subject: name, what: "There is a LAN \"\(name)\" already.",
        remedy: "Choose another name, or end that one with `umbel lan remove \(name)`."))
  }

  /// The name of the new port is taken.
  package static func portExists(_ name: String, lan: String) -> AgentError {
    AgentError(
      .portExists,
      Details(
        subject: name, what: "LAN \"\(lan)\" has a port \"\(name)\" already.",
        remedy: "Choose another name, or end that one with `umbel port remove \(lan) \(name)`."))
  }

  /// No mirror of the LAN has that target.
  /// - Parameter existing: the targets there are.
  package static func noSuchMirror(_ target: String, lan: String, existing: [String]) -> AgentError {
    missing(
      .noSuchMirror, target, "LAN \"\(lan)\" has no mirror to \"\(target)\".", list: "Its mirrors are to", existing,
      none: "It has no mirrors: add one with `umbel mirror add \(lan) --from PORT --to \(target)`.")
  }

  /// The target of the new mirror has one already.
  package static func mirrorExists(_ target: String, lan: String) -> AgentError {
    AgentError(
      .mirrorExists,
      Details(
        subject: target, what: "LAN \"\(lan)\" has a mirror to \"\(target)\" already.",
        remedy: "End that one first with `umbel mirror remove \(lan) \(target)`, or choose another target."))
  }

  /// The caller is not one of those who may.
  /// - Parameters:
  ///   - user: number of the caller: asking for the name may take long.
  ///   - group: whose members may.
  package static func notPermitted(user: String, group: String) -> AgentError {
    AgentError(
      .notPermitted,
      Details(
        subject: user, what: "User \(user) may not control this agent.",
        remedy: "Join group \(group) (`sudo usermod -aG \(group) $USER`, then log in again), or use sudo."))
  }

  /// An option that the transport or LAN does not take, or not with that value.
  /// - Parameters:
  ///   - option: its name.
  ///   - problem: what is wrong: the rest of a sentence that begins with the option.
  ///   - remedy: what is allowed: a sentence.
  ///   - near: the option that was probably meant.
  package static func invalidOption(
    _ option: String, problem: String, remedy: String, near: String? = nil
  ) -> AgentError {
    let hint = near.map { "Did you mean \"\($0)\"? " } ?? ""
    let end = problem.hasSuffix("?") ? "" : "."
    return AgentError(
      .invalidOption,
      Details(subject: option, what: "Option \"\(option)\" \(problem)\(end)", remedy: hint + remedy, near: near))
  }

  /// No more of those.
  /// - Parameters:
  ///   - subject: of what, in the plural.
  ///   - limit: how many there may be.
  ///   - remedy: what to do: a sentence.
  package static func limitReached(_ subject: String, limit: Int, remedy: String) -> AgentError {
    AgentError(
      .limitReached, Details(subject: subject, what: "There may be no more than \(limit) \(subject).", remedy: remedy))
  }

  /// The configuration is wrong, and nothing of it was taken.
  /// - Parameters:
  ///   - file: the first at fault.
  ///   - problems: all that is wrong, each a line with its place.
  package static func configurationRefused(_ file: String, problems: [String]) -> AgentError {
    let most = 100
    var lines = problems.prefix(most).joined(separator: "\n")
    if problems.count > most { lines += "\nand \(problems.count - most) more: `umbel check-config` shows all" }
    return AgentError(
      .configurationRefused,
      Details(
        subject: file, what: lines, remedy: "The configuration before it stays in force: correct this one, and reload.")
    )
  }

  /// Something else.
  /// - Parameters:
  ///   - subject: the LAN, port or file it is about.
  ///   - what: a sentence.
  ///   - remedy: a sentence.
  package static func failed(_ subject: String, what: String, remedy: String) -> AgentError {
    AgentError(.failed, Details(subject: subject, what: what, remedy: remedy))
  }

  private static func missing(
    _ kind: Kind, _ name: String, _ what: String, list: String, _ existing: [String], none: String
  ) -> AgentError {
    let near = nearestName(to: name, among: existing)
    let hint = near.map { "Did you mean \"\($0)\"? " } ?? ""
    let names = existing.isEmpty ? none : "\(list): \(listing(existing.sorted()))."
    return AgentError(kind, Details(subject: name, what: what, remedy: hint + names, near: near))
  }

  /// The first 20 names, and how many more there are.
  private static func listing(_ names: [String]) -> String {
    let first = names.prefix(20).joined(separator: ", ")
    return names.count > 20 ? "\(first) and \(names.count - 20) more" : first
  }
}
