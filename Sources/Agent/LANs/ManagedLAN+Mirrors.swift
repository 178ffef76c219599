import AgentAPI
import LinuxIO
import TransportHost

// Mirrors are of names; the forwarding thread knows ports. What it copies is told to it anew when a port comes that a
// mirror names, and when the mirrors change. It forgets ports that go by itself.

extension ManagedLAN {
  /// Those of the configuration, then those that were asked for at the control interface.
  var mirrors: [MirrorConfiguration] { configuration.mirrors + requestedMirrors }

  /// Whether the port is a mirror's target. A trunk never is: other agents would take its frames for the LAN's.
  func isMirrorTarget(_ port: ManagedPort) -> Bool {
    port.role == .guest && mirrors.contains { $0.target == port.name }
  }

  /// The ports of which a mirror copies frames now.
  func sources(of mirror: MirrorConfiguration) -> [ManagedPort] {
    ports.filter { mirror.copies($0.name) && !isMirrorTarget($0) }
  }

  /// A port has come, or has another name.
  func updateMirrors(for port: ManagedPort) {
    if mirrors.contains(where: { $0.target == port.name || $0.copies(port.name) }) { updateMirrors() }
  }

  /// Has the forwarding thread copy what all mirrors ask for now.
  func updateMirrors() {
    var paths: [MirrorPath] = []
    var targets: [UInt32] = []
    for mirror in mirrors.prefix(MirrorConfiguration.most) {
      guard let target = port(named: mirror.target), isMirrorTarget(target) else { continue }
      targets.append(target.number)
      for source in sources(of: mirror) {
        paths.append(
          MirrorPath(
            source: source.number, target: target.number, copiesIn: mirror.direction != .out,
            copiesOut: mirror.direction != .in))
      }
    }
    unsafe thread.post(
      ForwardingCommand(.setMirrors(context, paths, targets: targets)) { [self] _ in withExtendedLifetime(self) {} })
  }

  /// Puts other mirrors into force.
  func mirrorsChanged(from before: [MirrorConfiguration]) {
    guard mirrors != before else { return }
    updateMirrors()
    // A target does not look for loops: nothing but copies goes there.
    for name in Set((before + mirrors).map(\.target)) { if let port = port(named: name) { hello.changed(port) } }
  }

  /// What keeps a mirror from copying all that it names; empty: nothing.
  func obstacle(to mirror: MirrorConfiguration) -> String {
    if !mirrors.prefix(MirrorConfiguration.most).contains(mirror) {
      return "copies nothing, for the LAN has more than \(MirrorConfiguration.most) mirrors"
    }
    guard let target = port(named: mirror.target) else { return "there is no port \(mirror.target) yet" }
    if target.role == .trunk { return "\(mirror.target) is a trunk, which cannot be a target" }
    if target.state != .up { return "port \(mirror.target) is \(target.state)" }
    let targets = mirror.sources.filter { source in mirrors.contains { $0.target == source } }
    if !targets.isEmpty { return "not copied, for it is a mirror's target: \(targets.joined(separator: ", "))" }
    let missing = mirror.sources.filter { !$0.contains("*") && port(named: $0) == nil }
    return missing.isEmpty ? "" : "no such port yet: \(missing.joined(separator: ", "))"
  }

  // MARK: One process after another

  /// Those that were asked for at the control interface, for the next process; nil: none.
  var describedRequests: [AddMirror.Parameters]? {
    if requestedMirrors.isEmpty { return nil }
    return requestedMirrors.map { .init(lan: name, from: $0.sources, direction: $0.direction, to: $0.target) }
  }

  /// Takes over what the process before was asked for, but where the configuration has a mirror to the same target.
  func repeatMirrors(of former: HandOverState.LAN?) {
    requestedMirrors = (former?.mirrors ?? []).map(MirrorConfiguration.init).filter { mirror in
      !configuration.mirrors.contains { $0.target == mirror.target }
    }
  }
}
