import AgentAPI
import Glibc
import LinuxIO
import Testing
import TransportHost

/// What is no transport, or might be somebody else's, is refused with a sentence, and keeps no other from loading.
struct RefusalTests {
  /// Each refused fixture and its sentence; `@` is the plugin directory.
  static let sentences: [String: String] = [
    "abi":
      "Plugin refused-abi was made for ABI level 99, this agent has level 1: rebuild it with this agent's "
      + "umbel_transport.h.",
    "default":
      "Plugin refused-default describes itself wrongly: option port has a default that is \"eleven "
      + "hundred\"; allowed is 1 to 65535.",
    "default-range":
      "Plugin refused-default-range describes itself wrongly: option port has a default that is 65536; "
      + "allowed is 1 to 65535.",
    "default-role":
      "Plugin refused-default-role describes itself wrongly: the default role guest is not among the roles.",
    "door-path":
      "Plugin refused-door-path describes itself wrongly: the path '../side' of a door leaves the LAN's directory.",
    "door-type":
      "Plugin refused-door-type describes itself wrongly: door 'side' has socket type 99; it must be stream, "
      + "seqpacket or dgram.",
    "name": "Plugin libumbel-refused-name.so calls itself 'another': rename the file to libumbel-another.so.",
    "no-close": "Plugin refused-no-close has no function 'close', which every transport needs.",
    "no-descriptors": "Plugin refused-no-descriptors has no function 'descriptors', which every transport needs.",
    "no-open": "Plugin refused-no-open has no function 'open', which every transport needs.",
    "no-receive": "Plugin refused-no-receive has no function 'receive', which every transport needs.",
    "no-send": "Plugin refused-no-send has no function 'send', which every transport needs.",
    "no-symbol":
      "Plugin refused-no-symbol is no transport: @/libumbel-refused-no-symbol.so does not export "
      + "umbel_transport_entry.",
    "null":
      "Plugin refused-null cannot work with this agent: its entry returned no table. A newer agent or an "
      + "older plugin is needed.",
    "null-name":
      "Plugin libumbel-refused-null-name.so has no name: its author must put 'refused-null-name' into its table.",
    "option-choices":
      "Plugin refused-option-choices describes itself wrongly: option mode is a choice and has no choices.",
    "option-name":
      "Plugin refused-option-name describes itself wrongly: option Mode! has a name that does not match "
      + "[a-z][a-z0-9-]*.",
    "option-reserved":
      "Plugin refused-option-reserved describes itself wrongly: option transport has a name that belongs to the agent.",
    "option-stride":
      "Plugin refused-option-stride describes itself wrongly: its option table is missing or its stride too small.",
    "option-twice": "Plugin refused-option-twice describes itself wrongly: option port stands twice in the table.",
    "option-type":
      "Plugin refused-option-type describes itself wrongly: option 'mode' has a type this agent does not know (99).",
    "options-null":
      "Plugin refused-options-null describes itself wrongly: its option table is missing or its stride too small.",
    "roles": "Plugin refused-roles describes itself wrongly: its roles are 0, the default role 1.",
    "size":
      "Plugin refused-size gives a table of 8 bytes, which is less than a transport needs: rebuild it with "
      + "this agent's umbel_transport.h.",
    "unresolved":
      "Plugin refused-unresolved cannot be loaded: @/libumbel-refused-unresolved.so: undefined symbol: "
      + "umbel_symbol_that_nobody_defines.",
  ]

  @Test func `each plugin that is none is refused with its sentence, and the others load`() throws {
    let directory = try Plugins.inC()
    let agent = try AgentProcess(try Workplace(), pluginDirectory: directory, configuration: "lans: {lab: {doors: []}}")
    let reply = try agent.call(ListTransports.self, Nothing())
    #expect(reply.transports.map(\.name) == ["accepted", "bad", "minimal", "outside"])
    let refused = Dictionary(uniqueKeysWithValues: reply.refused.map { ($0.name, $0) })
    #expect(refused.keys.sorted() == Self.sentences.keys.map { "refused-\($0)" }.sorted())
    for (word, sentence) in Self.sentences {
      let name = "refused-\(word)"
      let wanted = sentence.split(separator: "@", omittingEmptySubsequences: false).joined(separator: directory)
      #expect(refused[name]?.problem == wanted)
      #expect(refused[name]?.path == "\(directory)/libumbel-\(name).so")
      #expect(agent.logLines(containing: wanted).count == 1)
    }
    #expect(agent.end() == 0)
  }

  @Test func `a file that is no library is refused`() throws {
    let place = try RefusalPlace()
    try FileSystem.write(Array("not ELF".utf8), to: place.file("odd"))
    #expect(place.refusal(of: "odd") == "Plugin odd cannot be loaded: \(place.file("odd")): file too short.")
  }

  @Test func `a transport that is not there is refused with the names of those that are`() throws {
    let place = try RefusalPlace()
    #expect(
      place.refusal(of: "maximal")
        == "There is no transport 'maximal': \(place.file("maximal")) does not exist. There are: minimal, outside.")
  }

  @Test("a name that is none is refused", arguments: ["../minimal", "a/b", "Minimal", "", "mini mal", "mini.so"])
  func name(_ name: String) throws {
    #expect(
      try RefusalPlace().refusal(of: name)
        == "'\(name)' is no name of a transport: use lower-case letters, digits and '-' only.")
  }

  @Test func `a file that others may write is refused`() throws {
    let place = try RefusalPlace()
    try #require(unsafe chmod(place.file("outside"), 0o646) == 0)
    let sentence = "plugin outside may be written by others: `chmod go-w \(place.file("outside"))`."
    #expect(place.refusal(of: "outside") == sentence)
    let reply = try place.listed()
    #expect(reply.transports.map(\.name) == ["minimal"])
    #expect(reply.refused.map(\.problem) == [sentence])
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
  func `a file of another owner is refused`() throws {
    let place = try RefusalPlace()
    try #require(unsafe chown(place.file("outside"), 12_345, 0) == 0)
    let sentence = "plugin outside belongs to user 12345, who could replace it: `chown root \(place.file("outside"))`."
    #expect(place.refusal(of: "outside") == sentence)
    #expect(try place.listed().refused.map(\.problem) == [sentence])
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
  func `a file that a foreign group may write is refused`() throws {
    let place = try RefusalPlace()
    try #require(unsafe chown(place.file("outside"), 0, 12_345) == 0)
    try #require(unsafe chmod(place.file("outside"), 0o664) == 0)
    let sentence = "plugin outside may be written by others: `chmod go-w \(place.file("outside"))`."
    #expect(place.refusal(of: "outside") == sentence)
  }

  @Test func `a directory that others may write is refused, and the agent says so`() throws {
    let place = try RefusalPlace()
    try #require(unsafe chmod(place.directory, 0o777) == 0)
    let sentence = "the plugin directory may be written by others: `chmod go-w \(place.directory)`."
    #expect(place.refusalOfDirectory() == sentence)
    let log = place.workplace.path + "/log"
    let agent = try ChildProcess(
      [Places.agent, "--plugin-dir", place.directory, "--runtime-dir", place.workplace.path + "/run"], output: log)
    #expect(agent.wait(milliseconds: 5_000) == 69)
    #expect(String(decoding: try FileSystem.read(log), as: UTF8.self) == "<3>\(sentence)\n")
  }

  @Test func `a link out of the plugin directory is refused, one within is followed`() throws {
    let place = try RefusalPlace()
    let elsewhere = place.workplace.path + "/elsewhere.so"
    try FileSystem.copy(place.file("minimal"), to: elsewhere)
    try #require(unsafe symlink(elsewhere, place.file("away")) == 0)
    try #require(unsafe unlink(place.file("outside")) == 0)
    try FileSystem.copy(Places.fixtures + "/frozen/libumbel-frozen1.so", to: place.directory + "/frozen1-1.2.so")
    try #require(unsafe symlink("frozen1-1.2.so", place.file("frozen1")) == 0)
    let sentence =
      "Plugin away is a link that leaves \(place.directory), to \(elsewhere): copy the file into the directory instead."
    #expect(place.refusal(of: "away") == sentence)
    let reply = try place.listed()
    #expect(reply.transports.map(\.name) == ["frozen1", "minimal"])
    #expect(reply.refused.map(\.problem) == [sentence])
  }

  @Test func `a link to nothing is refused`() throws {
    let place = try RefusalPlace()
    try #require(unsafe symlink("nothing.so", place.file("broken")) == 0)
    #expect(place.refusal(of: "broken") == "\(place.file("broken")) cannot be used: No such file or directory.")
  }
}

/// A plugin directory with `minimal` and `outside`, to be spoiled.
private struct RefusalPlace {
  let workplace: Workplace
  let directory: String

  init() throws {
    workplace = try Workplace()
    directory = try Plugins.directory(["minimal", "outside"], in: workplace)
  }

  func file(_ name: String) -> String { "\(directory)/libumbel-\(name).so" }

  /// Why the directory's transport of that name is not loaded; nil: it is.
  func refusal(of name: String) -> String? {
    do throws(TransportRefusal) {
      _ = try LoadedTransport.load(name, from: PluginDirectory(directory), hooks: .silent)
      return nil
    } catch { return error.description }
  }

  func refusalOfDirectory() -> String? {
    do throws(TransportRefusal) {
      _ = try PluginDirectory(directory)
      return nil
    } catch { return error.description }
  }

  /// What an agent with this directory says.
  func listed() throws -> ListTransports.Reply {
    let agent = try AgentProcess(workplace, pluginDirectory: directory, configuration: "lans: {lab: {doors: []}}")
    let reply = try agent.call(ListTransports.self, Nothing())
    #expect(agent.end() == 0)
    return reply
  }
}
