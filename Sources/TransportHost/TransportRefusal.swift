/// Why a transport was not loaded. Each description is a sentence with the remedy.
package enum TransportRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  case badName(String)
  case noSuchFile(name: String, path: String, known: [String])
  case unreadable(path: String, reason: String)
  case outsideDirectory(name: String, file: String, directory: String)
  case foreignOwner(what: String, path: String, owner: UInt32)
  case writableByOthers(what: String, path: String)
  case notLoadable(name: String, reason: String)
  case noEntry(name: String, file: String)
  case declined(name: String)
  case wrongLevel(name: String, level: UInt32, supported: UInt32)
  case tableTooSmall(name: String, size: UInt32)
  case missingFunction(name: String, function: String)
  case otherName(name: String, claims: String)
  case badTable(name: String, problem: String)

  package var description: String {
    switch self {
    case .badName(let name):
      "'\(name)' is no name of a transport: use lower-case letters, digits and '-' only."
    case .noSuchFile(let name, let path, let known):
      "There is no transport '\(name)': \(path) does not exist. "
        + (known.isEmpty ? "The directory holds no transport at all." : "There are: \(known.joined(separator: ", ")).")
    case .unreadable(let path, let reason):
      "\(path) cannot be used: \(reason)."
    case .outsideDirectory(let name, let file, let directory):
      "Plugin \(name) is a link that leaves \(directory), to \(file): copy the file into the directory instead."
    case .foreignOwner(let what, let path, let owner):
      "\(what) belongs to user \(owner), who could replace it: `chown root \(path)`."
    case .writableByOthers(let what, let path):
      "\(what) may be written by others: `chmod go-w \(path)`."
    case .notLoadable(let name, let reason):
      "Plugin \(name) cannot be loaded: \(reason)."
    case .noEntry(let name, let file):
      "Plugin \(name) is no transport: \(file) does not export umbel_transport_entry."
    case .declined(let name):
      "Plugin \(name) cannot work with this agent: its entry returned no table. A newer agent or an older plugin is needed."
    case .wrongLevel(let name, let level, let supported):
      "Plugin \(name) was made for ABI level \(level), this agent has level \(supported): rebuild it with this agent's umbel_transport.h."
    case .tableTooSmall(let name, let size):
      "Plugin \(name) gives a table of \(size) bytes, which is less than a transport needs: rebuild it with this agent's umbel_transport.h."
    case .missingFunction(let name, let function):
      "Plugin \(name) has no function '\(function)', which every transport needs."
    case .otherName(let name, let claims):
      claims.isEmpty
        ? "Plugin libumbel-\(name).so has no name: its author must put '\(name)' into its table."
        : "Plugin libumbel-\(name).so calls itself '\(claims)': rename the file to libumbel-\(claims).so."
    case .badTable(let name, let problem):
      "Plugin \(name) describes itself wrongly: \(problem)."
    }
  }
}
