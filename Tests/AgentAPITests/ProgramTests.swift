import AgentAPI
import Testing

@Suite("The program umbel", .serialized)
struct ProgramTests {
  @Test("Status goes to standard output", arguments: [false, true])
  func status(_ socketComesFirst: Bool) throws {
    let server = try ServerThread()
    defer { server.stop() }
    let socket = ["--socket", server.path]
    let run = try Program.umbel(socketComesFirst ? socket + ["status"] : ["status"] + socket)
    #expect(run.status == 0)
    #expect(run.output.hasPrefix("umbeld 1.2.3, process 7, up 1 min, in /run/umbel\n1 LAN\n\nLAN lab: 1 port, "))
    #expect(run.complaint == "")
  }

  @Test("The variable names the socket, and JSON has the interface's fields")
  func json() throws {
    let server = try ServerThread()
    defer { server.stop() }
    server.perform { _, handler in handler.stations = 3 }
    let run = try Program.umbel(["fdb", "--json"], environment: ["UMBEL_SOCKET": server.path])
    #expect(run.status == 0)
    let reply = try Message.decode(ListStations.Reply.self, from: Array(run.output.utf8))
    #expect(reply.stations.map(\.port) == ["p0", "p1", "p2"])
    #expect(run.output.hasPrefix("{\n  \"stations\" : [\n"))
  }

  @Test("A refusal is a sentence on standard error and an exit status")
  func refusal() throws {
    let server = try ServerThread()
    defer { server.stop() }
    let run = try Program.umbel(["--socket", server.path, "lan", "remove", "labb"])
    #expect(run.status == 66)
    #expect(run.output == "")
    #expect(run.complaint == "umbel: There is no LAN \"labb\". Did you mean \"lab\"? LANs: default, lab.\n")
  }

  @Test("Without an agent the exit status is that of what is unavailable")
  func noAgent() throws {
    let run = try Program.umbel(["--socket", "/nowhere/s", "status"])
    #expect(run.status == 69)
    #expect(run.complaint.hasPrefix("umbel: No agent answers at /nowhere/s. "))
  }

  @Test("Wrong arguments end with the status of wrong usage", arguments: [["fly"], ["run", "lab", "--", "true"]])
  func usage(_ arguments: [String]) throws {
    #expect(try Program.umbel(arguments).status == 64)
  }

  /// How many a command has anyway: what runs the tests may have left some open.
  private func descriptorsWithoutUmbel() throws -> Int {
    let run = try Program.run(["/bin/sh", "-c", "ls /proc/self/fd | wc -l"])
    return try #require(Int(run.output.split(separator: "\n")[0]))
  }

  @Test("A command runs with the socket, and with no descriptor else")
  func run() throws {
    let server = try ServerThread()
    defer { server.stop() }
    let script = "od -An -tx1 -N3 <&{fd}; ls /proc/self/fd | wc -l; exit 7"
    let run = try Program.umbel(["--socket", server.path, "run", "lab", "--", "sh", "-c", script])
    #expect(run.complaint == "")
    #expect(run.status == 7)
    #expect(run.output.split(separator: "\n") == [" 01 02 03", "\(try descriptorsWithoutUmbel() + 1)"])
  }

  @Test("The socket has the number that was asked for")
  func chosenNumber() throws {
    let server = try ServerThread()
    defer { server.stop() }
    let script = "od -An -tx1 -N3 <&200; ls /proc/self/fd | wc -l"
    let run = try Program.umbel(["--socket", server.path, "run", "lab", "--fd", "200", "--", "bash", "-c", script])
    #expect(run.output.split(separator: "\n") == [" 01 02 03", "\(try descriptorsWithoutUmbel() + 1)"])
  }

  @Test("A command that is not there ends as shells say it")
  func noCommand() throws {
    let server = try ServerThread()
    defer { server.stop() }
    let run = try Program.umbel(["--socket", server.path, "run", "lab", "--", "no-such-command", "{fd}"])
    #expect(run.status == 127)
    #expect(run.complaint.hasPrefix("umbel: no-such-command: No such file or directory."))
  }

  @Test("Each shell gets its script", arguments: ["bash", "zsh", "fish"])
  func completions(_ shell: String) throws {
    let run = try Program.umbel(["completions", shell])
    #expect(run.status == 0)
    #expect(run.output.contains("check-config"))
  }

  @Test("Guests are looked for where it is said, and one that is none is named")
  func guests() throws {
    let directory = try TemporaryDirectory()
    let places = ["--socket", "/nowhere/s", "--uml-dir", directory.root]
    let run = try Program.umbel(["guest", "unplug", "g1", "vec0"] + places)
    #expect(run.status == 66)
    #expect(run.complaint.hasPrefix("umbel: There is no guest \"g1\". No guest runs in \(directory.root)"))
    #expect(try Program.umbel(["guest", "list", "--uml-dir", "/nowhere"]).status == 66)
    #expect(try Program.umbel(["guest", "unplug", "g1", "con0"]).status == 64)
    #expect(try Program.umbel(["guest", "plug", "g1", "lab", "--mac", "03:00:00:00:00:01"]).status == 64)
    #expect(try Program.umbel(["guest", "plug", "g1", "lab", "--device", "eth1"]).status == 64)
  }
}
