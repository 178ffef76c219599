import ArgumentParser
import Glibc

/// Where guests' directories are looked for: `--uml-dir`.
struct GuestPlaces: ParsableArguments {
  @Option(
    name: .long, parsing: .singleValue,
    help: .init(
      "A directory with guests' directories, as uml_dir= on their command lines; may be given several times.",
      discussion: "Otherwise $UML_DIR, ~/.uml.", valueName: "directory"), completion: .directory)
  var umlDir: [String] = []

  /// The directories, absolute.
  /// - Throws: a `Failure` when one that was named is not there.
  var directories: [String] {
    get throws {
      if umlDir.isEmpty { return Self.usual.map { [$0] } ?? [] }
      return try umlDir.map { path in
        guard let resolved = unsafe realpath(path, nil) else {
          throw Failure(.noInput, "\(path): \(unsafe String(cString: strerror(errno))). Name a guest's uml_dir.")
        }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
      }
    }
  }

  /// Finds guests there.
  func finder(_ view: AgentView) throws -> GuestFinder {
    GuestFinder(directories: try directories, view: view, isChosen: !umlDir.isEmpty)
  }

  private static var usual: String? {
    func variable(_ name: String) -> String? { unsafe getenv(name).map { unsafe String(cString: $0) } }
    if let path = variable("UML_DIR"), path.hasPrefix("/") { return path }
    return variable("HOME").map { $0 + "/.uml" }
  }
}
