import ArgumentParser

/// How a listing is written.
struct Format: ParsableArguments {
  @Flag(name: .long, help: "Print JSON, with the fields of the control interface.")
  var json = false

  /// Writes `value` as JSON, or the text for people.
  /// - Parameter text: makes that text; its parameter says whether it has colours.
  func write(_ value: some Encodable, _ text: (Bool) -> String) throws {
    try Output.write(json ? Output.json(value) : text(Output.hasColours))
  }
}
