import ArgumentParser
import Ethernet
import Glibc
import LinuxIO

struct TapCreateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Make a TAP device that stays, and set it up.",
    discussion: """
      What belongs to a user can be attached by that user without root: by an agent's port, User Mode Linux or QEMU. A \
      device that is there already is changed. It is gone when the host starts again: a boot script makes it anew.
      """)

  @Argument(help: "Name of the device, 1-15 bytes. Without it the next free tapN.")
  var name: String?

  @Option(help: "Who may attach it: a name or a number. Without it and --group the caller, under sudo who called that.")
  var user: String?

  @Option(help: "Which group may attach it: a name or a number. With a user as well, both must be right.")
  var group: String?

  @Flag(name: .shortAndLong, help: "Print the name of the device and nothing else.")
  var brief = false

  @Option(help: "MAC address of the host's end. Without it fe:fd and its IPv4 address, if it gets one.")
  var mac: String?

  @Option(help: "Largest payload in bytes, 68-65521.")
  var mtu: Int?

  @Option(help: "Address of the host's end, such as 192.168.0.254/24. May be given several times.")
  var address: [String] = []

  @Option(help: "Bridge of this host that the device becomes a port of.")
  var bridge: String?

  func run() throws {
    let request = try TapRequest(self)
    let device = try request.carryOut()
    try Output.write(brief ? "\(device)\n" : "\(device) is persistent and \(request.ownership).\n")
  }
}
