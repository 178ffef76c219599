import CTransport

/// What a port is to be: its place and the values of its options, given or by default.
///
/// Values are read by name. A name that the transport does not have, or has with another type, is a fault of the
/// transport's author and traps; nil says that the option is absent.
public struct PortConfiguration {
  /// The host's number of the port; received frames carry it.
  public let number: UInt32
  public let role: TransportRole
  /// The name of the LAN.
  public let lan: String
  /// The name of the port.
  public let name: String
  /// The client of a door; nil: a configured port.
  public let client: TransportClient?
  /// What this port left when the process before ended: its descriptors are the port's once it was made. A client's
  /// descriptor is then -1. nil: the port begins anew.
  public let adopted: Heritage?

  private struct Value {
    var text = ""
    var items: [String] = []
    var integer: Int64 = 0
    var upper: Int64 = 0
  }

  let options: [TransportOption]
  private var values: [Value?]

  /// Copies what the host passes for the time of a call.
  init?(reading open: UnsafePointer<umbel_open>, options: [TransportOption]) {
    guard let role = unsafe TransportRole(rawValue: open.pointee.role) else { return nil }
    self.role = role
    self.options = options
    unsafe number = open.pointee.number
    unsafe lan = PortConfiguration.text(open.pointee.lan)
    unsafe name = PortConfiguration.text(open.pointee.name)
    unsafe client = open.pointee.client.map { unsafe TransportClient(reading: $0) }
    // A host of before the field was added ends its struct there.
    let end = unsafe MemoryLayout<umbel_open>.offset(of: \.adopted)! + MemoryLayout<UInt>.size
    let hasAdopted = unsafe Int(open.pointee.size) >= end
    unsafe adopted = hasAdopted ? open.pointee.adopted.map { unsafe Heritage(reading: $0) } : nil
    values = Array(repeating: nil, count: options.count)
    guard let first = unsafe UnsafeRawPointer(open.pointee.values) else { return }
    for index in 0..<Int(unsafe open.pointee.value_count) {
      let place = unsafe first + index * Int(open.pointee.value_stride)
      let value = unsafe place.assumingMemoryBound(to: umbel_value.self).pointee
      guard unsafe Int(value.option) < options.count else { continue }
      unsafe values[Int(value.option)] = Value(
        text: PortConfiguration.text(value.text),
        items: (0..<Int(value.item_count)).map { unsafe PortConfiguration.text(value.items[$0]) },
        integer: value.integer, upper: value.upper)
    }
  }

  private static func text(_ text: UnsafePointer<CChar>?) -> String {
    unsafe text.map { unsafe String(cString: $0) } ?? ""
  }

  private func value(_ name: String, _ kind: TransportOption.Kind) -> Value? {
    guard let index = options.firstIndex(where: { $0.name == name }) else {
      preconditionFailure("the transport has no option \(name)")
    }
    precondition(options[index].kind == kind, "the option \(name) is of another type")
    return values[index]
  }

  /// The text of a `string`.
  public func string(_ name: String) -> String? { value(name, .string)?.text }
  /// The number of an `integer`.
  public func integer(_ name: String) -> Int64? { value(name, .integer)?.integer }
  /// What a `boolean` says.
  public func boolean(_ name: String) -> Bool? { value(name, .boolean).map { $0.integer != 0 } }
  /// The index of a `choice` among its words.
  public func choice(_ name: String) -> Int? { value(name, .choice).map { Int($0.integer) } }
  /// The texts of a `list`.
  public func list(_ name: String) -> [String]? { value(name, .list)?.items }
  /// The numbers of a `range`.
  public func range(_ name: String) -> ClosedRange<Int64>? { value(name, .range).map { $0.integer...$0.upper } }
  /// The nanoseconds of a `duration`.
  public func nanoseconds(_ name: String) -> Int64? { value(name, .duration)?.integer }
  /// The bytes of a `size`.
  public func size(_ name: String) -> Int? { value(name, .size).map { Int($0.integer) } }
  /// The canonical text of an `address`.
  public func address(_ name: String) -> String? { value(name, .address)?.text }
  /// The name of an `interface`.
  public func interface(_ name: String) -> String? { value(name, .interface)?.text }
  /// The text of a `host`.
  public func hostName(_ name: String) -> String? { value(name, .host)?.text }
}
