import ArgumentParser
import LinuxIO

struct TapDeleteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete a TAP device that nobody has attached.")

  @Argument(help: "Name of the device.")
  var name: String

  func run() throws {
    try TapRequest.check(name)
    guard let link = try? Interfaces.named(name) else {
      throw Failure(.noInput, "There is no \(name). `umbel tap list` shows what there is.")
    }
    guard let properties = link.tap else { throw Failure(.noInput, "\(name) is not a TAP device.") }
    if properties.hasManyQueues {
      // It cannot be attached the ordinary way.
      if TapHolders.all()[name] != nil { throw TapAccess.inUse(name) }
      try TapAccess.delete(link)
    } else {
      let tap = try TapAccess.attach(name)
      try TapAccess.system("\(name) cannot be deleted") { () throws(Errno) in try tap.setPersistent(false) }
    }
    try Output.write("\(name) is deleted.\n")
  }
}
