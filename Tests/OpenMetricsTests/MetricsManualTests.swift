import AgentAPI
import LinuxIO
import OpenMetrics
import Testing

/// `contrib/doc/metrics.md` lists what is exported, no more and no less.
struct MetricsManualTests {
  private static let root = {
    // <root>/Tests/OpenMetricsTests/MetricsManualTests.swift
    #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
  }()

  private static func row(of family: MetricFamily) -> String {
    let labels = family.labels.isEmpty ? "–" : family.labels.joined(separator: ", ")
    return "| `\(family.sampleName)` | \(family.kind.rawValue) | \(labels) | \(family.help) |"
  }

  @Test func `the table has each metric with its kind, labels and meaning`() throws {
    let text = try #require(TextFile.read(Self.root + "/contrib/doc/metrics.md"))
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }.map(String.init)
    #expect(rows == MetricFamily.all(of: Example.plain).map(Self.row))
  }

  @Test(arguments: ["contrib/grafana/umbel.json", "contrib/prometheus/umbel.rules.yml"])
  func `dashboard and rules name only metrics that there are`(_ file: String) throws {
    let text = try #require(TextFile.read("\(Self.root)/\(file)"))
    let known = Set(MetricFamily.all(of: Example.plain).map(\.sampleName))
    let named = Set(text.matches(of: #/umbel_[a-z_]+/#).map { String($0.output) })
    #expect(named.count > 5)
    #expect(named.subtracting(known) == [])
  }
}
