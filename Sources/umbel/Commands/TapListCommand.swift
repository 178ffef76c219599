import ArgumentParser

struct TapListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the TAP devices of this host, who owns them and who has them attached.")

  @OptionGroup var format: Format

  func run() throws {
    let taps = try TapListing.all()
    try format.write(taps) { Table.taps(taps).rendered(coloured: $0) }
  }
}
