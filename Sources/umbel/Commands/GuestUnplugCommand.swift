import ArgumentParser
import ManagementConsole

struct GuestUnplugCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unplug", abstract: "Remove an interface from a running guest.",
    discussion: "It must be down in the guest: ip link set vec1 down.")

  @OptionGroup var connection: Connection
  @OptionGroup var places: GuestPlaces

  @Argument(help: "The guest, by its umid.")
  var umid: String

  @Argument(help: "The interface, such as vec1.")
  var device: String

  func validate() throws {
    if !GuestDevice.isName(device) { throw ValidationError("\"\(device)\" is no interface: write vecN or ethN.") }
  }

  func run() throws {
    let guest = try places.finder(try AgentView(connection)).guest(named: umid)
    do throws(ConsoleError) {
      _ = try guest.directory.console.ask("remove \(device)")
    } catch {
      throw Failure(error, guest: umid, device: device)
    }
    guest.directory.note(unplugged: device)
    try Output.write("Guest \(umid) has no \(device) any more.\n")
  }
}
