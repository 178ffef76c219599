import CTransport
import TransportHost

/// The transports of the plugin directory: those that were loaded, and those that were refused and why.
final class TransportCatalogue {
  let directory: PluginDirectory
  private(set) var transports: [LoadedTransport] = []
  private(set) var refused: [(name: String, refusal: TransportRefusal)] = []

  /// Loads every transport of the directory. One that is refused does not keep the others from loading.
  init(directory: PluginDirectory) {
    self.directory = directory
    for name in directory.names() {
      do throws(TransportRefusal) {
        transports.append(try LoadedTransport.load(name, from: directory, hooks: .agent))
      } catch {
        refused.append((name, error))
      }
    }
  }

  func transport(named name: String) -> LoadedTransport? {
    transports.first { $0.description.name == name }
  }

  /// The transport that serves a door, and the door's index in its table.
  func door(named name: String) -> (LoadedTransport, Int)? {
    for transport in transports {
      if let index = transport.description.doors.firstIndex(where: { $0.name == name }) { return (transport, index) }
    }
    return nil
  }

  /// All doors that the transports serve, each name once.
  var doors: [DoorDescription] {
    var doors = [DoorDescription]()
    for door in transports.flatMap(\.description.doors) where !doors.contains(where: { $0.name == door.name }) {
      doors.append(door)
    }
    return doors
  }

  /// The values of a transport's options when nothing is given.
  func defaults(of transport: LoadedTransport) throws(PluginProblem) -> [OptionValue] {
    do {
      return try transport.description.values(from: [])
    } catch {
      throw PluginProblem(error: 22, text: "transport \(transport.description.name): \(error)")
    }
  }
}
