import TransportHost

/// Checks nodes against what there is and collects LANs and problems, over all files.
struct ConfigurationReader {
  let transports: [TransportDescription]
  let check: Configuration.PortCheck
  /// See `Configuration.load`.
  var isReload = false
  var problems = [ConfigurationProblem]()
  /// See `Configuration.notes`.
  var notes = [ConfigurationProblem]()
  /// What is held exclusively, with the port that holds it.
  var holders: [(resource: ExclusiveResource, lan: String, port: PortConfiguration)] = []
  /// The LAN that has a door at a path or an address.
  var doorHolders: [String: String] = [:]
  private var threads = 1
  /// The order in which files were read.
  private var files: [String: Int] = [:]
  /// nil: no file has named `lans:` yet.
  private var lans: [LanConfiguration]?
  /// Of all LANs, the refused ones too.
  private var locations: [String: SourceLocation] = [:]

  init(transports: [TransportDescription], check: @escaping Configuration.PortCheck) {
    self.transports = transports
    self.check = check
  }

  /// Reads one file's text.
  mutating func read(_ text: String, of file: String, isMain: Bool) {
    files[file] = files[file] ?? files.count
    var yaml = YamlReader(file: file)
    let root = yaml.read(text)
    problems += yaml.problems
    guard let root else { return }
    switch root.content {
    case .empty: return
    case .map(let entries): for entry in entries { topLevel(entry, isMain: isMain) }
    case .text, .list:
      let keys = isMain ? "lans and threads" : "lans"
      refuse(root.location, nil, "the file is \(root.kind); it must be a map with \(keys)")
    }
  }

  /// What has been read, or everything that is wrong with it.
  mutating func finish() throws(ConfigurationProblems) -> Configuration {
    if lans == nil, problems.isEmpty { read(Configuration.builtIn, of: "built-in default", isMain: true) }
    guard problems.isEmpty else { throw ConfigurationProblems(inOrder(problems)) }
    return Configuration(threads: threads, lans: lans ?? [], notes: inOrder(notes))
  }

  private func inOrder(_ problems: [ConfigurationProblem]) -> [ConfigurationProblem] {
    func key(_ place: SourceLocation) -> (file: Int, line: Int, column: Int) {
      (files[place.file] ?? files.count, place.line, place.column)
    }
    return problems.sorted { key($0.location) < key($1.location) }
  }

  mutating func refuse(_ location: SourceLocation, _ key: String?, _ message: String) {
    problems.append(ConfigurationProblem(location, key: key, message))
  }

  private mutating func topLevel(_ entry: ConfigurationNode.Entry, isMain: Bool) {
    switch entry.key {
    case "lans": readLans(entry)
    case "threads" where isMain: readThreads(entry)
    case "threads": refuse(entry.location, entry.key, "belongs into the main file; files of lans.d hold lans alone")
    default:
      let names = isMain ? ["lans", "threads"] : ["lans"]
      refuse(entry.location, entry.key, "is not a key of the file; \(suggestion(for: entry.key, in: names))")
    }
  }

  private mutating func readThreads(_ entry: ConfigurationNode.Entry) {
    let option = OptionDescription(
      name: "threads", help: "Forwarding threads.", minimum: 1, maximum: 64, kind: .integer)
    guard case .text(let text) = entry.value.content else {
      return refuse(entry.value.location, entry.key, option.refusal(entry.value.kind).message + ", or auto")
    }
    do {
      threads = text == "auto" ? processorCount() : Int(try option.parse(text).integer)
    } catch {
      refuse(entry.value.location, entry.key, error.message + ", or auto")
    }
  }

  private mutating func readLans(_ entry: ConfigurationNode.Entry) {
    lans = lans ?? []
    switch entry.value.content {
    case .empty: return
    case .map(let entries):
      for entry in entries {
        if let lan = readLan(entry) { lans?.append(lan) }
      }
    case .text, .list:
      refuse(
        entry.value.location, entry.key, "is \(entry.value.kind); it must be a map of LANs, such as {lab: {ports: []}}")
    }
  }

  private mutating func readLan(_ entry: ConfigurationNode.Entry) -> LanConfiguration? {
    if let problem = ConfigurationName.problem(ofLan: entry.key) { refuse(entry.location, entry.key, problem) }
    if let first = locations[entry.key] {
      refuse(entry.location, entry.key, "is given twice; the first LAN of this name is at \(first)")
      return nil
    }
    locations[entry.key] = entry.location
    return lan(entry)
  }
}
