import CLinux
import CTransport
import Glibc
import LinuxIO
import Switching
import TransportHost

extension Forwarder {
  /// Carries out what the control thread asks for, in order.
  func carryOutCommands() {
    while let bits = unsafe state.pointee.channel.commands.pop() {
      let command = unsafe Unmanaged<ForwardingCommand>.fromOpaque(UnsafeRawPointer(bitPattern: bits)!)
      unsafe command._withUnsafeGuaranteedRef { carryOut($0) }
      unsafe state.pointee.isFruitful = true
      _ = unsafe state.pointee.channel.completions.push(bits)
      unsafe state.pointee.channel.controlWakeup.signal()
      if unsafe state.pointee.isFrozen, unsafe !state.pointee.isResting { rest() }
    }
  }

  /// Waits for commands alone, until one of them thaws the thread or ends it.
  private func rest() {
    unsafe state.pointee.isResting = true
    while unsafe state.pointee.isFrozen {
      // First: nobody signals once more what came together with the command that froze the thread.
      carryOutCommands()
      if unsafe state.pointee.isFrozen { unsafe state.pointee.channel.wakeup.wait() }
    }
    unsafe state.pointee.isResting = false
  }

  private func carryOut(_ command: ForwardingCommand) {
    switch unsafe command.kind {
    case .addPort(let port): command.result = unsafe add(port)
    case .removePort(let port): unsafe remove(port)
    case .addLAN(let lan):
      unsafe state.pointee.lans.append(lan)
      unsafe state.pointee.nextHousekeeping = min(state.pointee.nextHousekeeping, state.pointee.now)
    case .removeLAN(let lan):
      for index in (unsafe 0..<state.pointee.lans.count).reversed() where unsafe state.pointee.lans[index] == lan {
        unsafe state.pointee.lans.swapRemove(at: index)
      }
    case .changeLAN(let lan, let configuration): unsafe lan.pointee.core.change(to: configuration)
    case .setSettings(let port, let settings):
      unsafe port.pointee.settings = settings
      if let slot = unsafe port.pointee.slot { unsafe port.pointee.lan.pointee.core.setStorm(slot, settings.storm) }
    case .setQueue(let port, let box): unsafe replaceQueue(of: port, by: box)
    case .setState(let port, let new): unsafe apply(new, to: port)
    case .commit(let port):
      // A port that has failed in the meantime was stopped, and is only to be closed.
      guard unsafe port.pointee.slot != nil else { break }
      unsafe port.pointee.transport.pointee.commit?(port.pointee.port)
      unsafe port.pointee.endpoint.pointee.deadline = deadline(of: port.pointee.endpoint)
    case .refreshDescriptors(let port):
      // What is asked for after the port was stopped may be about an endpoint that is freed.
      guard unsafe port.pointee.slot != nil else { break }
      unsafe port.pointee.endpoint.pointee.isStale = true
      unsafe state.pointee.hasStaleEndpoints = true
    case .statistics(let port): command.result = unsafe statistics(of: port, into: command)
    case .remotes(let port): command.result = unsafe remotes(of: port, into: command)
    case .countStations(let lan): command.stationCount = unsafe lan.pointee.core.entryCount
    case .stations(let lan):
      let cursor = command.cursor ?? 0
      let (written, next) = unsafe lan.pointee.core.dump(
        from: cursor, into: command.stations, slotBudget: ForwardingCommand.stationSlots, now: seconds)
      command.result = Int32(written)
      command.cursor = next
    case .setUnderlay(let table): watch(table)
    case .inject(let port, let frame, let flags): unsafe inject(frame, flags: flags, to: port)
    case .setPath(let port, let bytes): unsafe port.pointee.note(probed: bytes)
    case .setShut(let port, let isShut): unsafe shut(port, isShut)
    case .setMuted(let trunk, let remotes): unsafe mute(remotes, of: trunk)
    case .setMirrors(let lan, let paths, let targets): unsafe mirror(paths, targets: targets, in: lan)
    case .carryCounters(let port, let values):
      if unsafe port.pointee.slot != nil { unsafe port.pointee.counters.carry(values) }
    case .restoreStations(let lan, let stations): unsafe restore(stations, in: lan)
    case .setBusyPoll(let setting):
      unsafe state.pointee.busyPolling.setting = setting
    case .setRings(let lan, let rings): unsafe setRings(rings, of: lan)
    case .freeze: freeze()
    case .thaw: unsafe state.pointee.isFrozen = false
    case .ping: break
    case .stop:
      unsafe state.pointee.isFrozen = false
      unsafe state.pointee.isStopping = true
    }
  }

  private func freeze() {
    // What a transport has taken from the kernel and not handed on is lost to the next process. A socket that is never
    // empty has more for ever.
    for _ in 0..<16 where unsafe state.pointee.ready.count > 0 { receiveFromReady() }
    unsafe state.pointee.isFrozen = true
  }

  private func restore(_ stations: [KeptStation], in lan: UnsafeMutablePointer<LANContext>) {
    for station in stations {
      // A port that has ended in the meantime has none.
      guard station.port < UInt32(PortNumbers.capacity),
        let port = unsafe state.pointee.ports.pointer(Int(station.port)).pointee, unsafe port.pointee.lan == lan,
        let slot = unsafe port.pointee.slot
      else { continue }
      unsafe lan.pointee.core.restore(
        vlan: station.vlan, address: station.address, at: slot, ageSeconds: station.ageSeconds, now: seconds)
    }
  }

  private func add(_ port: UnsafeMutablePointer<PortContext>) -> Int32 {
    let role = unsafe port.pointee.role
    guard
      let slot = unsafe port.pointee.lan.pointee.core.addPort(
        role: role, storm: port.pointee.settings.storm)
    else { return -ENOSPC }
    let endpoint = unsafe port.pointee.endpoint
    unsafe port.pointee.slot = slot
    unsafe port.pointee.lan.pointee.ports[Int(slot)] = port
    unsafe port.pointee.counters = port.pointee.lan.pointee.core.counters(of: slot)
    unsafe state.pointee.ports.pointer(Int(port.pointee.number)).pointee = port
    unsafe state.pointee.portList.append(port)
    unsafe port.pointee.watchesUnderlay = role == .guest && state.pointee.underlay.isUsed
    if unsafe endpoint.pointee.portCount == 0 {
      unsafe state.pointee.endpoints.append(endpoint)
      unsafe endpoint.pointee.reportPort = port.pointee.number
    }
    unsafe endpoint.pointee.portCount += 1
    unsafe noteRecorded(port)
    let result = unsafe port.pointee.transport.pointee.start?(port.pointee.port) ?? 0
    guard result >= 0 else {
      unsafe remove(port)
      return result
    }
    unsafe port.pointee.lan.pointee.core.setUp(slot, port.pointee.isMember)
    unsafe endpoint.pointee.isStale = true
    unsafe state.pointee.hasStaleEndpoints = true
    return 0
  }

  private func remove(_ port: UnsafeMutablePointer<PortContext>) {
    let endpoint = unsafe port.pointee.endpoint
    guard let slot = unsafe port.pointee.slot else { return }
    unsafe port.pointee.transport.pointee.stop?(port.pointee.port)
    unsafe port.pointee.slot = nil
    unsafe port.pointee.isUp = false
    unsafe port.pointee.lan.pointee.core.removePort(slot)
    unsafe port.pointee.lan.pointee.ports[Int(slot)] = nil
    unsafe state.pointee.ports.pointer(Int(port.pointee.number)).pointee = nil
    unsafe emptyQueue(of: port)
    unsafe port.pointee.gauges.set(frames: 0, bytes: 0)
    if unsafe port.pointee.isMirrorTarget { unsafe copyNoMore(to: port) }
    for index in (unsafe 0..<state.pointee.queued.count).reversed() where unsafe state.pointee.queued[index] == port {
      unsafe state.pointee.queued.swapRemove(at: index)
    }
    for index in (unsafe 0..<state.pointee.portList.count).reversed() where unsafe state.pointee.portList[index] == port
    {
      unsafe state.pointee.portList.swapRemove(at: index)
    }
    unsafe endpoint.pointee.portCount -= 1
    if unsafe endpoint.pointee.portCount > 0 {
      unsafe nameAnother(port, at: endpoint)
      noteRecorded()
      unsafe endpoint.pointee.isStale = true
      unsafe state.pointee.hasStaleEndpoints = true
      return
    }
    unsafe stopPolling(endpoint)
    for index in (unsafe 0..<state.pointee.endpoints.count).reversed()
    where unsafe state.pointee.endpoints[index] == endpoint {
      unsafe state.pointee.endpoints.swapRemove(at: index)
    }
  }

  /// Reports about an endpoint must not name a port that is gone: its number may be another's soon.
  private func nameAnother(
    _ port: UnsafeMutablePointer<PortContext>, at endpoint: UnsafeMutablePointer<EndpointContext>
  ) {
    guard unsafe endpoint.pointee.reportPort == port.pointee.number else { return }
    for index in unsafe 0..<state.pointee.portList.count
    where unsafe state.pointee.portList[index].pointee.endpoint == endpoint {
      unsafe endpoint.pointee.reportPort = state.pointee.portList[index].pointee.number
    }
  }

  private func statistics(of port: UnsafeMutablePointer<PortContext>, into command: ForwardingCommand) -> Int32 {
    guard let slot = unsafe port.pointee.slot else { return 0 }
    command.stationCount = unsafe port.pointee.lan.pointee.core.entryCount(of: slot)
    command.wholeLimit = unsafe port.pointee.wholeLimit
    guard let function = unsafe port.pointee.transport.pointee.statistics else { return 0 }
    let capacity = unsafe command.counters.count
    let count = unsafe function(
      port.pointee.port, command.counters.baseAddress, UInt32(MemoryLayout<umbel_counter>.stride), UInt32(capacity))
    return min(max(count, 0), Int32(capacity))
  }

  private func remotes(of port: UnsafeMutablePointer<PortContext>, into command: ForwardingCommand) -> Int32 {
    guard unsafe port.pointee.slot != nil, let function = unsafe port.pointee.transport.pointee.remotes else {
      return 0
    }
    let capacity = unsafe command.remotes.count
    let count = unsafe function(
      port.pointee.port, command.remotes.baseAddress, UInt32(MemoryLayout<umbel_remote_info>.stride), UInt32(capacity))
    return min(max(count, 0), Int32(capacity))
  }
}
