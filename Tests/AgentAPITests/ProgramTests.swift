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

  @Test("A reload tells what changed, a line each, and what is worth knowing")
  func reload() throws {
    let server = try ServerThread()
    defer { server.stop() }
    let changes = [
      Change(lan: "lab", kind: .added), Change(lan: "default", door: "vde=/tmp/uml.ctl", kind: .changed),
      Change(lan: "default", port: "host", kind: .reopened),
    ]
    server.perform { _, handler in handler.reload = Reload.Reply(changes: changes, notes: ["lab/site waits: no eth7"]) }
    let run = try Program.umbel(["--socket", server.path, "reload"])
    #expect(run.status == 0 && run.complaint == "")
    #expect(
      run.output == """
        lab: added
        default door vde=/tmp/uml.ctl: changed
        default/host: reopened
        lab/site waits: no eth7

        """)
    server.perform { _, handler in handler.reload = Reload.Reply(changes: [], notes: []) }
    #expect(try Program.umbel(["--socket", server.path, "reload"]).output == "nothing changed\n")
    let json = try Program.umbel(["--socket", server.path, "reload", "--json"])
    #expect(try Message.decode(Reload.Reply.self, from: Array(json.output.utf8)).changes == [])
  }

  @Test("A configuration that is refused is told problem by problem, with the status of a wrong configuration")
  func refusedReload() throws {
    let server = try ServerThread()
    defer { server.stop() }
    let run = try Program.umbel(["--socket", server.path, "reload"])
    #expect(run.status == 78 && run.output == "")
    #expect(
      run.complaint == """
        umbel: The configuration is refused.
        u.yaml:2:3: lab: is bad
        The configuration before it stays in force: correct this one, and reload.

        """)
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

  private func withGroup(_ server: ServerThread) {
    server.perform { _, handler in
      handler.lans = [TestHandler.lan("lab")]
      handler.ports = [TestHandler.port("mcast", lan: "lab", ["group": "239.192.168.1", "port": "1102", "ttl": "1"])]
    }
  }

  @Test("A guest's words become sockets, and TAPs that end with it")
  func guestWords() throws {
    let server = try ServerThread()
    defer { server.stop() }
    withGroup(server)
    let script = "echo $0 $1; for i in 4 5; do od -An -tx1 -N3 <&$i; done; ls /proc/self/fd | wc -l"
    let words = ["sh", "-c", script, "eth0=mcast,,239.192.168.1", "eth1=tuntap,,,192.168.0.254"]
    let run = try Program.umbel(["--socket", server.path, "run", "lab", "--"] + words)
    #expect(
      run.output.split(separator: "\n") == [
        "vec0:transport=fd,fd=4,depth=64 vec1:transport=fd,fd=5,depth=64", " 01 02 03", " 01 02 03",
        "\(try descriptorsWithoutUmbel() + 2)",
      ])
    #expect(run.complaint.hasPrefix("umbel: Inside the guest eth0 is vec0 and eth1 is vec1: "))
    #expect(run.complaint.hasSuffix("umbel: Port tap of LAN lab is up; it ends with the command.\n"))
    let (attached, added) = server.perform { _, handler in (handler.attached, handler.added) }
    #expect(attached.map(\.kind) == [.seqpacket, .seqpacket] && attached.allSatisfy(\.endWithCaller))
    #expect(added.map(\.options) == [["address": ["192.168.0.254"]]] && added[0].endWithCaller == true)
  }

  @Test("A dry run prints the command with the numbers it would have, and makes no port")
  func dryRun() throws {
    let server = try ServerThread()
    defer { server.stop() }
    withGroup(server)
    let words = ["linux", "eth0=mcast", "a b", "{fd:dgram}", "eth1=tuntap,tap0"]
    let run = try Program.umbel(["--socket", server.path, "run", "lab", "--dry-run", "--"] + words)
    #expect(run.status == 0)
    #expect(run.output == "linux vec0:transport=fd,fd=4,depth=64 'a b' 5 vec1:transport=fd,fd=6,depth=64\n")
    #expect(server.perform { _, handler in handler.attached.isEmpty && handler.added.isEmpty })
  }

  @Test("A dry run in a LAN that is not there fails as the run would")
  func dryRunElsewhere() throws {
    let server = try ServerThread()
    defer { server.stop() }
    withGroup(server)
    let run = try Program.umbel(["--socket", server.path, "run", "labb", "--dry-run", "--", "true", "{fd}"])
    #expect(run.status == 66)
    #expect(run.complaint == "umbel: There is no LAN \"labb\". Did you mean \"lab\"? LANs: lab.\n")
  }

  @Test("A group that no LAN has is refused before anything is made")
  func wrongGroup() throws {
    let server = try ServerThread()
    defer { server.stop() }
    withGroup(server)
    let run = try Program.umbel(["--socket", server.path, "run", "lab", "--", "true", "{fd}", "eth0=mcast,,239.9.9.9"])
    #expect(run.status == 66)
    #expect(run.complaint.hasPrefix("umbel: eth0=mcast,,239.9.9.9: no LAN has 239.9.9.9:1102; "))
    #expect(server.perform { _, handler in handler.attached.isEmpty })
  }

  @Test("With --native the command runs as it is", arguments: [["--native"], ["--native", "--dry-run"]])
  func native(_ options: [String]) throws {
    let server = try ServerThread()
    defer { server.stop() }
    withGroup(server)
    let run = try Program.umbel(["--socket", server.path, "run", "lab"] + options + ["--", "echo", "eth0=mcast"])
    #expect(run.output == (options.count == 1 ? "eth0=mcast\n" : "echo eth0=mcast\n"))
    #expect(run.complaint == "")
    #expect(server.perform { _, handler in handler.attached.isEmpty })
  }

  @Test("One name or number is not for two ports", arguments: [["--name", "g"], ["--fd", "9"]])
  func onePort(_ options: [String]) throws {
    let server = try ServerThread()
    defer { server.stop() }
    withGroup(server)
    let words = ["--", "true", "eth0=mcast", "eth1=mcast"]
    let run = try Program.umbel(["--socket", server.path, "run", "lab"] + options + words)
    #expect(run.status == 64)
    #expect(run.complaint == "umbel: \(options[0]) is for one port, and the command takes 2. Leave it out.\n")
  }

  @Test("A port is added by one of the HOWTO's words")
  func portWord() throws {
    let server = try ServerThread()
    defer { server.stop() }
    let run = try Program.umbel(["--socket", server.path, "port", "add", "lab", "mcast,fe:fd:0:0:0:1,239.1.1.1,,8"])
    #expect(run.output == "Port mcast of LAN lab is up.\n")
    #expect(
      run.complaint.hasPrefix("umbel: mcast,fe:fd:0:0:0:1,239.1.1.1,,8: the ethernet address fe:fd:00:00:00:01 is "))
    let added = server.perform { _, handler in handler.added }
    #expect(
      added == [AddPort.Parameters(lan: "lab", transport: "mcast", options: ["group": ["239.1.1.1"], "ttl": ["8"]])])
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
