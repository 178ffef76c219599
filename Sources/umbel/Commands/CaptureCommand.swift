import AgentAPI
import ArgumentParser
import LinuxIO
import Recording

struct CaptureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capture", abstract: "Capture the frames of a LAN, or what its flight recorder holds.",
    discussion: """
      Writes pcapng, which Wireshark, tshark and tcpdump read: an interface for each port, the direction of each frame, \
      and of a frame that ended in the agent the reason, as a comment.

        umbel capture lab -w lab.pcapng
        umbel capture lab -w - | wireshark -k -i -
        umbel capture lab -w - | tcpdump -n -r -
        umbel capture lab --since 30s -w before.pcapng

      It ends with ^C. A reader that is too slow loses frames of the capture, which are counted, never traffic. What \
      else is to be left out is the business of who reads it.
      """)

  @OptionGroup var connection: Connection

  @Option(
    name: .long, parsing: .singleValue,
    help: .init("A port whose frames are captured; may be given several times. Otherwise all.", valueName: "port"))
  var port: [String] = []

  @Option(name: [.customShort("w"), .long], help: .init("The file; - is standard output.", valueName: "file"))
  var write: String?

  @Option(help: .init("Bytes of each frame that are kept, 64 to 65535. Otherwise all.", valueName: "bytes"))
  var snaplen: Int?

  @Option(help: .init("End after so many frames.", valueName: "frames"))
  var count: Int?

  @Option(help: .init("Frames from or to this IPv4 or IPv6 address.", valueName: "address"))
  var host: String?

  @Option(help: .init("Frames from or to this Ethernet address.", valueName: "address"))
  var mac: String?

  @Option(help: .init("Frames of this type: ipv4, ipv6, arp, or a number such as 0x88cc.", valueName: "type"))
  var ethertype: String?

  @Option(help: .init("Frames of this VLAN, 1 to 4094; 0: those without a tag.", valueName: "vlan"))
  var vlan: Int?

  @Option(
    help: .init(
      "Write what the flight recorder holds of so long a time until now, such as 30s or 5min.", valueName: "time"))
  var since: String?

  @Option(
    help: .init(
      "Memory for frames that have not been written yet, 64K to 256M. Otherwise 4M.", valueName: "size"))
  var buffer: String?

  @Argument(help: "The LAN.")
  var lan: String

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count takes 1 and more.") }
    if since != nil, snaplen != nil || buffer != nil {
      throw ValidationError(
        "--snaplen and --buffer do not go with --since: the flight recorder has its own (record-snaplen, record).")
    }
  }

  func run() throws {
    let filter = try CaptureWords.filter(host: host, mac: mac, ethertype: ethertype, vlan: vlan)
    let nanoseconds = try since.map(CaptureWords.nanoseconds)
    let bytes = try buffer.map(CaptureWords.bytes)
    try CaptureOutput.check(write, lan: lan)
    let client = try connection.open()
    var descriptors = Descriptors()
    let reply: AgentAPI.Capture.Reply
    if nanoseconds != nil {
      reply = try client.call(OpenRecorder.self, .init(lan: lan), descriptors: &descriptors)
    } else {
      reply = try client.call(
        AgentAPI.Capture.self,
        .init(
          lan: lan, ports: port.isEmpty ? nil : port, snaplen: snaplen, bytes: bytes,
          filter: filter.isEmpty ? nil : CaptureWords.wire(filter)),
        descriptors: &descriptors)
    }
    guard let ring = descriptors.take(reply.descriptor), let memory = try? RingMemory(reading: ring) else {
      throw ClientError.malformed("the ring of a capture")
    }
    // Not before: what the agent refuses leaves a file as it is.
    let session = CaptureSession(
      lan: lan, reply, snaplen: memory.snaplen, client: client, output: try CaptureOutput(path: write), count: count)
    if let nanoseconds {
      try session.writePast(.fromOldest(memory), nanoseconds: nanoseconds, filter, ports: port)
    } else {
      try session.follow(memory)
    }
  }
}
