import AgentAPI
import TransportHost

// `mirror:` of a LAN: a list of maps with `from`, `direction` and `to`, or one such map. Ports that it names may come later;
// what can never be is refused.

extension ConfigurationReader {
  mutating func readMirrors(_ entry: ConfigurationNode.Entry, ports: [PortConfiguration]) -> [MirrorConfiguration] {
    let nodes: [ConfigurationNode]
    switch entry.value.content {
    case .empty: return []
    case .list(let list): nodes = list
    case .map: nodes = [entry.value]
    case .text:
      refuse(entry.value.location, entry.key, "is \(entry.value.kind); \(Self.mirrorExample)")
      return []
    }
    if nodes.count > MirrorConfiguration.most {
      refuse(
        nodes[MirrorConfiguration.most].location, entry.key,
        "has more than \(MirrorConfiguration.most) mirrors, the most there can be")
    }
    let drafts = nodes.compactMap { readMirror($0) }
    let targets = Set(drafts.map(\.mirror.target))
    var seen = Set<String>()
    for draft in drafts {
      let target = draft.mirror.target
      if !seen.insert(target).inserted {
        refuse(draft.targetPlace, "to", "\(target) is another mirror's, too; give it all sources in one")
      } else if ports.contains(where: { $0.name == target && $0.role == .trunk }) {
        refuse(draft.targetPlace, "to", "\(target) is a trunk; copies go to guest ports alone")
      }
      for (name, place) in zip(draft.mirror.sources, draft.sourcePlaces) where targets.contains(name) {
        refuse(place, "from", "\(name) is a mirror's target, which cannot be a source")
      }
    }
    return drafts.map(\.mirror)
  }

  private static let mirrorExample = "it must be a map such as {from: [web, db], direction: both, to: monitor}"

  /// A mirror and where its names stand.
  private struct MirrorDraft {
    let mirror: MirrorConfiguration
    let sourcePlaces: [SourceLocation]
    let targetPlace: SourceLocation
  }

  private mutating func readMirror(_ node: ConfigurationNode) -> MirrorDraft? {
    guard let entries = node.entries else {
      refuse(node.location, "mirror", "a mirror is \(node.kind); \(Self.mirrorExample)")
      return nil
    }
    let count = problems.count
    for entry in entries where !MirrorConfiguration.keys.contains(entry.key) {
      refuse(
        entry.location, entry.key,
        "is not a key of a mirror; \(suggestion(for: entry.key, in: MirrorConfiguration.keys))")
    }
    let sources = readSources(entries.first { $0.key == "from" }, at: node.location)
    let direction = readDirection(entries.first { $0.key == "direction" })
    let target = readTarget(entries.first { $0.key == "to" }, at: node.location)
    guard let target, let text = target.text, problems.count == count else { return nil }
    return MirrorDraft(
      mirror: MirrorConfiguration(sources: sources.compactMap(\.text), direction: direction, target: text),
      sourcePlaces: sources.map(\.location), targetPlace: target.location)
  }

  private mutating func readSources(
    _ entry: ConfigurationNode.Entry?, at location: SourceLocation
  ) -> [ConfigurationNode] {
    guard let entry else {
      refuse(location, "from", "is missing; \(Self.mirrorExample)")
      return []
    }
    let nodes: [ConfigurationNode]
    switch entry.value.content {
    case .text: nodes = [entry.value]
    case .list(let list) where !list.isEmpty: nodes = list
    case .empty, .map, .list:
      refuse(entry.value.location, "from", "is \(entry.value.kind); it must be names of ports, such as [web, db]")
      return []
    }
    for node in nodes {
      guard let name = node.text else {
        refuse(node.location, "from", "has \(node.kind), which is not the name of a port")
        continue
      }
      if let problem = MirrorConfiguration.problem(ofSource: name) {
        refuse(node.location, "from", "\(shown(name)) \(problem)")
      }
    }
    return nodes
  }

  private mutating func readDirection(_ entry: ConfigurationNode.Entry?) -> MirrorDirection {
    guard let entry else { return .both }
    if let direction = entry.value.text.flatMap(MirrorDirection.init(rawValue:)) { return direction }
    let allowed = alternatives(MirrorDirection.allCases.map(\.rawValue))
    refuse(entry.value.location, "direction", "is \(entry.value.kind); allowed is \(allowed)")
    return .both
  }

  private mutating func readTarget(
    _ entry: ConfigurationNode.Entry?, at location: SourceLocation
  ) -> ConfigurationNode? {
    guard let entry else {
      refuse(location, "to", "is missing; \(Self.mirrorExample)")
      return nil
    }
    guard let name = entry.value.text else {
      refuse(entry.value.location, "to", "is \(entry.value.kind); it must be the name of one port")
      return nil
    }
    if let problem = ConfigurationName.problem(ofPort: name) {
      refuse(entry.value.location, "to", "\(shown(name)) \(problem)")
    }
    return entry.value
  }
}
