package import CTransport
import Glibc
import LinuxIO

/// A transport that has been loaded and checked. It is never unloaded: Swift plugins do not survive dlclose.
@safe
package final class LoadedTransport: @unchecked Sendable {
  // Sendable: the table lives for ever and is not written after init; its functions say which thread may call them.

  /// What it says of itself.
  package let description: TransportDescription
  /// The table, copied to this host's size: what lies beyond the plugin's size is nil.
  package let table: UnsafePointer<umbel_transport>

  private init(description: TransportDescription, table: UnsafePointer<umbel_transport>) {
    self.description = description
    unsafe self.table = table
  }

  /// Loads `libumbel-NAME.so` from the directory and checks its table.
  ///
  /// The first call in a process installs `hooks`; later hooks are not used, as plugins keep the table for ever.
  package static func load(
    _ name: String, from directory: PluginDirectory, hooks: HostHooks
  ) throws(TransportRefusal) -> LoadedTransport {
    let file = try directory.file(of: name)
    guard let library = unsafe dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) else {
      throw .notLoadable(name: name, reason: unsafe dlerror().map { unsafe String(cString: $0) } ?? "unknown reason")
    }
    guard let symbol = unsafe dlsym(library, UMBEL_ENTRY_NAME) else {
      throw .noEntry(name: name, file: file)
    }
    typealias Entry = @convention(c) (UnsafePointer<umbel_host>?) -> UnsafePointer<umbel_transport>?
    let entry = unsafe unsafeBitCast(symbol, to: Entry.self)
    guard let given = unsafe entry(HostTable.install(hooks)) else { throw .declined(name: name) }
    let table = try unsafe copy(given, name: name)
    let description = try unsafe describe(table, name: name, file: file)
    return unsafe LoadedTransport(description: description, table: table)
  }

  /// Copies the plugin's table into one of this host's size, after checking what every transport must have.
  private static func copy(
    _ given: UnsafePointer<umbel_transport>, name: String
  ) throws(TransportRefusal) -> UnsafePointer<umbel_transport> {
    let size = unsafe given.pointee.size
    // The level is the second field and means the same in every version, so it can be read before the size is trusted.
    guard size >= 8 else { throw .tableTooSmall(name: name, size: size) }
    let level = unsafe given.pointee.abi_level
    guard level == UMBEL_ABI_LEVEL else { throw .wrongLevel(name: name, level: level, supported: UMBEL_ABI_LEVEL) }
    let lastRequired = unsafe MemoryLayout<umbel_transport>.offset(of: \.send)! + MemoryLayout<UInt>.size
    guard Int(size) >= lastRequired else { throw .tableTooSmall(name: name, size: size) }

    let table = UnsafeMutablePointer<umbel_transport>.allocate(capacity: 1)
    unsafe table.initialize(to: umbel_transport())
    unsafe UnsafeMutableRawPointer(table).copyMemory(
      from: given, byteCount: min(Int(size), MemoryLayout<umbel_transport>.size))
    let functions: [(name: String, isPresent: Bool)] = unsafe [
      ("open", table.pointee.open != nil), ("close", table.pointee.close != nil),
      ("descriptors", table.pointee.descriptors != nil), ("receive", table.pointee.receive != nil),
      ("send", table.pointee.send != nil),
    ]
    if let missing = functions.first(where: { !$0.isPresent })?.name {
      unsafe table.deallocate()
      throw .missingFunction(name: name, function: missing)
    }
    return unsafe UnsafePointer(table)
  }

  private static func describe(
    _ pointer: UnsafePointer<umbel_transport>, name: String, file: String
  ) throws(TransportRefusal) -> TransportDescription {
    let table = unsafe pointer.pointee
    let claims = unsafe text(table.name)
    guard claims == name else { throw .otherName(name: name, claims: claims) }
    guard unsafe table.roles & ~(UMBEL_ROLES_GUEST | UMBEL_ROLES_TRUNK) == 0, unsafe table.roles != 0,
      let defaultRole = unsafe PortRole(rawValue: table.default_role)
    else {
      throw .badTable(
        name: name, problem: unsafe "its roles are \(table.roles), the default role \(table.default_role)")
    }
    var options: [OptionDescription] = []
    for index in unsafe 0..<Int(table.option_count) {
      guard let base = unsafe table.options, unsafe table.option_stride >= MemoryLayout<umbel_option>.size else {
        throw .badTable(name: name, problem: "its option table is missing or its stride too small")
      }
      options.append(try unsafe option(element(base, index, table.option_stride), name: name))
    }
    var doors: [DoorDescription] = []
    for index in unsafe 0..<Int(table.door_count) {
      guard let base = unsafe table.doors, unsafe table.door_stride >= MemoryLayout<umbel_door>.size else {
        throw .badTable(name: name, problem: "its door table is missing or its stride too small")
      }
      doors.append(try unsafe door(element(base, index, table.door_stride), name: name))
    }
    let description = TransportDescription(
      name: name, summary: unsafe text(table.summary), path: file, options: options, doors: doors,
      roles: [PortRole.guest, .trunk].filter { unsafe table.roles & $0.rawValue != 0 }, defaultRole: defaultRole)
    if let problem = description.problems.first { throw .badTable(name: name, problem: problem) }
    return description
  }

  private static func option(
    _ pointer: UnsafePointer<umbel_option>, name: String
  ) throws(TransportRefusal) -> OptionDescription {
    let option = unsafe pointer.pointee
    let optionName = unsafe text(option.name)
    guard let kind = unsafe OptionKind(rawValue: option.type) else {
      throw .badTable(
        name: name, problem: "option '\(optionName)' has a type this agent does not know (\(unsafe option.type))")
    }
    var choices: [String] = []
    if let list = unsafe option.choices {
      var index = 0
      while let choice = unsafe list[index] {
        choices.append(unsafe String(cString: choice))
        index += 1
      }
    }
    return unsafe OptionDescription(
      name: optionName, help: text(option.help),
      defaultText: option.default_text.map { unsafe String(cString: $0) }, choices: choices,
      minimum: option.minimum, maximum: option.maximum, kind: kind,
      isRequired: option.flags & UMBEL_OPTION_REQUIRED != 0, isLive: option.flags & UMBEL_OPTION_LIVE != 0)
  }

  private static func door(
    _ pointer: UnsafePointer<umbel_door>, name: String
  ) throws(TransportRefusal) -> DoorDescription {
    let door = unsafe pointer.pointee
    let path = unsafe text(door.path)
    // The path becomes part of a file name below the LAN's directory.
    guard !path.isEmpty, !path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
      throw .badTable(name: name, problem: "the path '\(path)' of a door leaves the LAN's directory")
    }
    let type = unsafe Int32(door.socket_type)
    let types = [SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM].map { Int32($0.rawValue) }
    guard types.contains(type) else {
      throw .badTable(
        name: name, problem: "door '\(path)' has socket type \(type); it must be stream, seqpacket or dgram")
    }
    guard unsafe door.flags & ~(UMBEL_DOOR_DIRECTORY | UMBEL_DOOR_INTERNET) == 0 else {
      throw .badTable(
        name: name, problem: unsafe "door '\(path)' has flags this agent does not know (\(door.flags))")
    }
    return unsafe DoorDescription(
      name: text(door.name), path: path, help: text(door.help), socketType: type,
      hasOwnDirectory: door.flags & UMBEL_DOOR_DIRECTORY != 0, takesInternet: door.flags & UMBEL_DOOR_INTERNET != 0)
  }

  private static func element<T>(_ base: UnsafePointer<T>, _ index: Int, _ stride: UInt32) -> UnsafePointer<T> {
    unsafe (UnsafeRawPointer(base) + index * Int(stride)).assumingMemoryBound(to: T.self)
  }

  private static func text(_ pointer: UnsafePointer<CChar>?) -> String {
    unsafe pointer.map { unsafe String(cString: $0) } ?? ""
  }
}
