import AgentAPI
import OpenMetrics
import Testing

@Suite("Metrics of what the control interface tells")
struct MetricsTests {
  /// Numbers that say who something is, not how much: identities, and what a label has.
  private static let identities: Set = ["number", "processId", "userId", "groupId", "index"]

  private let example: Example

  init() throws { example = try Example() }

  /// Whatever a later version counts fails this until it is a metric.
  @Test func `every number of the interface is the value of a metric, in base units`() {
    let values = Set(MetricFamily.all(of: example.state).flatMap(\.samples).map(\.value))
    for (field, numbers) in example.numbers where !Self.identities.contains(field) {
      for number in numbers {
        let value =
          field.hasSuffix("Percent")
          ? Double(number) / 100 : field.hasSuffix("Microseconds") ? Double(number) / 1_000_000 : Double(number)
        #expect(values.contains(value), "\(field)")
      }
    }
    #expect(example.numbers.count > 30)
  }

  @Test func `the example leaves nothing out that may be absent`() {
    func absent(in value: Any) -> [String] {
      Swift.Mirror(reflecting: value).children.flatMap { child -> [String] in
        let mirror = Swift.Mirror(reflecting: child.value)
        if mirror.displayStyle == .optional { return mirror.children.isEmpty ? [child.label ?? ""] : [] }
        return absent(in: child.value)
      }
    }
    #expect(Set(absent(in: example.state)) == ["listen", "problem"])
  }

  @Test func `a name is a metric's once, and says its unit`() {
    let families = MetricFamily.all(of: example.state)
    #expect(Set(families.map(\.name)).count == families.count)
    for family in families {
      if let unit = family.unit { #expect(family.name.hasSuffix("_\(unit)")) }
      #expect(family.name.wholeMatch(of: #/umbel(_[a-z]+)+/#) != nil)
      #expect(!family.help.contains("\"") && family.help.hasSuffix("."), "\(family.name)")
      #expect(!family.samples.isEmpty, "\(family.name)")
      for sample in family.samples { #expect(sample.labels.count == family.labels.count, "\(family.name)") }
    }
  }

  @Test func `no two values have the same labels`() {
    var state = Example.plain
    state.peers.append(state.peers[0])
    state.peers[1].agent = "1badcafe"
    for family in MetricFamily.all(of: state) {
      #expect(Set(family.samples.map(\.labels)).count == family.samples.count, "\(family.name)")
    }
  }

  @Test func `OpenMetrics names families without the ending of their samples, with units, and ends`() {
    var state = Example.plain
    state.ports[0].counters.receivedFrames = 7
    let text = MetricsText.text(of: MetricFamily.all(of: state), as: .openmetrics)
    #expect(
      text.contains(
        """
        # TYPE umbel_port_received_frames counter
        # UNIT umbel_port_received_frames frames
        # HELP umbel_port_received_frames Frames that came in by the port, dropped ones included.
        umbel_port_received_frames_total{lan="lab",port="site",role="trunk",transport="vxlan"} 7

        """))
    #expect(text.contains("# TYPE umbel_agent info\n"))
    #expect(text.contains("\numbel_agent_info{version=\"0.1.0\"} 1\n"))
    #expect(text.hasSuffix("\n# EOF\n"))
  }

  @Test func `Prometheus's own format names them with it, and knows no infos`() {
    let text = MetricsText.text(of: MetricFamily.all(of: Example.plain), as: .prometheus)
    #expect(text.contains("# TYPE umbel_port_received_frames_total counter\numbel_port_received_frames_total{"))
    #expect(text.contains("# TYPE umbel_agent_info gauge\n"))
    #expect(!text.contains("# UNIT") && !text.contains("# EOF"))
  }

  @Test func `what others call themselves cannot break a line or a label`() {
    var state = Example.plain
    state.peers[0].host = "a\"b\\c\nd"
    let text = MetricsText.text(of: MetricFamily.all(of: state), as: .openmetrics)
    #expect(text.contains(#"host="a\"b\\c\nd""#))
  }

  @Test func `frames that a switch does not pass on anyway are not lost`() {
    var state = Example.plain
    state.ports[0].drops = ["queue-full": 2, "split-horizon": 40, "same-segment": 40, "no-recipients": 40]
    let lost = MetricFamily.all(of: state).first { $0.name == "umbel_port_lost_frames" }
    #expect(lost?.samples.map(\.value) == [2])
  }
}
