package import AgentAPI

extension MetricFamily {
  /// All there are, also those without a value in this state.
  package static func all(of state: AgentState) -> [MetricFamily] {
    agent(state) + lans(state.status.lans) + ports(state.ports) + peers(state.peers) + guests(state.guests.guests)
  }

  private static func agent(_ state: AgentState) -> [MetricFamily] {
    let status = state.status
    return [
      MetricFamily(
        "umbel_agent", .info, labels: ["version"], help: "The agent and its version.",
        samples: [Sample([status.version], 1)]),
      MetricFamily(
        "umbel_agent_uptime", .gauge, unit: "seconds", help: "Since the agent began.",
        samples: [Sample([], Double(status.uptimeSeconds))]),
      MetricFamily(
        "umbel_thread_responding", .gauge, labels: ["thread"],
        help: "1: the forwarding thread answered in time. 0: it did not.",
        samples: status.forwardingThreads.map { Sample(["\($0.index)"], $0.responding ? 1 : 0) }),
      MetricFamily(
        "umbel_transport_loaded", .gauge, labels: ["transport"],
        help: "1: the plugin was loaded. 0: it was refused, and `umbel transport list` says why.",
        samples: state.transports.transports.map { Sample([$0.name], 1) }
          + state.transports.refused.map { Sample([$0.name], 0) }),
    ]
  }

  private static func lans(_ lans: [Lan]) -> [MetricFamily] {
    func gauge(_ name: String, unit: String? = nil, _ help: String, _ value: (Lan) -> Int) -> MetricFamily {
      MetricFamily(
        name, .gauge, unit: unit, labels: ["lan"], help: help,
        samples: lans.map { Sample([$0.name], Double(value($0))) })
    }
    let doors = lans.flatMap { lan in lan.doors.map { (labels: [lan.name, $0.name, $0.place], door: $0) } }
    return [
      gauge("umbel_lan_ports", "Ports of the LAN.") { $0.ports },
      gauge("umbel_lan_stations", "Entries of the LAN's forwarding database.") { $0.stations },
      gauge("umbel_lan_stations_limit", "The most entries that there may be.") { $0.stationLimit },
      gauge("umbel_lan_ageing", unit: "seconds", "After so long a silent station is forgotten.") { $0.ageingSeconds },
      gauge("umbel_lan_recorder", unit: "bytes", "Memory of the flight recorder; 0: there is none.") { $0.recordBytes },
      gauge("umbel_lan_thread", "Index of the forwarding thread that runs the LAN.") { $0.forwardingThread },
      gauge("umbel_lan_fresh", "0: its forwarding thread did not answer, and the figures are the last known.") {
        $0.fresh ? 1 : 0
      },
      MetricFamily(
        "umbel_door_open", .gauge, labels: ["lan", "door", "place"],
        help: "0: nobody can come in by this door, and `umbel lan list` says why.",
        samples: doors.map { Sample($0.labels, $0.door.problem == nil ? 1 : 0) }),
      MetricFamily(
        "umbel_door_transport_events", .counter, labels: ["lan", "door", "place", "counter"],
        help: "What the transport counts at a door for frames that belong to no port.",
        samples: doors.flatMap { place in
          place.door.transportCounters.sorted { $0.key < $1.key }.map {
            Sample(place.labels + [$0.key], Double($0.value))
          }
        }),
    ]
  }

  private static func guests(_ guests: [Guest]) -> [MetricFamily] {
    func gauge(_ name: String, unit: String? = nil, _ help: String, _ value: (Guest) -> Int) -> MetricFamily {
      MetricFamily(
        name, .gauge, unit: unit, labels: ["guest", "process"], help: help,
        samples: guests.map { Sample([$0.name, "\($0.processId)"], Double(value($0))) })
    }
    return [
      gauge("umbel_guest_trouble", "1: a guest in User Mode Linux told of a panic or a hang.") {
        $0.trouble.isEmpty ? 0 : 1
      },
      gauge("umbel_guest_announced", unit: "seconds", "Since a guest in User Mode Linux announced itself.") {
        $0.announcedSecondsAgo
      },
    ]
  }
}
