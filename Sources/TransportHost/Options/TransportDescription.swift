/// What a transport says of itself.
package struct TransportDescription: Hashable, Sendable {
  /// The `<name>` of `libumbel-<name>.so`; `[a-z0-9-]+`.
  package let name: String
  /// One line.
  package let summary: String
  /// The file it was loaded from.
  package let path: String
  /// `OptionValue.option` is an index in this table.
  package let options: [OptionDescription]
  package let doors: [DoorDescription]
  /// What it can be used as.
  package let roles: [PortRole]
  /// The role of a port whose configuration names none.
  package let defaultRole: PortRole

  package init(
    name: String, summary: String, path: String, options: [OptionDescription], doors: [DoorDescription],
    roles: [PortRole], defaultRole: PortRole
  ) {
    self.name = name
    self.summary = summary
    self.path = path
    self.options = options
    self.doors = doors
    self.roles = roles
    self.defaultRole = defaultRole
  }

  /// The value of the option of that name; nil when it is absent or there is no such option.
  /// - Parameter values: what `values(from:)` returned.
  package func value(_ name: String, in values: [OptionValue]) -> OptionValue? {
    guard let index = options.firstIndex(where: { $0.name == name }) else { return nil }
    return values.first { $0.option == index }
  }
}
