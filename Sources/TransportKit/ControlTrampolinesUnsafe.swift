// The functions of the C table that a control thread calls.

import CTransport
import Glibc
import Synchronization

/// Those that get no pointer of the transport's: one set for each definition.
@safe
struct ControlEntry: Sendable {
  let check: @convention(c) @Sendable (UnsafePointer<umbel_open>?, UnsafeMutablePointer<umbel_problem>?) -> Int32
  let accept:
    @convention(c) @Sendable (UnsafeMutablePointer<umbel_client>?, UnsafeMutablePointer<umbel_problem>?) -> Int32
  let abandon: @convention(c) @Sendable (UnsafeMutablePointer<umbel_client>?) -> Void
  let open:
    @convention(c) @Sendable (
      OpaquePointer?, UnsafePointer<umbel_open>?, UnsafeMutablePointer<OpaquePointer?>?,
      UnsafeMutablePointer<OpaquePointer?>?, UnsafeMutablePointer<umbel_problem>?
    ) -> Int32
}

/// The definitions of this image. A plugin has one; a test binary has all that are linked into it.
enum TransportRegistry {
  private static let definitions = Mutex<[(definition: TransportDefinition, host: HostTable)]>([])

  /// Keeps a definition for ever.
  /// - Returns: its functions; nil when the image has too many.
  static func add(_ definition: TransportDefinition, host: HostTable) -> ControlEntry? {
    definitions.withLock { definitions in
      guard definitions.count < entries.count else { return nil }
      definitions.append((definition, host))
      return entries[definitions.count - 1]
    }
  }

  static subscript(slot: Int) -> (definition: TransportDefinition, host: HostTable) {
    definitions.withLock { $0[slot] }
  }

  private static let entries = unsafe [
    ControlEntry(
      check: { unsafe check(0, $0, $1) }, accept: { unsafe accept(0, $0, $1) },
      abandon: { unsafe abandon(0, $0) }, open: { unsafe open(0, $0, $1, $2, $3, $4) }),
    ControlEntry(
      check: { unsafe check(1, $0, $1) }, accept: { unsafe accept(1, $0, $1) },
      abandon: { unsafe abandon(1, $0) }, open: { unsafe open(1, $0, $1, $2, $3, $4) }),
    ControlEntry(
      check: { unsafe check(2, $0, $1) }, accept: { unsafe accept(2, $0, $1) },
      abandon: { unsafe abandon(2, $0) }, open: { unsafe open(2, $0, $1, $2, $3, $4) }),
    ControlEntry(
      check: { unsafe check(3, $0, $1) }, accept: { unsafe accept(3, $0, $1) },
      abandon: { unsafe abandon(3, $0) }, open: { unsafe open(3, $0, $1, $2, $3, $4) }),
    ControlEntry(
      check: { unsafe check(4, $0, $1) }, accept: { unsafe accept(4, $0, $1) },
      abandon: { unsafe abandon(4, $0) }, open: { unsafe open(4, $0, $1, $2, $3, $4) }),
    ControlEntry(
      check: { unsafe check(5, $0, $1) }, accept: { unsafe accept(5, $0, $1) },
      abandon: { unsafe abandon(5, $0) }, open: { unsafe open(5, $0, $1, $2, $3, $4) }),
  ]
}

private func check(
  _ slot: Int, _ open: UnsafePointer<umbel_open>?, _ problem: UnsafeMutablePointer<umbel_problem>?
) -> Int32 {
  let definition = TransportRegistry[slot].definition
  guard let open = unsafe open, let configuration = unsafe PortConfiguration(reading: open, options: definition.options)
  else { return -EINVAL }
  do throws(TransportProblem) {
    try definition.check?(configuration)
    return 0
  } catch {
    return unsafe error.write(to: problem, options: definition.options)
  }
}

private func accept(
  _ slot: Int, _ client: UnsafeMutablePointer<umbel_client>?, _ problem: UnsafeMutablePointer<umbel_problem>?
) -> Int32 {
  let definition = TransportRegistry[slot].definition
  guard let client = unsafe client, let accept = definition.accept else { return -EINVAL }
  var view = unsafe TransportClient(reading: client)
  defer { unsafe view.keepState(in: client) }
  do throws(TransportProblem) {
    return try accept(&view) ? 1 : 0
  } catch {
    return unsafe error.write(to: problem, options: definition.options)
  }
}

private func abandon(_ slot: Int, _ client: UnsafeMutablePointer<umbel_client>?) {
  guard let client = unsafe client else { return }
  TransportRegistry[slot].definition.abandon?(unsafe TransportClient(reading: client))
  unsafe TransportClient.dropState(of: client)
}

private func open(
  _ slot: Int, _ handle: OpaquePointer?, _ open: UnsafePointer<umbel_open>?,
  _ port: UnsafeMutablePointer<OpaquePointer?>?, _ endpoint: UnsafeMutablePointer<OpaquePointer?>?,
  _ problem: UnsafeMutablePointer<umbel_problem>?
) -> Int32 {
  let (definition, host) = TransportRegistry[slot]
  guard let open = unsafe open, let configuration = unsafe PortConfiguration(reading: open, options: definition.options)
  else { return -EINVAL }
  do throws(TransportProblem) {
    let made = try definition.open(configuration, unsafe HostPort(handle, table: host))
    unsafe port?.pointee = OpaquePointer(Unmanaged.passRetained(made).toOpaque())
    unsafe endpoint?.pointee = OpaquePointer(Unmanaged.passUnretained(made.endpoint).toOpaque())
    if let client = unsafe open.pointee.client { unsafe TransportClient.dropState(of: client) }
    return 0
  } catch {
    return unsafe error.write(to: problem, options: definition.options)
  }
}

/// The object behind the host's pointer.
func transportPort(_ port: OpaquePointer?) -> TransportPort {
  // The host passes back what open gave it.
  unsafe Unmanaged<TransportPort>.fromOpaque(UnsafeRawPointer(port.unsafelyUnwrapped)).takeUnretainedValue()
}

func preparePort(
  _ port: OpaquePointer?, _ reason: UInt32, _ open: UnsafePointer<umbel_open>?,
  _ problem: UnsafeMutablePointer<umbel_problem>?
) -> Int32 {
  let port = unsafe transportPort(port)
  let change: TransportPort.Change
  switch reason {
  case UMBEL_PREPARE_CONFIGURATION:
    guard let open = unsafe open, let configuration = unsafe PortConfiguration(reading: open, options: port.options)
    else { return -EINVAL }
    change = .configuration(configuration)
  case UMBEL_PREPARE_RETRY: change = .retry
  case UMBEL_PREPARE_INTERFACES: change = .interfaces
  case UMBEL_PREPARE_NAMES: change = .names
  // A reason that a later host has: it changes nothing here.
  default: return 0
  }
  do throws(TransportProblem) {
    return try port.prepare(change) ? 1 : 0
  } catch {
    return unsafe error.write(to: problem, options: port.options)
  }
}

func closePort(_ port: OpaquePointer?) {
  guard let port = unsafe port else { return }
  let retained = unsafe Unmanaged<TransportPort>.fromOpaque(UnsafeRawPointer(port))
  unsafe retained.takeRetainedValue().close()
}

func resolvedPort(
  _ port: OpaquePointer?, _ token: UInt64, _ addresses: UnsafePointer<umbel_address>?, _ stride: UInt32, _ count: Int32
) {
  let port = unsafe transportPort(port)
  guard count >= 0 else { return port.resolved(token: token, addresses: .failure(ResolutionError(code: count))) }
  let first = unsafe UnsafeRawPointer(addresses)
  let found = (0..<Int(count)).compactMap { index in
    unsafe first.map { unsafe ($0 + index * Int(stride)).assumingMemoryBound(to: umbel_address.self).pointee }
  }
  port.resolved(token: token, addresses: .success(found))
}

extension TransportProblem {
  /// Writes the problem where the host wants it.
  /// - Returns: the negative error number.
  fileprivate func write(to problem: UnsafeMutablePointer<umbel_problem>?, options: [TransportOption]) -> Int32 {
    guard let problem = unsafe problem else { return -code }
    let index = options.firstIndex { $0.name == option }
    unsafe problem.pointee.option = index.map { UInt32($0) } ?? UMBEL_NO_OPTION
    let offset = MemoryLayout<umbel_problem>.offset(of: \.text)!
    let room = unsafe min(Int(problem.pointee.size), MemoryLayout<umbel_problem>.size) - offset
    guard room > 0 else { return -code }
    var bytes = Array(text.utf8.prefix(room - 1))
    // Not in the middle of a character.
    while String(validating: bytes, as: UTF8.self) == nil { bytes.removeLast() }
    let place = unsafe UnsafeMutableRawBufferPointer(start: UnsafeMutableRawPointer(problem) + offset, count: room)
    unsafe place.copyBytes(from: bytes + [0])
    return -code
  }
}
