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
  private var threads = processorCount()
  private var busyPoll = BusyPoll.off
  /// Where LANs are pinned to a thread.
  var threadPlaces: [String: SourceLocation] = [:]
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
      let keys = isMain ? "lans, threads and busy-poll" : "lans"
      refuse(root.location, nil, "the file is \(root.kind); it must be a map with \(keys)")
    }
  }

  /// What has been read, or everything that is wrong with it.
  mutating func finish() throws(ConfigurationProblems) -> Configuration {
    if lans == nil, problems.isEmpty { read(Configuration.builtIn, of: "built-in default", isMain: true) }
    let placements = Dictionary(
      uniqueKeysWithValues: (lans ?? []).map { ($0.name, LANPlacement($0, transports: transports)) })
    for lan in lans ?? [] { checkThread(of: lan, placements) }
    guard problems.isEmpty else { throw ConfigurationProblems(inOrder(problems)) }
    return Configuration(threads: threads, busyPoll: busyPoll, lans: lans ?? [], notes: inOrder(notes))
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
    case "busy-poll" where isMain: readBusyPoll(entry)
    case "threads", "busy-poll":
      refuse(entry.location, entry.key, "belongs into the main file; files of lans.d hold lans alone")
    default:
      let names = isMain ? ["lans", "threads", "busy-poll"] : ["lans"]
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

  private mutating func readBusyPoll(_ entry: ConfigurationNode.Entry) {
    let option = OptionDescription(
      name: "busy-poll", help: "How long a forwarding thread does not sleep after a frame.", minimum: 1_000,
      maximum: 1_000_000_000, kind: .duration)
    guard case .text(let text) = entry.value.content else {
      return refuse(entry.value.location, entry.key, option.refusal(entry.value.kind).message + ", or auto, or off")
    }
    do {
      busyPoll =
        switch text {
        case "off": .off
        case "auto": .auto
        default: .always(nanoseconds: UInt64(try option.parse(text).integer))
        }
    } catch {
      refuse(entry.value.location, entry.key, error.message + ", or auto, or off")
    }
  }

  /// What all files together must show: that there is the thread, and that LANs of one socket are not pinned apart.
  private mutating func checkThread(of lan: LanConfiguration, _ placements: [String: LANPlacement]) {
    guard let thread = lan.thread, let place = threadPlaces[lan.name] else { return }
    if thread >= threads {
      let allowed = threads == 1 ? "0, as there is one thread" : "0 to \(threads - 1), as there are \(threads) threads"
      return refuse(place, "thread", "is \(thread); allowed is \(allowed)")
    }
    let companions = LANPlacement.companions(of: lan.name, in: placements)
    let earlier = (lans ?? []).prefix { $0.name != lan.name }
    for other in earlier where companions.contains(other.name) {
      guard let pin = other.thread, pin != thread, let otherPlace = threadPlaces[other.name] else { continue }
      return refuse(
        place, "thread",
        "is \(thread), and LAN \(other.name), with which it shares a socket, is pinned to \(pin) at \(otherPlace); "
          + "pin both to one thread, or give one of them another socket")
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
