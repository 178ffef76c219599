import AgentAPI
import ManagementConsole

/// Finds the guests that run: in directories, and those that announced themselves to the agent.
struct GuestFinder {
  let directories: [String]
  let view: AgentView
  /// The user has named the directories: of several guests of one name, the one there is meant.
  var isChosen = false

  /// By name and process. What a guest left behind is none.
  var running: [RunningGuest] {
    places.compactMap { RunningGuest(asking: $0) }
      .sorted { ($0.directory.umid, $0.directory.processId) < ($1.directory.umid, $1.directory.processId) }
  }

  /// The one guest of that name.
  func guest(named umid: String) throws(Failure) -> RunningGuest {
    let places = places
    var found = places.filter { $0.umid == umid }.compactMap { RunningGuest(asking: $0) }
    if isChosen, found.count > 1 {
      let chosen = found.filter { guest in directories.contains { "\($0)/\(umid)" == guest.directory.path } }
      if !chosen.isEmpty { found = chosen }
    }
    if found.count > 1 {
      let paths = found.map(\.directory.path).joined(separator: ", ")
      throw Failure(.usage, "There are \(found.count) guests \"\(umid)\": \(paths). Name one's uml_dir with --uml-dir.")
    }
    if let guest = found.first { return guest }
    let names = places.compactMap { RunningGuest(asking: $0)?.directory.umid }.sorted()
    let hint = nearestName(to: umid, among: names).map { "Did you mean \"\($0)\"? " } ?? ""
    let list =
      names.isEmpty
      ? "No guest runs\(directories.isEmpty ? "" : " in \(directories.joined(separator: ", "))"): name its uml_dir "
        + "with --uml-dir."
      : "Guests: \(names.joined(separator: ", "))."
    throw Failure(.noInput, "There is no guest \"\(umid)\". \(hint)\(list)")
  }

  /// A guest's process is the guest: one that is found both ways counts once.
  private var places: [GuestDirectory] {
    var places = directories.flatMap { (try? GuestDirectory.all(in: $0)) ?? [] }
    for guest in view.guests {
      guard let slash = guest.console.lastIndex(of: "/") else { continue }
      let process = Int32(clamping: guest.processId)
      guard
        let place = GuestDirectory.announced(
          umid: guest.name, path: String(guest.console[..<slash]), processId: process,
          user: UInt32(clamping: guest.userId)),
        !places.contains(where: { $0.umid == place.umid && $0.processId == process })
      else { continue }
      places.append(place)
    }
    return places
  }
}
