import AgentAPI
import Testing
import umbel

@Suite("What umbel run is going to do")
struct RunPlanTests {
  private func port(_ transport: String, _ lan: String, _ options: [String: String]) -> Port {
    TestHandler.port(transport, lan: lan, options)
  }

  private var known: KnownLANs {
    var lab = TestHandler.lan("lab")
    lab.doors.append(Door(name: "vde", path: "/run/umbel/lab/vde/ctl"))
    lab.doors.append(Door(name: "vde", path: "/tmp/uml.ctl"))
    return KnownLANs(
      lans: [TestHandler.lan("default"), lab],
      ports: [
        port("mcast", "default", ["group": "239.192.168.1", "port": "1102", "ttl": "1"]),
        port("mcast", "lab", ["group": "239.1.1.1", "port": "1102", "ttl": "4"]),
        port("mcast", "lab", ["group": "239.1.1.2", "port": "4711", "ttl": "1"]),
        port("tap", "lab", ["device": "tap5", "address": "192.168.0.254/24"]),
      ])
  }

  private func plan(
    _ words: String..., lan: String = "default", kind: AttachKind = .seqpacket, native: Bool = false
  ) throws -> RunPlan {
    try RunPlan(.init(command: words, lan: lan, kind: kind, isNative: native)) { known }
  }

  private func failure(_ words: String..., lan: String = "default", native: Bool = false) -> String? {
    #expect(throws: Failure.self) {
      try RunPlan(.init(command: words, lan: lan, isNative: native)) { known }
    }?.text
  }

  private typealias Socket = CommandTemplate.Socket

  // MARK: {fd}

  @Test("Each {fd} is a socket of its own, of the kind it says")
  func places() throws {
    let plan = try plan("qemu", "a={fd},b={fd:stream}", "{fd:dgram}", "{fd", "fd", "{fdx}", kind: .dgram)
    #expect(plan.template.sockets.map(\.kind) == [.dgram, .stream, .dgram])
    #expect(plan.template.sockets.allSatisfy { $0.lan == "default" })
    #expect(plan.template.filled([4, 5, 60]) == ["qemu", "a=4,b=5", "60", "{fd", "fd", "{fdx}"])
    #expect(plan.notes == [] && plan.taps == [])
  }

  @Test("A kind that there is not is refused with those there are")
  func badKind() {
    #expect(
      failure("qemu", "fd={fd:tcp}")
        == "fd={fd:tcp}: {fd:tcp} is no kind of socket. Write {fd}, or one of {fd:seqpacket}, {fd:stream}, {fd:dgram}.")
  }

  @Test("QEMU's -netdev socket is not given the kind that it refuses")
  func oldBackEnd() throws {
    #expect(failure("qemu", "socket,id=n,fd={fd}")?.hasSuffix("Write fd={fd:dgram}, or fd={fd:stream}.") == true)
    #expect(try plan("qemu", "socket,id=n,fd={fd:dgram}").template.sockets.count == 1)
  }

  @Test("A command that knows its descriptor's number needs no place for it")
  func number() throws {
    let plan = try RunPlan(.init(command: ["guest"], lan: "lab", kind: .dgram, hasNumber: true)) { known }
    #expect(plan.template.sockets == [Socket(kind: .dgram, lan: "lab")])
    #expect(plan.template.filled([7]) == ["guest"])
  }

  // MARK: ethN=

  @Test("A word becomes a vector transport on a socket, with its MAC")
  func rewritten() throws {
    let plan = try plan("linux", "eth0=mcast,fe:fd:0:0:0:1", "root=/dev/ubda", kind: .stream)
    #expect(plan.template.sockets == [Socket(kind: .seqpacket, lan: "default")])
    #expect(
      plan.template.filled([9])
        == ["linux", "vec0:transport=fd,fd=9,mac=fe:fd:00:00:00:01,depth=64", "root=/dev/ubda"])
    #expect(plan.notes.count == 1)
    #expect(plan.notes[0].hasPrefix("Inside the guest eth0 is vec0: "))
  }

  @Test("The guest's IP address makes its MAC, and its word follows the NIC")
  func address() throws {
    let plan = try plan("linux", "eth0=mcast", "ip=10.1.0.5::::g:eth0:off")
    #expect(
      plan.template.filled([9])
        == ["linux", "vec0:transport=fd,fd=9,mac=fe:fd:0a:01:00:05,depth=64", "ip=10.1.0.5::::g:vec0:off"])
  }

  @Test("Each word joins the LAN that has its group; one without a group joins the LAN that is named")
  func groups() throws {
    let plan = try plan(
      "linux", "eth0=mcast", "eth1=mcast,,239.1.1.2,4711", "eth2=mcast,,239.192.168.1", "eth3=mcast", lan: "lab")
    #expect(plan.template.sockets.map(\.lan) == ["lab", "lab", "default", "lab"])
    #expect(
      plan.notes.dropFirst() == ["eth2=mcast,,239.192.168.1 joins LAN default, which has 239.192.168.1:1102."])
    #expect(
      plan.notes[0].hasPrefix("Inside the guest eth0 is vec0 and eth1 is vec1 and eth2 is vec2 and eth3 is vec3: "))
  }

  @Test(
    "A group or a port that no LAN has is refused with the remedy",
    arguments: [
      ("eth0=mcast,,239.9.9.9", "239.9.9.9:1102"), ("eth0=mcast,,,1103", "239.192.168.1:1103"),
      ("eth0=mcast,,239.1.1.2", "239.1.1.2:1102"),
    ])
  func wrongGroup(_ example: (word: String, place: String)) {
    let text = failure("linux", example.word)
    #expect(
      text?.hasPrefix(
        "\(example.word): no LAN has \(example.place); LAN default has 239.192.168.1:1102. Write eth0=mcast to join")
        == true)
  }

  @Test("A TTL other than the trunk's is said not to apply")
  func ttl() throws {
    #expect(
      try plan("linux", "eth0=mcast,,,,4").notes.last
        == "eth0=mcast,,,,4: TTL 4 does not apply; the trunk of LAN default sends with TTL 1.")
    #expect(try plan("linux", "eth0=mcast,,,,1").notes.count == 1)
  }

  @Test("A switch's control socket is matched by the doors; without one the LAN that is named is meant")
  func daemon() throws {
    #expect(try plan("linux", "eth0=daemon,,unix,/tmp/uml.ctl").template.sockets.map(\.lan) == ["lab"])
    #expect(try plan("linux", "eth0=daemon").template.sockets.map(\.lan) == ["default"])
    #expect(
      failure("linux", "eth0=daemon,,,/nowhere", lan: "lab")?.contains(
        "no LAN has a vde door at /nowhere, /run/umbel/lab/vde/ctl is LAN lab's.") == true)
  }

  @Test("A TAP that no LAN has is made, and ends with the command")
  func tap() throws {
    let plan = try plan("linux", "eth0=tuntap,,,192.168.0.254", "eth1=ethertap,tap1", lan: "lab")
    #expect(
      plan.taps == [
        AddPort.Parameters(lan: "lab", transport: "tap", options: ["address": ["192.168.0.254"]], endWithCaller: true),
        AddPort.Parameters(lan: "lab", transport: "tap", options: ["device": ["tap1"]], endWithCaller: true),
      ])
    #expect(
      plan.template.filled([4, 5]) == ["linux", "vec0:transport=fd,fd=4,depth=64", "vec1:transport=fd,fd=5,depth=64"])
    #expect(plan.notes[1].hasPrefix("eth0=tuntap,,,192.168.0.254: 192.168.0.254 is the host's address alone"))
    #expect(plan.notes.last == "eth1=ethertap,tap1: ethertap is gone from Linux and is carried out on a TAP.")
  }

  @Test("A host address alone and a known guest get what uml_net gave; a network needs no more")
  func routedGuest() throws {
    let routed = try plan("linux", "eth0=tuntap,,,192.168.0.254", "ip=192.168.0.253")
    #expect(routed.taps.map(\.options) == [["address": ["192.168.0.254"], "route-guest": ["192.168.0.253"]]])
    #expect(routed.template.filled([4])[1] == "vec0:transport=fd,fd=4,mac=fe:fd:c0:a8:00:fd,depth=64")
    let network = try plan("linux", "eth0=tuntap,,,192.168.0.254/24", "ip=192.168.0.253")
    #expect(network.taps.map(\.options) == [["address": ["192.168.0.254/24"]]])
    #expect(routed.notes.count == 1 && network.notes.count == 1)
  }

  @Test("A TAP that a LAN has leads there; another address for it is refused")
  func existingTap() throws {
    for word in ["eth0=tuntap,tap5", "eth0=tuntap,tap5,,192.168.0.254", "eth0=tuntap,tap5,,192.168.0.254/24"] {
      let plan = try plan("linux", word)
      #expect(plan.template.sockets.map(\.lan) == ["lab"] && plan.taps == [])
    }
    #expect(
      failure("linux", "eth0=tuntap,tap5,,192.168.0.1")?.contains("has 192.168.0.254/24, not 192.168.0.1.") == true)
  }

  @Test("A fault is underlined in the word")
  func marked() {
    #expect(
      failure("linux", "eth0=mcast,,10.0.0.1")?.hasSuffix("\n  eth0=mcast,,10.0.0.1\n              ^^^^^^^^") == true)
  }

  // MARK: --native

  @Test("Native words stay, and are matched with the defaults of kernels")
  func native() throws {
    let plan = try plan("linux", "eth0=mcast", "ip=10.1.0.5::::g:eth0:off", "x={fd}", native: true)
    #expect(plan.template.filled([8]) == ["linux", "eth0=mcast", "ip=10.1.0.5::::g:eth0:off", "x=8"])
    #expect(plan.notes == [] && plan.taps == [])
    #expect(
      try self.plan("linux", "eth0=mcast", lan: "lab", native: true).notes
        == ["eth0=mcast joins LAN default, which has 239.192.168.1:1102."])
    #expect(
      failure("linux", "eth0=mcast,,239.9.9.9", native: true)?.contains("Write eth0=mcast,,239.192.168.1,1102 to join")
        == true)
    #expect(
      failure("linux", "eth0=daemon,,unix,/nowhere", lan: "lab", native: true)?.contains(
        "Write eth0=daemon,,unix,/run/umbel/lab/vde/ctl to join LAN lab, or give") == true)
  }

  @Test("A command whose words reach no LAN is refused")
  func noLAN() throws {
    #expect(failure("linux", "eth0=slirp")?.hasPrefix("eth0=slirp joins no LAN") == true)
    #expect(try plan("linux", "eth0=slirp", "eth1=mcast").template.sockets.count == 1)
  }

  // MARK: What is printed

  @Test("Words are quoted where a shell would read them otherwise")
  func quoted() {
    #expect(
      ShellWords.quoted(["linux", "vec0:transport=fd,fd=4", "", "a b", "it's", "$HOME", "{fd", "~", "e\u{301}"])
        == #"linux vec0:transport=fd,fd=4 '' 'a b' 'it'\''s' '$HOME' '{fd' '~' 'e\#u{301}'"#)
  }

  @Test("A word as a port is its transport with options, and what does not apply is said")
  func portRequest() throws {
    let request = try PortRequest("mcast,fe:fd:0:0:0:1,239.1.1.1", [OptionArgument("interface=eth0")!])
    #expect(request.transport == "mcast")
    #expect(request.options == [OptionArgument("group=239.1.1.1")!, OptionArgument("interface=eth0")!])
    #expect(request.notes.count == 1)
    #expect(try PortRequest("vxlan", [OptionArgument("vni=4")!]).options == [OptionArgument("vni=4")!])
    #expect(try PortRequest("tuntap,tap1").transport == "tap")
  }

  @Test(
    "A word that is no port is refused with what to do",
    arguments: [
      (
        "daemon,,,/tmp/a.ctl", "is made by `umbel lan add NAME --door vde=/tmp/a.ctl`, or in the configuration."
      ),
      ("mcast,,10.0.0.1", "  mcast,,10.0.0.1\n         ^^^^^^^^"),
      ("mcast,,239.1.1.1", "group is in mcast,,239.1.1.1 already. Give it once."),
    ])
  func noPort(_ example: (word: String, ending: String)) {
    let failure = #expect(throws: Failure.self) { try PortRequest(example.word, [OptionArgument("group=239.1.1.2")!]) }
    #expect(failure?.status == .usage)
    #expect(failure?.text.hasSuffix(example.ending) == true)
  }
}
