import TransportHost

extension ConfigurationReader {
  /// Reads what `ports` holds.
  /// - Parameters:
  ///   - defaults: the LAN's, of guest ports.
  ///   - doors: gets the doors that the words of the list ask for.
  mutating func readPorts(
    _ ports: ConfigurationNode.Entry, lan: String, defaults: GuestDefaults, doors: inout [ConfigurationNode]
  ) -> [PortConfiguration] {
    let written: [ConfigurationNode]
    switch ports.value.content {
    case .empty: return []
    case .list(let list): written = list
    case .text, .map:
      refuse(
        ports.value.location, ports.key, "is \(ports.value.kind); it must be a list, such as [{transport: mcast}]")
      return []
    }
    let nodes = written.compactMap { portNode($0, doors: &doors) }
    let given = nodes.map { readName($0) }
    var names: [String: SourceLocation] = [:]
    for case let name? in given {
      if let first = names[name.text] {
        refuse(name.location, "name", "\(name.text) is given twice; the first port of this name is at \(first)")
      } else {
        names[name.text] = name.location
      }
    }
    var result = [PortConfiguration]()
    for (node, name) in zip(nodes, given) {
      guard let draft = readPort(node, defaults) else { continue }
      let name = name?.text ?? freeName(draft.transport.name, names)
      names[name] = names[name] ?? node.location
      if let port = finish(draft, name: name, lan: lan) { result.append(port) }
    }
    return result
  }

  /// A port whose keys have been read.
  private struct Draft {
    let transport: TransportDescription
    let role: PortRole
    let values: [OptionValue]
    let settings: PortSettings
    let location: SourceLocation
    /// Where each option's value stands.
    let places: [String: SourceLocation]
  }

  private mutating func readName(_ node: ConfigurationNode) -> (text: String, location: SourceLocation)? {
    guard let entry = node.entries?.first(where: { $0.key == "name" }) else { return nil }
    guard let name = entry.value.text else {
      refuse(entry.value.location, "name", "is \(entry.value.kind); it must be a word")
      return nil
    }
    if let problem = ConfigurationName.problem(ofPort: name) {
      refuse(entry.value.location, "name", "\(shown(name)) \(problem)")
    }
    return (name, entry.value.location)
  }

  /// The transport's name, with a number where that is taken.
  private func freeName(_ base: String, _ taken: [String: SourceLocation]) -> String {
    if taken[base] == nil { return base }
    var number = 2
    while taken["\(base)\(number)"] != nil { number += 1 }
    return "\(base)\(number)"
  }

  private mutating func readPort(_ node: ConfigurationNode, _ defaults: GuestDefaults) -> Draft? {
    guard let entries = node.entries else {
      refuse(node.location, "ports", "a port is \(node.kind); it must be a map, such as {transport: mcast}")
      return nil
    }
    guard let transport = readTransport(entries, at: node.location) else { return nil }
    let count = problems.count
    let role = readRole(entries, transport)
    var settings = defaults.settings(of: role)
    let options = settings.options(of: role, beside: transport)
    let names = options.map(\.name)
    for entry in entries where !names.contains(entry.key) { refuseUnknown(entry, names, transport) }
    let known = entries.filter { names.contains($0.key) }
    let values = values(options, known, of: transport.name, at: node.location)
    guard let values, problems.count == count else { return nil }
    let places = Dictionary(uniqueKeysWithValues: known.map { ($0.key, $0.value.location) })
    let own = settings.take(values, of: options, beside: transport)
    return Draft(
      transport: transport, role: role, values: own, settings: settings, location: node.location, places: places)
  }

  /// Refuses a key of a port that is neither an option nor the agent's.
  private mutating func refuseUnknown(
    _ entry: ConfigurationNode.Entry, _ names: [String], _ transport: TransportDescription
  ) {
    let reserved = OptionDescription.reservedNames
    if reserved.contains(entry.key) { return }
    if let misplacement = PortOption(rawValue: entry.key)?.misplacement {
      return refuse(entry.location, entry.key, misplacement)
    }
    let hint = suggestion(for: entry.key, in: names + reserved)
    refuse(entry.location, entry.key, "is not an option of \(transport.name); \(hint)")
  }

  private mutating func readTransport(
    _ entries: [ConfigurationNode.Entry], at location: SourceLocation
  ) -> TransportDescription? {
    let names = transports.map(\.name).sorted()
    let allowed = names.isEmpty ? "no transport is loaded, see --plugin-dir" : "allowed is \(alternatives(names))"
    guard let entry = entries.first(where: { $0.key == "transport" }) else {
      refuse(location, "transport", "is missing; \(allowed)")
      return nil
    }
    guard let name = entry.value.text, let transport = transports.first(where: { $0.name == name }) else {
      refuse(entry.value.location, "transport", "is \(entry.value.kind); \(allowed)")
      return nil
    }
    return transport
  }

  private mutating func readRole(
    _ entries: [ConfigurationNode.Entry], _ transport: TransportDescription
  ) -> PortRole {
    guard let entry = entries.first(where: { $0.key == "role" }) else { return transport.defaultRole }
    if let word = entry.value.text, let role = PortRole(word: word), transport.roles.contains(role) {
      return role
    }
    let allowed = alternatives(transport.roles.map(\.word))
    refuse(entry.value.location, "role", "is \(entry.value.kind); allowed for \(transport.name) is \(allowed)")
    return transport.defaultRole
  }

  /// What needs the whole port: the transport's own check, and that nobody else holds the same.
  private mutating func finish(_ draft: Draft, name: String, lan: String) -> PortConfiguration? {
    let port = PortConfiguration(
      name: name, transport: draft.transport.name, role: draft.role, values: draft.values,
      settings: draft.settings, location: draft.location)
    if let fault = check(draft.transport, port) {
      let place = fault.optionName.flatMap { draft.places[$0] } ?? draft.location
      refuse(place, fault.optionName ?? "ports", fault.text)
      return nil
    }
    guard let resource = draft.transport.exclusiveResource(of: draft.values, role: draft.role) else { return port }
    for holder in holders where holder.port.transport == port.transport {
      guard let clash = resource.clash(with: holder.resource) else { continue }
      let option = draft.transport.exclusiveOption
      refuse(
        option.flatMap { draft.places[$0] } ?? draft.location, option ?? "ports",
        clash.sentence(port, resource, holder: holder.port, lan: holder.lan))
      return nil
    }
    holders.append((resource, lan, port))
    return port
  }
}

extension ExclusiveResource.Clash {
  fileprivate func sentence(
    _ port: PortConfiguration, _ resource: ExclusiveResource, holder: PortConfiguration, lan: String
  ) -> String {
    switch self {
    case .same:
      "\(port.transport) \(resource.text) is opened twice, and an agent opens it once; "
        + "port \(holder.name) of LAN \(lan) has it at \(holder.location)"
    case .roles(let claim):
      "\(port.transport) \(claim) cannot be a guest port's and a trunk's, give one of them another; "
        + "port \(holder.name) of LAN \(lan) has it as \(holder.role.word) at \(holder.location)"
    }
  }
}
