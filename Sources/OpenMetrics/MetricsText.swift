/// The forms in which metrics are written.
package enum MetricsFormat: String, CaseIterable, Sendable {
  /// OpenMetrics 1.0: https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
  case openmetrics
  /// The text format 0.0.4 of Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/
  case prometheus

  /// The media type that says so.
  package var contentType: String {
    switch self {
    case .openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
    }
  }
}

/// Metrics as text.
package enum MetricsText {
  /// The families that have a value, one after the other.
  package static func text(of families: [MetricFamily], as format: MetricsFormat) -> String {
    var text = ""
    for family in families where !family.samples.isEmpty {
      text += head(of: family, as: format)
      for sample in family.samples { text += line(family, sample) }
    }
    return format == .openmetrics ? text + "# EOF\n" : text
  }

  private static func head(of family: MetricFamily, as format: MetricsFormat) -> String {
    switch format {
    case .openmetrics:
      let unit = family.unit.map { "# UNIT \(family.name) \($0)\n" } ?? ""
      return "# TYPE \(family.name) \(family.kind.rawValue)\n\(unit)# HELP \(family.name) \(escaped(family.help))\n"
    case .prometheus:
      // Knows no infos.
      let kind = family.kind == .info ? .gauge : family.kind
      return "# HELP \(family.sampleName) \(escaped(family.help))\n# TYPE \(family.sampleName) \(kind.rawValue)\n"
    }
  }

  /// Labels that are empty are left out, which means the same.
  private static func line(_ family: MetricFamily, _ sample: MetricFamily.Sample) -> String {
    let pairs = zip(family.labels, sample.labels).filter { !$1.isEmpty }.map { "\($0)=\"\(escaped($1))\"" }
    let labels = pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}"
    return "\(family.sampleName)\(labels) \(number(sample.value))\n"
  }

  private static func number(_ value: Double) -> String {
    Int(exactly: value).map { "\($0)" } ?? "\(value)"
  }

  /// A label's value or a help text. Both formats take a quotation mark behind a backslash, or none of them has it: help
  /// texts are without.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      case "\n": result += "\\n"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
