import Ethernet
import Glibc
import LinuxIO

/// A TAP device to be made or changed, with all that the arguments say of it checked.
struct TapRequest {
  private let name: String?
  private let user: UInt32?
  private let group: UInt32?
  private let mac: MACAddress?
  private let mtu: Int?
  private let addresses: [IPPrefix]
  private let bridge: String?

  init(_ arguments: TapCreateCommand) throws {
    if let name = arguments.name { try Self.check(name) }
    name = arguments.name
    group = try arguments.group.map { text in
      guard let group = LocalAccounts.group(text) else {
        throw Failure(.usage, "/etc/group has no group \(text). Write another, or a number.")
      }
      return group
    }
    if let text = arguments.user {
      guard let user = LocalAccounts.user(text) else {
        throw Failure(.usage, "/etc/passwd has no user \(text). Write another, or a number.")
      }
      self.user = user
    } else {
      // Where a device has a user and a group, the kernel wants both.
      user = group == nil ? Self.caller : nil
    }
    addresses = try arguments.address.map { text in
      guard let prefix = IPPrefix(text), !prefix.address.isMulticast, !prefix.address.isUnspecified else {
        throw Failure(.usage, "\(text) is no address of a host. Write ADDRESS/PREFIX, such as 192.168.0.254/24.")
      }
      return prefix
    }
    if let mtu = arguments.mtu, !(68...65_521).contains(mtu) {
      throw Failure(.usage, "\(mtu) is no MTU of a TAP device. Write 68-65521.")
    }
    mtu = arguments.mtu
    bridge = arguments.bridge
    mac =
      try arguments.mac.map(Self.stationAddress)
      ?? addresses.first { $0.address.octets.count == 4 }.map {
        MACAddress(derivedFromIPv4: $0.address.octets.reduce(0) { $0 << 8 | UInt32($1) })
      }
  }

  /// Refuses a name that the kernel would cut or refuse.
  static func check(_ name: String) throws {
    guard (1...TapDevice.longestName).contains(name.utf8.count) else {
      throw Failure(
        .usage, "\"\(name)\" is \(name.utf8.count) bytes long. The name of a device has 1-\(TapDevice.longestName).")
    }
    // What dev_valid_name() of net/core/dev.c refuses, and the two directories of net/ipv4/conf that are no devices.
    let isAllowed = name.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7f && $0 != "/" && $0 != ":" }
    guard isAllowed, ![".", "..", "all", "default"].contains(name) else {
      throw Failure(
        .usage, "\"\(name)\" cannot be a device's name. Leave out spaces, / and :, and do not use all or default.")
    }
  }

  private static func stationAddress(_ text: String) throws -> MACAddress {
    guard let address = try? MACAddress(parsing: text), address.rawValue != 0 else {
      throw Failure(.usage, "\(text) is no MAC address of a device. Write six pairs, such as fe:fd:00:00:00:01.")
    }
    if address.isGroup { throw Failure(.usage, "\(text) is a group address. Make its first byte even, such as fe.") }
    return address
  }

  /// Who called: under sudo, who called that.
  private static var caller: UInt32 {
    guard geteuid() == 0, let text = unsafe getenv("SUDO_UID"), let user = unsafe UInt32(String(cString: text)) else {
      return getuid()
    }
    return user
  }

  /// "owned by root", for a sentence.
  var ownership: String {
    let user = user.map { "owned by \(LocalAccounts.name(ofUser: $0) ?? "uid \($0)")" }
    let group = group.map { "open to group \(LocalAccounts.name(ofGroup: $0) ?? "\($0)")" }
    return [user, group].compactMap { $0 }.joined(separator: ", ")
  }

  /// Makes the device; what fails on the way leaves none behind.
  /// - Returns: its name.
  func carryOut() throws -> String {
    let tap = try TapAccess.attach(name)
    let name = tap.name
    try TapAccess.system("\(name) cannot be given to its owner") { () throws(Errno) in
      try tap.setOwner(user: user, group: group)
    }
    guard let link = try? Interfaces.named(name) else { throw Failure(.osError, "\(name) has been deleted meanwhile.") }
    var change = InterfaceChange(isUp: true, mtu: mtu, hardwareAddress: mac?.octets)
    if let bridge {
      guard let found = try? Interfaces.named(bridge) else {
        throw Failure(.noInput, "There is no bridge \(bridge). Make one with `ip link add \(bridge) type bridge`.")
      }
      guard found.kind == "bridge" else {
        throw Failure(.noInput, "\(bridge) is not a bridge. Name another; `ip link show type bridge` lists them.")
      }
      change.master = found.index
    }
    try TapAccess.order("\(name) cannot be set up") { () throws(NetlinkRefusal) in
      try Interfaces.change(link.index, change)
    }
    for address in addresses {
      try TapAccess.order("\(name) cannot have the address \(address)") { () throws(NetlinkRefusal) in
        try Interfaces.add(address, to: link.index)
      }
    }
    // Last: until then the device ends with this process.
    try TapAccess.system("\(name) cannot be made to stay") { () throws(Errno) in try tap.setPersistent(true) }
    return name
  }
}
