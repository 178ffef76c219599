import Agent
import Glibc
import LinuxIO
import Testing
import TransportHost

/// A directory of configuration files that is gone when the value is.
private final class Folder {
  let path: String
  private var made = [String]()

  init() throws {
    var template = Array("/tmp/umbel-configuration-XXXXXX".utf8CString)
    try #require(unsafe mkdtemp(&template) != nil)
    path = String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self)
  }

  deinit {
    for name in made.reversed() { _ = unsafe remove("\(path)/\(name)") }
    _ = unsafe rmdir(path)
  }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    made.append(name)
    let number = try retrying { unsafe open("\(path)/\(name)", O_WRONLY | O_CREAT, 0o600) }
    let file = Descriptor(owning: number)
    let count = bytes.count
    #expect(unsafe Glibc.write(file.number, bytes, count) == count)
  }

  func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

  func make(_ name: String) {
    made.append(name)
    #expect(unsafe mkdir("\(path)/\(name)", 0o700) == 0)
  }

  func load() throws(ConfigurationProblems) -> Configuration {
    try Configuration.load(
      from: path + "/u.yaml", transports: ConfigurationFixture.transports, check: ConfigurationFixture.check)
  }

  func complaints() -> [String] {
    do {
      _ = try load()
      return []
    } catch { return error.problems.map { $0.description.replacing(path + "/", with: "") } }
  }
}

@Test("A file that is named must be there")
func namedFileIsMissing() throws {
  #expect(try Folder().complaints() == ["u.yaml: cannot be read: No such file or directory"])
}

@Test("Where no file is named and none is there, the built-in default holds")
func noFileAtAll() throws {
  let folder = try Folder()
  let configuration = try Configuration.load(
    otherwise: folder.path + "/u.yaml", transports: ConfigurationFixture.transports, check: ConfigurationFixture.check)
  #expect(configuration.lans.map(\.name) == ["default"])
}

@Test("A reload does not wait for a pipe: what is no regular file is refused")
func reloadOfPipe() throws {
  let folder = try Folder()
  let path = folder.path + "/u.yaml"
  try #require(unsafe mkfifo(path, 0o600) == 0)
  defer { unsafe unlink(path) }
  let refused = #expect(throws: ConfigurationProblems.self) {
    try Configuration.load(
      from: path, isReload: true, transports: ConfigurationFixture.transports, check: ConfigurationFixture.check)
  }
  #expect(refused?.problems.map(\.message) == ["is no regular file, and cannot be read again: restart the agent"])
}

@Test("A directory in the place of the file is called one, and no restart is asked for")
func reloadOfDirectory() throws {
  let folder = try Folder()
  let refused = #expect(throws: ConfigurationProblems.self) {
    try Configuration.load(
      from: folder.path, isReload: true, transports: ConfigurationFixture.transports, check: ConfigurationFixture.check)
  }
  #expect(refused?.problems.first?.message == "cannot be read: Is a directory")
}

@Test("lans.d beside the named file is read in the order of its names, hidden and other files left out")
func fragmentsInOrder() throws {
  let folder = try Folder()
  try folder.write("u.yaml", "threads: 2\nlans: {main: {}}\n")
  folder.make("lans.d")
  for name in ["b", "a", "c"] { try folder.write("lans.d/\(name).yaml", "lans: {\(name): {}}\n") }
  try folder.write("lans.d/.d.yaml", "not: read")
  try folder.write("lans.d/e.yaml~", "not: read")
  let configuration = try folder.load()
  #expect(configuration.threads == 2)
  #expect(configuration.lans.map(\.name) == ["main", "a", "b", "c"])
}

@Test("A duplicate LAN in lans.d names both files")
func duplicateAcrossFiles() throws {
  let folder = try Folder()
  try folder.write("u.yaml", "lans: {main: {}}\n")
  folder.make("lans.d")
  try folder.write("lans.d/a.yaml", "lans:\n  main: {}\n")
  #expect(
    folder.complaints() == [
      "lans.d/a.yaml:2:3: main: is given twice; the first LAN of this name is at u.yaml:1:8"
    ])
}

@Test("A file that is not UTF-8 is refused with the line")
func notUnicode() throws {
  let folder = try Folder()
  try folder.write("u.yaml", Array("lans:\n  lab: {}\n  # caf".utf8) + [0xe9, 0x0a])
  #expect(folder.complaints() == ["u.yaml:3:1: holds bytes that are not UTF-8"])
}

@Test("A directory in a file's place is refused")
func directoryAsFile() throws {
  let folder = try Folder()
  folder.make("u.yaml")
  #expect(folder.complaints() == ["u.yaml: cannot be read: Is a directory"])
}

@Test("A file over 4 MiB is refused")
func hugeFile() throws {
  let folder = try Folder()
  try folder.write("u.yaml", [UInt8](repeating: UInt8(ascii: "#"), count: 4 << 20 + 1))
  #expect(folder.complaints() == ["u.yaml: cannot be read: File too large"])
}

@Test("A lans.d that is a file is refused, after what the main file has")
func fragmentsAreAFile() throws {
  let folder = try Folder()
  try folder.write("u.yaml", "colour: red\n")
  try folder.write("lans.d", "")
  #expect(
    folder.complaints() == [
      "u.yaml:1:1: colour: is not a key of the file; allowed is lans, threads or busy-poll",
      "lans.d: cannot be read: Not a directory",
    ])
}
