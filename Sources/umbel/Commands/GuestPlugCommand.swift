import AgentAPI
import ArgumentParser
import ManagementConsole

struct GuestPlugCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plug", abstract: "Add an interface to a running guest, on a LAN.",
    discussion: """
      The interface is called vecN inside the guest and is connected to the LAN's door bess when it is brought up there; \
      the guest's user needs the right to use that door. With --native it is ethN on the LAN's multicast group, for \
      kernels up to 6.15.
      """)

  @OptionGroup var connection: Connection
  @OptionGroup var places: GuestPlaces

  @Argument(help: "The guest, by its umid.")
  var umid: String

  @Argument(help: "The LAN.")
  var lan: String

  @Option(name: .long, help: "The interface's name, vecN, with --native ethN; otherwise the first that is free.")
  var device: String?

  @Option(name: .long, help: "The interface's Ethernet address; otherwise the guest chooses one at random.")
  var mac: String?

  @Flag(name: .long, help: "Use the LAN's multicast group, which needs no agent while the guest runs.")
  var native = false

  func validate() throws {
    let prefix = native ? "eth" : "vec"
    if let device, !GuestDevice.isName(device) || !device.hasPrefix(prefix) {
      throw ValidationError("--device takes \(prefix) and a number, such as \(prefix)1.")
    }
    if let mac, let problem = DeviceWords.problem(ofAddress: mac) { throw ValidationError("--mac \(mac): \(problem)") }
  }

  func run() throws {
    let client = try connection.open()
    let view = try AgentView(client)
    let guest = try places.finder(view).guest(named: umid)
    guard let known = view.lans.first(where: { $0.name == lan }) else {
      throw Failure(AgentError.noSuchLan(lan, existing: view.lans.map(\.name)))
    }
    let words = native ? try DeviceWords.native(on: known, view, mac: mac) : try DeviceWords.bess(on: known, mac: mac)
    if native { try checkKernel(of: guest) }
    let name = try plug(words, into: guest, view)
    try Output.write(
      """
      Guest \(umid) has \(name) on LAN \(lan). Inside the guest:
        ip link set \(name) up
        ip address add ADDRESS/LENGTH dev \(name)

      """)
  }

  private func checkKernel(of guest: RunningGuest) throws {
    guard let version = guest.version, !version.hasNativeTransports else { return }
    throw Failure(
      .usage,
      "Guest \(umid) runs Linux \(version.release), which has no ethN=mcast: Linux 6.16 removed it. Leave out --native."
    )
  }

  /// Asks for one number after another: the guest alone knows which are taken.
  private func plug(_ words: DeviceWords, into guest: RunningGuest, _ view: AgentView) throws -> String {
    let taken = Set(GuestReport(guest, view: view).devices.map(\.name))
    for number in 0..<64 {
      let name = device ?? "\(words.prefix)\(number)"
      if device == nil, taken.contains(name) { continue }
      let word = words.word(for: name)
      do throws(ConsoleError) {
        _ = try guest.directory.console.ask("config \(word)")
        if let device = GuestDevice(word: word) { guest.directory.note(plugged: device) }
        return name
      } catch {
        // net_config and vector_config of arch/um/drivers say it so.
        if device == nil, case .refused("Device already configured") = error { continue }
        throw Failure(error, guest: umid, device: name)
      }
    }
    throw Failure(.cannotCreate, "Guest \(umid) has \(words.prefix)0 to \(words.prefix)63. Unplug one of them.")
  }
}
