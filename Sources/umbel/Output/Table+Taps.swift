import LinuxIO

extension Table {
  /// A row for each device.
  static func taps(_ taps: [TapListing]) -> Table {
    var table = Table([
      ("TAP", .left), ("OWNER", .left), ("GROUP", .left), ("STATE", .left), ("MTU", .right), ("MAC", .left),
      ("BRIDGE", .left), ("IN USE BY", .left),
    ])
    for tap in taps {
      let holders = tap.holders.map { "\($0.command) (\($0.process))" }.joined(separator: ", ")
      table.add([
        Cell(tap.name), Cell(tap.user.map { LocalAccounts.name(ofUser: $0) ?? "\($0)" } ?? "-"),
        Cell(tap.group.map { LocalAccounts.name(ofGroup: $0) ?? "\($0)" } ?? "-"),
        tap.up ? Cell("up", .good) : Cell("down", .warning), Cell("\(tap.mtu)"), Cell(tap.mac),
        Cell(tap.bridge ?? "-"), Cell(holders.isEmpty ? "-" : holders),
      ])
    }
    return table
  }
}
