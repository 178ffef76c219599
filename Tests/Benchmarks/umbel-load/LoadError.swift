import LinuxIO

/// Why a measurement did not take place.
enum LoadError: Error, CustomStringConvertible {
  case cannotJoin(String, Errno)
  case pairNeedsNoReceiver
  case deaf
  case noProcess(Int32)
  case closed(Errno)
  case stuck
  case noMemory

  var description: String {
    switch self {
    case .cannotJoin(let way, let error): "cannot join \(way): \(error)"
    case .pairNeedsNoReceiver: "\"pair\" is both ends: give no second way"
    case .deaf: "the two clients do not hear each other's broadcasts: are both ways in the same LAN?"
    case .noProcess(let pid): "there is no process \(pid): give the switch's with --pid"
    case .closed(let error): "the switch ended a client's connection: \(error)"
    case .stuck: "the switch took no frame for ten seconds"
    case .noMemory: "there is no memory for a batch of frames"
    }
  }
}
