internal import AgentAPI

extension MetricFamily {
  /// The labels of a port.
  private static let portLabels = ["lan", "port", "role", "transport"]

  private static func labels(of port: Port) -> [String] {
    [port.lan, port.name, port.role.rawValue, port.transport]
  }

  /// What ports count, and how they are.
  static func ports(_ ports: [Port]) -> [MetricFamily] {
    counters(ports) + reasons(ports) + states(ports)
  }

  private static func counters(_ ports: [Port]) -> [MetricFamily] {
    func family(
      _ name: String, unit: String? = nil, _ help: String, kind: Kind = .counter, _ field: KeyPath<Counters, Int>
    ) -> MetricFamily {
      MetricFamily(
        "umbel_port_\(name)", kind, unit: unit, labels: portLabels, help: help,
        samples: ports.map { Sample(labels(of: $0), Double($0.counters[keyPath: field])) })
    }
    return [
      family("received", unit: "frames", "Frames that came in by the port, dropped ones included.", \.receivedFrames),
      family("received", unit: "bytes", "Bytes of those frames, without FCS.", \.receivedBytes),
      family("sent", unit: "frames", "Frames that the transport took.", \.sentFrames),
      family("sent", unit: "bytes", "Bytes of those frames, without FCS.", \.sentBytes),
      family("flooded", unit: "frames", "Frames received here that went to all ports.", \.flooded),
      family("station_moves", "Times a station moved to this port from another.", \.moves),
      family(
        "stations_refused", "Stations not learned: a limit, a full FDB, one that moves too often.", \.learnRefused),
      family("mss_clamped", unit: "frames", "SYNs that passed here and whose MSS was lowered.", \.mssClamped),
      family(
        "fragmented", unit: "frames", "Frames sent although the underlay carries them in pieces only.", \.fragmented),
      family("segmented", unit: "frames", "Frames for the port that were cut into segments.", \.segmentedFrames),
      family("cut", unit: "segments", "Segments that those became.", \.segments),
      family("coalesced", unit: "frames", "Frames sent that were made of several segments.", \.coalescedFrames),
      family("coalesced", unit: "segments", "Segments that those were made of.", \.coalescedSegments),
      family("agent", unit: "frames", "Frames received that agents say to each other, such as hellos.", \.agentFrames),
      family("queued", unit: "frames", "Frames that wait for the port now.", kind: .gauge, \.queuedFrames),
      family("queued", unit: "bytes", "Bytes of those frames.", kind: .gauge, \.queuedBytes),
    ]
  }

  private static func reasons(_ ports: [Port]) -> [MetricFamily] {
    func family(
      _ name: String, unit: String? = nil, label: String, _ help: String, _ values: (Port) -> [String: Int]
    ) -> MetricFamily {
      MetricFamily(
        "umbel_port_\(name)", .counter, unit: unit, labels: portLabels + [label], help: help,
        samples: ports.flatMap { port in
          values(port).sorted { $0.key < $1.key }.map { Sample(labels(of: port) + [$0.key], Double($0.value)) }
        })
    }
    return [
      family(
        "dropped", unit: "frames", label: "reason",
        "Frames dropped, by reason; a reason without frames is not there."
      ) { $0.drops },
      MetricFamily(
        "umbel_port_lost", .counter, unit: "frames", labels: portLabels,
        help:
          "Frames dropped that a healthy switch passes on: all reasons but same-segment, split-horizon, no-recipients.",
        samples: ports.map { Sample(labels(of: $0), Double($0.dropped)) }),
      family(
        "transport_events", label: "counter",
        "What the port's transport counts by itself; a counter at 0 is not there."
      ) { $0.transportCounters },
    ]
  }

  private static func states(_ ports: [Port]) -> [MetricFamily] {
    func gauge(_ name: String, unit: String? = nil, _ help: String, _ value: (Port) -> Int?) -> MetricFamily {
      MetricFamily(
        "umbel_port_\(name)", .gauge, unit: unit, labels: portLabels, help: help,
        samples: ports.compactMap { port in value(port).map { Sample(labels(of: port), Double($0)) } })
    }
    return [
      MetricFamily(
        "umbel_port_state", .gauge, labels: portLabels + ["state"],
        help: "1 for the state that the port is in, 0 for the others.",
        samples: ports.flatMap { port in
          PortState.allCases.map { Sample(labels(of: port) + [$0.rawValue], port.state == $0 ? 1 : 0) }
        }),
      gauge("retry", unit: "seconds", "Until a waiting port tries again.") { $0.retryInSeconds },
      gauge("stations", "Entries of the forwarding database that point to the port.") { $0.stations },
      gauge("largest_frame", unit: "bytes", "The largest frame that the port takes.") { $0.largestFrame },
      gauge("whole_frame", unit: "bytes", "The largest frame that its underlay carries unfragmented.") {
        $0.wholeFrame
      },
      gauge("fresh", "0: its forwarding thread did not answer, and the figures are the last known.") {
        $0.fresh ? 1 : 0
      },
    ]
  }
}
