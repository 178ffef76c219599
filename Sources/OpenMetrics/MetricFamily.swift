// What is counted, as metrics: families are made of the control interface's lists (`MetricFamily+Agent.swift` and its
// neighbours) and written as text (`MetricsText.swift`). Values in, text out: no system call, no clock.
//
// Names and labels are an interface, which `contrib/doc/metrics.md` lists: what is there stays as it is.

/// A metric: what it is about, and its value for each set of labels.
package struct MetricFamily: Sendable {
  /// OpenMetrics 1.0, "Metric Types".
  package enum Kind: String, Sendable {
    /// Only grows, until what it belongs to is made anew.
    case counter
    /// Goes up and down.
    case gauge
    /// 1, with labels that tell something.
    case info
  }

  /// One value.
  package struct Sample: Sendable {
    /// In the order of the family's labels; empty: not there.
    package let labels: [String]
    package let value: Double

    package init(_ labels: [String], _ value: Double) {
      self.labels = labels
      self.value = value
    }
  }

  /// Without the ending by which samples of its kind differ (`_total`, `_info`).
  package let name: String
  package let kind: Kind
  /// What the name ends in, when it has a unit: a base unit such as seconds, or what is counted.
  package let unit: String?
  /// One sentence.
  package let help: String
  /// Their names.
  package let labels: [String]
  package var samples: [Sample]

  package init(
    _ name: String, _ kind: Kind, unit: String? = nil, labels: [String] = [], help: String, samples: [Sample]
  ) {
    self.name = unit.map { "\(name)_\($0)" } ?? name
    self.kind = kind
    self.unit = unit
    self.help = help
    self.labels = labels
    self.samples = samples
  }

  /// The name of its samples.
  package var sampleName: String {
    switch kind {
    case .counter: name + "_total"
    case .gauge: name
    case .info: name + "_info"
    }
  }
}
