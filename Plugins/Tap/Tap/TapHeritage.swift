import LinuxIO
import TransportKit

/// What a port leaves to the process after this one: its device, which therefore stays as it is, and what it has done for
/// a guest behind it.
struct TapHeritage {
  private static let version: UInt8 = 1

  let descriptor: Int32
  /// The device's index.
  let index: UInt32
  /// nil: the configuration names no guest.
  let route: GuestRoute?

  /// Reads what was left.
  /// - Throws: ``Heritage/unreadable``.
  init(_ left: Heritage, _ settings: TapSettings) throws(TransportProblem) {
    let lines = try left.lines(version: TapHeritage.version)
    guard left.kept.count == 1, let index = UInt32(lines[0]) else { throw Heritage.unreadable }
    descriptor = left.kept[0].descriptor
    self.index = index
    if let guest = settings.guest {
      route = try GuestRoute(to: guest, done: lines.dropFirst())
    } else {
      guard lines.count == 1 else { throw Heritage.unreadable }
      route = nil
    }
  }

  /// The same as the host keeps it.
  static func keeping(_ device: TapHandle, _ route: GuestRoute?) -> Heritage {
    Heritage(
      kept: [Heritage.Kept(device.number)], version: version, lines: ["\(device.index)"] + (route?.done ?? []))
  }
}
