import AgentAPI
import CLinux
import Glibc
import LinuxIO
import ManagementConsole

extension NativeGuest {
  /// Looks through the processes of this host for guests of User Mode Linux that were given one of the groups.
  /// - Parameter sockets: the UDP sockets of this network; nil: not known.
  static func all(groups: [Group], sockets: [UDPSocketState]?) -> [NativeGuest] {
    var found: [(process: HostProcess, guest: NativeGuest)] = []
    for name in TextFile.names(in: "/proc") where !groups.isEmpty {
      guard let number = Int32(name), let words = HostProcess(number).words, !words.isEmpty else { continue }
      let process = HostProcess(number)
      // A guest's helpers have its words, and are its children.
      if found.contains(where: { process.belongs(to: $0.process) }) { continue }
      for device in GuestDevice.all(in: Array(words.dropFirst())) {
        guard case .group(let address, let port) = device.link,
          groups.contains(where: { $0.address == address && $0.udpPort == port }), !process.isInOtherNetwork
        else { continue }
        let umid = words.first { $0.hasPrefix("umid=") }.map { String($0.dropFirst(5)) }
        let guest = NativeGuest(
          process: Int(number), name: umid ?? String(words[0].split(separator: "/").last ?? "?"), device: device.name,
          group: address, udpPort: port, release: release(of: number),
          hasSocket: sockets.flatMap { hasSocket(number, port, $0) })
        found.removeAll { $0.process.belongs(to: process) }
        found.append((process, guest))
      }
    }
    return found.map(\.guest).sorted { ($0.name, $0.process, $0.device) < ($1.name, $1.process, $1.device) }
  }

  private static func hasSocket(_ process: Int32, _ port: Int, _ sockets: [UDPSocketState]) -> Bool? {
    let directory = "/proc/\(process)/fd"
    let numbers = TextFile.names(in: directory)
    if numbers.isEmpty { return nil }
    let wanted = Set(sockets.filter { Int($0.local.port) == port }.map { "socket:[\($0.inode)]" })
    return numbers.contains { number in TextFile.link("\(directory)/\(number)").map(wanted.contains) ?? false }
  }

  /// The kernel's own words in its program: "Linux version 6.1.176 (…".
  private static func release(of process: Int32) -> String? {
    let number = unsafe open("/proc/\(process)/exe", O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { return nil }
    let file = Descriptor(owning: number)
    var status = stat()
    guard unsafe fstat(file.number, &status) == 0, status.st_size > 0, status.st_size < 1 << 30 else { return nil }
    let length = Int(status.st_size)
    let address = unsafe mmap(nil, length, PROT_READ, MAP_PRIVATE, file.number, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else { return nil }
    defer { unsafe _ = munmap(address, length) }
    let words = "Linux version "
    // Where a digit follows: the format string of the same words is no version.
    var offset = 0
    while offset < length, let place = unsafe clinux_find(address + offset, length - offset, words) {
      offset = unsafe place - UnsafeRawPointer(address) + words.utf8.count
      let rest = unsafe UnsafeRawBufferPointer(start: address + offset, count: min(64, length - offset))
      let release = unsafe String(decoding: rest.prefix { $0 > 0x20 && $0 < 0x7f }, as: UTF8.self)
      if release.first?.isNumber == true { return release }
    }
    return nil
  }
}
