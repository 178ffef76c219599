// The configuration: from files to checked values.
//
//   files --YamlReader--> ConfigurationNode (keys and texts, each with its place) --ConfigurationReader--> Configuration
//
// YAML decides only what is a map, a list or a text; what a text means is decided by option descriptions, the agent's
// own and those of the transports. Nothing is opened and nothing changes here: a value of Configuration is what the
// agent is to become, or there is a list of all that is wrong, each with file, line, column, key and what is allowed.
//
// Files are umbel.yaml and lans.d/*.yaml beside it. Where no file names `lans:`, `builtIn` holds.

/// What the agent is to be. Two configurations are equal when they ask for the same, wherever it is written.
package struct Configuration: Hashable, Sendable {
  /// Forwarding threads, 1 to 64.
  package let threads: Int
  /// Whether forwarding threads sleep at once after a frame.
  package let busyPoll: BusyPoll
  /// In the order of the files.
  package let lans: [LanConfiguration]
  /// What is right and still worth saying, each with its place: part of a word that does not apply to a port.
  package let notes: [ConfigurationProblem]

  package init(
    threads: Int, busyPoll: BusyPoll = .off, lans: [LanConfiguration], notes: [ConfigurationProblem] = []
  ) {
    self.threads = threads
    self.busyPoll = busyPoll
    self.lans = lans
    self.notes = notes
  }

  package static func == (one: Configuration, other: Configuration) -> Bool {
    one.threads == other.threads && one.busyPoll == other.busyPoll && one.lans == other.lans
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(threads)
    hasher.combine(lans)
  }

  /// Where the agent looks when it is not told.
  package static let defaultPath = "/etc/umbel/umbel.yaml"

  /// What holds when no file names `lans:`: the group of `eth0=mcast`, and all doors.
  package static let builtIn = "lans: {default: {ports: [{name: mcast, transport: mcast, role: trunk}]}}"
}
