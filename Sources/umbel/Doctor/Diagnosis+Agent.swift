import AgentAPI

extension Diagnosis {
  /// The agent itself, and where it runs.
  mutating func checkAgent() {
    let status = agent.status
    add(.agent, .ok, "umbeld \(status.version) answers, process \(status.processId)")
    if status.version != umbelVersion {
      add(
        .agent, .warning, "umbeld is version \(status.version), umbel is version \(umbelVersion)",
        "sudo systemctl restart umbeld")
    }
    checkNamespace()
    let names = agent.transports.transports.map(\.name)
    if names.isEmpty {
      add(.transport, .fault, "no transport is loaded: without one there are no ports", "umbeld --plugin-dir DIRECTORY")
    } else {
      add(.transport, .ok, "transports are loaded: \(names.joined(separator: ", "))")
    }
    for refused in agent.transports.refused {
      let parts = refused.problem.split(separator: "`", omittingEmptySubsequences: false)
      add(
        .transport, .fault, "transport \(refused.name) was refused: \(withoutStop(refused.problem))",
        parts.count == 3 ? "sudo \(parts[1])" : "ls -lL \(refused.path)", "sudo systemctl restart umbeld")
    }
    for missing in ["mcast", "socket", "tap", "vxlan"]
    where !names.isEmpty && !names.contains(missing)
      && !agent.transports.refused.contains(where: { $0.name == missing })
    {
      add(
        .transport, .fault, "transport \(missing) is missing: there is no libumbel-\(missing).so beside the others",
        "sudo contrib/install")
    }
    if host.hasOldFirewall {
      add(
        .firewall, .skipped, "there are tables of the old iptables, whose rules are not looked at",
        "sudo iptables-legacy-save -c")
    }
    for thread in status.forwardingThreads where !thread.responding {
      add(
        .thread, .fault,
        "forwarding thread \(thread.index) does not answer; it runs \(thread.lans.joined(separator: ", "))",
        "sudo systemctl restart umbeld")
    }
  }

  private mutating func checkNamespace() {
    switch host.namespace {
    case .shared: break
    case .entered(let process):
      add(.namespace, .ok, "looked at in the network namespace of the agent, process \(process), which is not this one")
    case .other(let process):
      add(
        .namespace, .warning,
        "the agent, process \(process), is in another network namespace: what follows of interfaces is not its own",
        asRoot)
    case .unknown(let process):
      add(
        .namespace, .skipped, "whether the agent, process \(process), is in this network namespace is not known to you",
        asRoot)
    }
  }

  /// A LAN, but for its ports.
  mutating func check(_ lan: Lan) {
    for door in lan.doors {
      guard let problem = door.problem else { continue }
      add(.door, .fault, lan: lan.name, "door \(door.name) is not open: \(withoutStop(problem))", "umbel lan list")
    }
    let guests = agent.ports.filter { $0.lan == lan.name && $0.role == .guest && $0.state == .up }
    add(
      .door, .ok, lan: lan.name,
      "\(Units.counted(lan.doors.filter { $0.problem == nil }.count, "door")) open, "
        + "\(Units.counted(guests.count, "guest port")) up, \(Units.counted(lan.stations, "station")) known")
    checkNativeGuests(of: lan)
  }

  /// A sentence as a part of another.
  func withoutStop(_ text: String) -> String { text.hasSuffix(".") ? String(text.dropLast()) : text }
}
