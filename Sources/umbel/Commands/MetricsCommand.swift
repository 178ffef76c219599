import AgentAPI
import ArgumentParser
import OpenMetrics

struct MetricsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metrics", abstract: "Print all that is counted, for monitoring.",
    discussion: """
      openmetrics is OpenMetrics 1.0; prometheus is the text format 0.0.4, for the textfile collector of node_exporter \
      and `promtool check metrics`. umbel-web(8) serves both over HTTP.
      """)

  @OptionGroup var connection: Connection

  @Option(help: "How it is written.")
  var format = MetricsFormat.openmetrics

  func run() throws {
    let state = try AgentState(asking: try connection.open())
    try Output.write(MetricsText.text(of: MetricFamily.all(of: state), as: format))
  }
}

extension MetricsFormat: ExpressibleByArgument {}
