import Glibc

// The console cannot say which devices a guest has. Those of its command line are in /proc; those that were plugged in
// later are written down beside its console, a line each, by who plugs them. The guest's next start in that directory
// removes the file with all others there (arch/um/os-Linux/umid.c).
//
// Only for guests of the caller's own user: another user could make the file a link to somewhere else.

extension GuestDirectory {
  private var pluggedPath: String { path + "/umbel-devices" }

  /// The devices that were plugged in, oldest first; those that the guest has removed by itself included.
  package var plugged: [GuestDevice] {
    let lines = HostFiles.text(pluggedPath, limit: 64 << 10)?.split(separator: "\n") ?? []
    return lines.compactMap { GuestDevice(word: String($0)) }
  }

  /// Notes that a device was plugged in. What cannot be written is not listed: no reason to fail.
  package func note(plugged device: GuestDevice) {
    write(plugged.filter { $0.name != device.name } + [device])
  }

  /// Notes that a device was removed.
  package func note(unplugged name: String) {
    let devices = plugged
    if devices.contains(where: { $0.name == name }) { write(devices.filter { $0.name != name }) }
  }

  private func write(_ devices: [GuestDevice]) {
    guard HostFiles.owner(path) == geteuid() else { return }
    HostFiles.replace(pluggedPath, with: devices.map { $0.words + "\n" }.joined())
  }
}
