import Glibc
import LinuxIO
import Synchronization
import Testing

/// The plugins of Tests/Fixtures, built once and kept while their sources stay the same.
enum Plugins {
  /// Those in C, by the script that their authors would use.
  static func inC() throws -> String { try compiled.get() }

  /// A directory with some of them, and nothing else.
  static func directory(_ names: [String], in workplace: Workplace) throws -> String {
    let directory = workplace.path + "/plugins"
    try FileSystem.makeDirectory(directory)
    for name in names { try FileSystem.copy(try file(of: name), to: "\(directory)/libumbel-\(name).so") }
    return directory
  }

  private static func file(of name: String) throws -> String {
    switch name {
    case "outside-swift": try inSwift.get()
    case "frozen1": Places.fixtures + "/frozen/libumbel-frozen1.so"
    default: try inC() + "/libumbel-\(name).so"
    }
  }

  private static let compiled = Result { () throws -> String in
    let sources = Places.fixtures + "/Plugins"
    let target = Places.cache + "/plugins"
    let inputs =
      try FileSystem.names(in: sources).map { "\(sources)/\($0)" }
      + [Places.sources + "/Sources/CTransport/include/umbel_transport.h"]
    try make(target, from: inputs, ["sh", sources + "/build", target])
    return target
  }

  /// The package of somebody else, with TransportKit.
  private static let inSwift = Result { () throws -> String in
    let package = Places.fixtures + "/outside-swift"
    let scratch = Places.cache + "/outside-swift"
    try FileSystem.makeDirectory(Places.cache)
    try run(["swift", "build", "--package-path", package, "--scratch-path", scratch])
    return scratch + "/debug/libumbel-outside-swift.so"
  }

  /// Runs a command whose result is `target`, unless that is newer than all `inputs`.
  private static func make(_ target: String, from inputs: [String], _ command: [String]) throws {
    try FileSystem.makeDirectory(Places.cache)
    let stamp = target + ".stamp"
    if let made = FileSystem.modified(stamp), inputs.allSatisfy({ FileSystem.modified($0) ?? .max < made }) { return }
    FileSystem.removeTree(target)
    try run(command)
    try FileSystem.write([], to: stamp)
  }

  private static func run(_ command: [String]) throws {
    let workplace = try Workplace()
    let output = workplace.path + "/output"
    let status = try ChildProcess(command, output: output).wait(milliseconds: 300_000)
    let text = (try? FileSystem.read(output)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    try #require(status == 0, "\(command.joined(separator: " ")) ended with \(status ?? -1):\n\(text)")
  }
}
