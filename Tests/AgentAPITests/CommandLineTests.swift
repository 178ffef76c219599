import AgentAPI
import LinuxIO
import Testing
import umbel

@Suite("What umbel understands and says")
struct CommandLineTests {
  @Test("An option is a key and a value", arguments: [("a=b", "a", "b"), ("a=", "a", ""), ("a=b=c", "a", "b=c")])
  func option(_ example: (argument: String, key: String, value: String)) {
    let option = OptionArgument(example.argument)
    #expect(option?.key == example.key)
    #expect(option?.value == example.value)
  }

  @Test("What has no key or no value is none", arguments: ["a", "=b", "", "="])
  func noOption(_ argument: String) { #expect(OptionArgument(argument) == nil) }

  @Test("An option given twice has two texts; commas count in lists only")
  func combined() {
    let arguments = ["ttl=1", "remote=a,b", "note=x,y", "remote=c"].compactMap(OptionArgument.init)
    #expect(
      OptionArgument.combined(arguments, lists: ["remote"])
        == ["ttl": ["1"], "remote": ["a", "b", "c"], "note": ["x,y"]])
    #expect(OptionArgument.combined([]) == nil)
  }

  @Test(
    "Each failure has its exit status",
    arguments: [
      (ClientError.noAgent(path: "/p"), umbel.ExitStatus.unavailable),
      (.notPermitted(path: "/p"), .noPermission),
      (.timedOut(path: "/p", seconds: 10), .unavailable),
      (.malformed("x"), .badProtocol),
      (.unknown("x"), .badProtocol),
      (.service(.methodNotFound("x")), .badProtocol),
      (.refused(.noSuchLan("x", existing: [])), .noInput),
      (.refused(.noSuchPort("x", lan: "y", existing: [])), .noInput),
      (.refused(.noSuchTransport("x", existing: [])), .noInput),
      (.refused(.lanExists("x")), .cannotCreate),
      (.refused(.limitReached("ports", limit: 1, remedy: "r.")), .cannotCreate),
      (.refused(.notPermitted(user: "u", group: "g")), .noPermission),
      (.refused(.invalidOption("ttl", problem: "is out of range", remedy: "r.")), .usage),
      (.refused(.configurationRefused("f", problems: ["f:1:2: p"])), .configuration),
      (.refused(.failed("x", what: "w.", remedy: "r.")), .osError),
    ])
  func status(_ example: (error: ClientError, status: umbel.ExitStatus)) {
    #expect(Failure(example.error).status == example.status)
  }

  @Test("Failures say what to do next")
  func sentences() {
    #expect(
      Failure(ClientError.noAgent(path: "/p")).text
        == "No agent answers at /p. Start one with `sudo umbeld`, or name its socket with --socket.")
    #expect(
      Failure(AgentError.noSuchLan("labb", existing: ["lab", "default"])).text
        == "There is no LAN \"labb\". Did you mean \"lab\"? LANs: default, lab.")
    #expect(
      Failure(AgentError.invalidOption("tll", problem: "is not known", remedy: "Options: ttl.", near: "ttl")).text
        == "Option \"tll\" is not known. Did you mean \"ttl\"? Options: ttl.")
  }
}
