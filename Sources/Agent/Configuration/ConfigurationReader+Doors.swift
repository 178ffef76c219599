import TransportHost

// `doors:` of a LAN: a list whose entries are names, or maps that say where the door is open.

extension ConfigurationReader {
  /// The doors of all transports, each name once.
  var allDoors: [DoorDescription] {
    var doors = [DoorDescription]()
    for door in transports.flatMap(\.doors) where !doors.contains(where: { $0.name == door.name }) {
      doors.append(door)
    }
    return doors
  }

  mutating func readDoors(_ entry: ConfigurationNode.Entry, lan: String) -> [DoorConfiguration] {
    guard case .list(let nodes) = entry.value.content else {
      let example = allDoors.isEmpty ? "[]" : "[\(allDoors.map(\.name).joined(separator: ", "))]"
      refuse(entry.value.location, entry.key, "is \(entry.value.kind); it must be a list, such as \(example)")
      return []
    }
    var doors = [DoorConfiguration]()
    for node in nodes { addDoor(node, of: entry.key, lan: lan, to: &doors) }
    return doors
  }

  /// Adds the door that an entry of a list is.
  /// - Parameter list: the key of the list.
  mutating func addDoor(
    _ node: ConfigurationNode, of list: String, lan: String, to doors: inout [DoorConfiguration]
  ) {
    guard let door = readDoor(node, of: list) else { return }
    if doors.contains(where: { $0.name == door.name && $0.place == door.place }) {
      refuse(node.location, list, "has \(door.text) twice; give it once")
    } else if let place = door.exclusivePlace, let holder = doorHolders.updateValue(lan, forKey: place) {
      refuse(node.location, list, "has \(place), where a door of LAN \(holder) is open already")
    }
    doors.append(door)
  }

  private mutating func readDoor(_ node: ConfigurationNode, of list: String) -> DoorConfiguration? {
    switch node.content {
    case .text(let name):
      if allDoors.contains(where: { $0.name == name }) { return DoorConfiguration(name: name) }
      refuse(node.location, list, "\(node.kind) is not a door; \(suggestion(for: name, in: allDoors.map(\.name)))")
      return nil
    case .map(let entries): return readDoor(entries, at: node.location, of: list)
    case .empty, .list:
      refuse(node.location, list, "\(node.kind) is not a door; \(suggestion(for: "", in: allDoors.map(\.name)))")
      return nil
    }
  }

  private mutating func readDoor(
    _ entries: [ConfigurationNode.Entry], at location: SourceLocation, of list: String
  ) -> DoorConfiguration? {
    let count = problems.count
    let name = entries.first { $0.key == "door" }?.value.text
    let options = transports.first { $0.doors.contains { $0.name == name } }?.options ?? []
    var texts = [String: String]()
    var settings = [ConfigurationNode.Entry]()
    for entry in entries {
      if !DoorConfiguration.keys.contains(entry.key) {
        if options.contains(where: { $0.name == entry.key }) {
          settings.append(entry)
        } else {
          let hint = suggestion(for: entry.key, in: DoorConfiguration.keys + options.map(\.name))
          refuse(entry.location, entry.key, "is not a key of a door; \(hint)")
        }
      } else if let text = entry.value.text {
        texts[entry.key] = text
      } else {
        refuse(entry.value.location, entry.key, "is \(entry.value.kind); it must be a word")
      }
    }
    let values = settings.isEmpty ? nil : values(options, settings, of: "door \(name ?? "")", at: location)
    guard problems.count == count else { return nil }
    guard let name else {
      refuse(location, list, "has a map without door; it must be such as {door: vde, path: /tmp/uml.ctl}")
      return nil
    }
    do throws(DoorConfiguration.Problem) {
      return try DoorConfiguration(
        door: name, path: texts["path"], listen: texts["listen"], mode: texts["mode"], group: texts["group"],
        values: values, doors: allDoors)
    } catch {
      let place = entries.first { $0.key == error.key }?.value.location
      refuse(place ?? location, error.key, error.message)
      return nil
    }
  }
}
