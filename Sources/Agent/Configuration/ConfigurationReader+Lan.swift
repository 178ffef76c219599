import TransportHost

extension ConfigurationReader {
  /// Reads what a LAN's name holds. What is wrong is collected; the LAN is then left out.
  mutating func lan(_ lan: ConfigurationNode.Entry) -> LanConfiguration? {
    let count = problems.count
    var settings = [ConfigurationNode.Entry]()
    var doors = allDoors.map { DoorConfiguration(name: $0.name) }
    let names = LanConfiguration.options.map(\.name)
    let entries = entries(of: lan.value, key: lan.key, "a map with doors and ports")
    for entry in entries {
      switch entry.key {
      case "doors": doors = readDoors(entry, lan: lan.key)
      case "ports", "mirror": break
      case _ where names.contains(entry.key):
        settings.append(entry)
        if entry.key == LanConfiguration.threadOption.name { threadPlaces[lan.key] = entry.value.location }
      default:
        let hint = suggestion(for: entry.key, in: ["doors", "ports", "mirror"] + names)
        refuse(entry.location, entry.key, "is not an option of a LAN; \(hint)")
      }
    }
    let values = values(LanConfiguration.options, settings, of: "a LAN", at: lan.location)
    // After the settings, which ports may depend on.
    var ports = [PortConfiguration]()
    var doorNodes = [ConfigurationNode]()
    if let entry = entries.first(where: { $0.key == "ports" }) {
      let defaults = LanConfiguration.guestDefaults(values ?? [])
      ports = readPorts(entry, lan: lan.key, defaults: defaults, doors: &doorNodes)
    }
    for node in doorNodes { addDoor(node, of: "ports", lan: lan.key, to: &doors) }
    let mirrors = entries.first { $0.key == "mirror" }.map { readMirrors($0, ports: ports) } ?? []
    guard let values, problems.count == count else { return nil }
    return LanConfiguration(
      name: lan.key, doors: doors, ports: ports, values: values, mirrors: mirrors, location: lan.location)
  }

  /// The entries of a map; nothing for what is empty; a problem for what is neither.
  mutating func entries(
    of node: ConfigurationNode, key: String?, _ expected: String
  ) -> [ConfigurationNode.Entry] {
    switch node.content {
    case .empty: return []
    case .map(let entries): return entries
    case .text, .list:
      refuse(node.location, key, "is \(node.kind); it must be \(expected)")
      return []
    }
  }

  /// The values of a table of options; nil when there is a problem.
  mutating func values(
    _ options: [OptionDescription], _ entries: [ConfigurationNode.Entry], of owner: String, at location: SourceLocation
  ) -> [OptionValue]? {
    var given = [(name: String, text: OptionText)]()
    var places = [SourceLocation]()
    var refused = Set<String>()
    for entry in entries {
      if let text = optionText(entry.value) {
        given.append((entry.key, text))
        places.append(entry.value.location)
      } else if let option = options.first(where: { $0.name == entry.key }) {
        refused.insert(entry.key)
        refuse(entry.value.location, entry.key, option.refusal(entry.value.kind).message)
      }
    }
    do {
      let values = try options.values(from: given, of: owner)
      return refused.isEmpty ? values : nil
    } catch {
      for problem in error.problems where problem.fault != .missing || !refused.contains(problem.option) {
        refuse(problem.position.map { places[$0] } ?? location, problem.option, problem.message)
      }
      return nil
    }
  }

  /// A text or a list of texts; nil for anything else.
  private func optionText(_ node: ConfigurationNode) -> OptionText? {
    switch node.content {
    case .text(let text): return .text(text)
    case .list(let nodes):
      let items = nodes.compactMap(\.text)
      return items.count == nodes.count ? .items(items) : nil
    case .empty, .map: return nil
    }
  }
}
