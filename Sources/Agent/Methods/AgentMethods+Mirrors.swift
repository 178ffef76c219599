import AgentAPI
import TransportHost

extension AgentMethods {
  func listMirrors(_ call: VarlinkCall) throws {
    let parameters = try call.parameters(of: ListMirrors.self)
    let lans = try parameters.lan.map { [try lan($0)] } ?? agent.lans.sorted { $0.name < $1.name }
    call.reply(
      ListMirrors.Reply(
        mirrors: lans.flatMap { lan in
          lan.mirrors.sorted { $0.target < $1.target }.map { lan.described($0) }
        }))
  }

  func addMirror(_ call: VarlinkCall) throws {
    let parameters = try call.parameters(of: AddMirror.self)
    let lan = try lan(parameters.lan)
    let mirror = MirrorConfiguration(parameters)
    try check(mirror, in: lan)
    let before = lan.mirrors
    lan.requestedMirrors.append(mirror)
    lan.mirrorsChanged(from: before)
    agent.keeper.noteChange()
    call.reply(AddMirror.Reply(mirror: lan.described(mirror)))
  }

  private func check(_ mirror: MirrorConfiguration, in lan: ManagedLAN) throws(AgentError) {
    if mirror.sources.isEmpty {
      throw .invalidOption("from", problem: "is empty", remedy: "Name the ports whose frames are to be copied.")
    }
    guard mirror.sources.count <= MirrorConfiguration.mostSources else {
      throw .limitReached(
        "sources of a mirror", limit: MirrorConfiguration.mostSources, remedy: "A star stands for any characters.")
    }
    for name in mirror.sources {
      if let problem = MirrorConfiguration.problem(ofSource: name) {
        throw .invalidOption("from", problem: "has \"\(name)\", which \(problem)", remedy: Self.mirrorRemedy(lan))
      }
    }
    if let problem = ConfigurationName.problem(ofPort: mirror.target) {
      throw .invalidOption("to", problem: "is \"\(mirror.target)\", which \(problem)", remedy: Self.mirrorRemedy(lan))
    }
    if lan.mirrors.contains(where: { $0.target == mirror.target }) {
      throw .mirrorExists(mirror.target, lan: lan.name)
    }
    guard lan.mirrors.count < MirrorConfiguration.most else {
      throw .limitReached(
        "mirrors in LAN \"\(lan.name)\"", limit: MirrorConfiguration.most,
        remedy: "Remove one with `umbel mirror remove`, or give one more sources.")
    }
    if lan.port(named: mirror.target)?.role == .trunk {
      throw .invalidOption(
        "to", problem: "is \"\(mirror.target)\", a trunk", remedy: "Copies go to guest ports alone, such as a TAP.")
    }
    let targets = lan.mirrors.map(\.target) + [mirror.target]
    if let name = mirror.sources.first(where: targets.contains) {
      throw .invalidOption(
        "from", problem: "has \"\(name)\", which is a mirror's target", remedy: "A target cannot be a source.")
    }
    if let other = lan.mirrors.first(where: { $0.sources.contains(mirror.target) }) {
      throw .invalidOption(
        "to", problem: "is \"\(mirror.target)\", whose frames are copied to \(other.target)",
        remedy: "A source cannot be a target.")
    }
  }

  private static func mirrorRemedy(_ lan: ManagedLAN) -> String { "`umbel port list \(lan.name)` shows the ports." }

  func removeMirror(_ call: VarlinkCall) throws {
    let parameters = try call.parameters(of: RemoveMirror.self)
    let lan = try lan(parameters.lan)
    let before = lan.mirrors
    guard before.contains(where: { $0.target == parameters.to }) else {
      throw AgentError.noSuchMirror(parameters.to, lan: lan.name, existing: before.map(\.target))
    }
    lan.requestedMirrors.removeAll { $0.target == parameters.to }
    lan.configuration.mirrors.removeAll { $0.target == parameters.to }
    lan.mirrorsChanged(from: before)
    agent.keeper.noteChange()
    call.reply(Nothing())
  }
}

extension MirrorConfiguration {
  init(_ parameters: AddMirror.Parameters) {
    self.init(sources: parameters.from, direction: parameters.direction ?? .both, target: parameters.to)
  }
}

extension ManagedLAN {
  fileprivate func described(_ mirror: MirrorConfiguration) -> Mirror {
    Mirror(
      lan: name, from: mirror.sources, direction: mirror.direction, to: mirror.target,
      sources: port(named: mirror.target) == nil ? [] : sources(of: mirror).map(\.name),
      configured: configuration.mirrors.contains(mirror), text: obstacle(to: mirror))
  }
}
