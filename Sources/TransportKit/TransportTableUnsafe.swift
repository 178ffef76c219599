import CTransport
import Glibc

extension TransportDefinition {
  /// Builds the C table; all of it lives for ever.
  func makeTable(_ entry: ControlEntry) -> UnsafePointer<umbel_transport> {
    let table = UnsafeMutablePointer<umbel_transport>.allocate(capacity: 1)
    unsafe table.initialize(to: umbel_transport())
    unsafe table.pointee.size = UInt32(MemoryLayout<umbel_transport>.size)
    unsafe table.pointee.abi_level = UMBEL_ABI_LEVEL
    unsafe table.pointee.name = permanent(name)
    unsafe table.pointee.summary = permanent(summary)
    unsafe table.pointee.options = permanent(options.map { unsafe $0.entry })
    unsafe table.pointee.option_count = UInt32(options.count)
    unsafe table.pointee.option_stride = UInt32(MemoryLayout<umbel_option>.stride)
    unsafe table.pointee.doors = permanent(doors.map { unsafe $0.entry })
    unsafe table.pointee.door_count = UInt32(doors.count)
    unsafe table.pointee.door_stride = UInt32(MemoryLayout<umbel_door>.stride)
    unsafe table.pointee.roles = roles.rawValue
    unsafe table.pointee.default_role = defaultRole.rawValue
    if check != nil { unsafe table.pointee.check = entry.check }
    if accept != nil { unsafe table.pointee.accept = entry.accept }
    unsafe table.pointee.abandon = entry.abandon
    unsafe table.pointee.open = entry.open
    unsafe setPortFunctions(&table.pointee)
    return unsafe UnsafePointer(table)
  }

  private func setPortFunctions(_ table: inout umbel_transport) {
    unsafe table.prepare = preparePort
    unsafe table.close = closePort
    unsafe table.resolved = resolvedPort
    unsafe table.start = startPort
    unsafe table.commit = commitPort
    unsafe table.stop = stopPort
    unsafe table.descriptors = listDescriptors
    unsafe table.receive = receiveFrames
    unsafe table.send = sendFrames
    unsafe table.ready = readyEndpoint
    unsafe table.deadline = endpointDeadline
    unsafe table.tick = tickEndpoint
    unsafe table.statistics = portStatistics
    unsafe table.remotes = portRemotes
    unsafe table.hand_over = handOverPort
  }
}

extension TransportOption {
  fileprivate var entry: umbel_option {
    let words = unsafe choices.map { unsafe UnsafePointer<CChar>?(permanent($0)) } + [nil]
    return unsafe umbel_option(
      name: permanent(name), help: permanent(help), default_text: defaultText.map { unsafe permanent($0) },
      choices: choices.isEmpty ? nil : permanent(words), minimum: limits?.lowerBound ?? 0,
      maximum: limits?.upperBound ?? 0, type: kind.rawValue, flags: traits.rawValue)
  }
}

extension TransportDoor {
  fileprivate var entry: umbel_door {
    let type =
      switch kind {
      case .stream: SOCK_STREAM
      case .sequencedPackets: SOCK_SEQPACKET
      case .datagrams: SOCK_DGRAM
      }
    return unsafe umbel_door(
      name: permanent(name), path: permanent(path), help: permanent(help), socket_type: type.rawValue,
      flags: traits.rawValue)
  }
}

/// A C string that lives for ever.
private func permanent(_ text: String) -> UnsafePointer<CChar> {
  unsafe UnsafePointer(strdup(text))
}

/// A C array that lives for ever.
private func permanent<Element>(_ elements: [Element]) -> UnsafePointer<Element>? {
  if elements.isEmpty { return nil }
  let array = UnsafeMutableBufferPointer<Element>.allocate(capacity: elements.count)
  _ = unsafe array.initialize(fromContentsOf: elements)
  return unsafe UnsafePointer(array.baseAddress)
}
