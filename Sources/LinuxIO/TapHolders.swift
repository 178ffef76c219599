import Glibc

/// A process that has a TAP attached.
package struct TapHolder: Hashable, Sendable {
  package let process: Int32
  /// As ps shows it, at most 15 bytes.
  package let command: String
}

/// Finds who has TAP devices attached. Reads through /proc, which takes milliseconds: not for a thread that must not wait.
package enum TapHolders {
  /// The processes of this network namespace by the name of the device, as far as this user may see them.
  package static func all() -> [String: [TapHolder]] {
    let namespace = TextFile.link("/proc/self/ns/net")
    var holders: [String: [TapHolder]] = [:]
    for entry in TextFile.names(in: "/proc") {
      guard let process = Int32(entry), TextFile.link("/proc/\(entry)/ns/net") == namespace else { continue }
      for number in TextFile.names(in: "/proc/\(entry)/fd") {
        guard TextFile.link("/proc/\(entry)/fd/\(number)") == "/dev/net/tun",
          let name = device(in: TextFile.read("/proc/\(entry)/fdinfo/\(number)") ?? "")
        else { continue }
        let command = TextFile.read("/proc/\(entry)/comm")?.split(separator: "\n").first ?? "?"
        let holder = TapHolder(process: process, command: String(command))
        if !holders[name, default: []].contains(holder) { holders[name, default: []].append(holder) }
      }
    }
    return holders
  }

  /// The kernel's line of a TUN or TAP's file: "iff:", a tab, and the device.
  private static func device(in information: String) -> String? {
    for line in information.split(separator: "\n") where line.hasPrefix("iff:\t") { return String(line.dropFirst(5)) }
    return nil
  }
}
