import Glibc
import LinuxIO
package import TransportHost

extension Configuration {
  /// What one option alone cannot show: asks the transport about the values of a port.
  /// - Returns: nil when all is well; else what is wrong, and the name of the option at fault if it is one.
  package typealias PortCheck = (TransportDescription, PortConfiguration) -> (optionName: String?, text: String)?

  /// Reads the files and checks all of them.
  /// - Parameters:
  ///   - path: the main file, which must exist. `lans.d/*.yaml` beside it are read in the order of their names; names
  ///     that begin with `.` are left out.
  ///   - fallback: the main file where `path` is nil; it need not exist.
  ///   - isReload: the program runs, and must not wait for a pipe; what came by one at the start cannot be read again.
  ///   - transports: all that are loaded.
  ///   - check: the transports' own checks.
  /// - Throws: everything that is wrong.
  package static func load(
    from path: String? = nil, otherwise fallback: String = defaultPath, isReload: Bool = false,
    transports: [TransportDescription], check: @escaping PortCheck
  ) throws(ConfigurationProblems) -> Configuration {
    var reader = ConfigurationReader(transports: transports, check: check)
    reader.isReload = isReload
    let main = path ?? fallback
    reader.read(file: main, isMain: true, mayBeMissing: path == nil)
    let directory = main.lastIndex(of: "/").map { String(main[...$0]) } ?? ""
    for name in reader.fragments(in: directory + "lans.d") {
      reader.read(file: "\(directory)lans.d/\(name)", isMain: false, mayBeMissing: false)
    }
    return try reader.finish()
  }

  /// As `load`, for texts at hand. The first is the main file, the others are as those of `lans.d`.
  package static func read(
    _ texts: [(file: String, text: String)], transports: [TransportDescription], check: @escaping PortCheck
  ) throws(ConfigurationProblems) -> Configuration {
    var reader = ConfigurationReader(transports: transports, check: check)
    for (index, source) in texts.enumerated() { reader.read(source.text, of: source.file, isMain: index == 0) }
    return try reader.finish()
  }
}

extension ConfigurationReader {
  mutating func read(file: String, isMain: Bool, mayBeMissing: Bool) {
    if isReload, !ConfigurationFiles.canBeReadAgain(file) {
      return refuse(SourceLocation(file: file), nil, "is no regular file, and cannot be read again: restart the agent")
    }
    do {
      let bytes = try ConfigurationFiles.contents(of: file)
      if let text = String(validating: bytes, as: UTF8.self) {
        read(text, of: file, isMain: isMain)
      } else {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let line = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
        problems.append(
          ConfigurationProblem(SourceLocation(file: file, line: line + 1, column: 1), "holds bytes that are not UTF-8"))
      }
    } catch {
      if mayBeMissing, error.code == ENOENT { return }
      problems.append(ConfigurationProblem(SourceLocation(file: file), "cannot be read: \(error)"))
    }
  }

  /// The names of the files in `lans.d`.
  mutating func fragments(in directory: String) -> [String] {
    do {
      return try ConfigurationFiles.names(in: directory).filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }
    } catch {
      if error.code != ENOENT {
        problems.append(ConfigurationProblem(SourceLocation(file: directory), "cannot be read: \(error)"))
      }
      return []
    }
  }
}
