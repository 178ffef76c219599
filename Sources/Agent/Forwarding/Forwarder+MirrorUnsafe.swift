import CTransport
import Ethernet
import Switching

// Mirrors, as switches have them (SPAN): a target port gets a copy of each frame that comes in by a source, or is to go
// out by it, or both.
//
//   comes in    before the switch decides: what it then drops has been copied, but no runts, and no datagrams of trunks
//   goes out    before the port's queue: what does not fit there has been copied
//
// Copied is the batch's entry, not the payload; the target cuts and completes for itself, and counts its own drops. It is
// down for the switch, so nothing but copies is sent there, and what comes in ends here. A target is no source, so there
// are no copies of copies. What the agent itself says (hellos, probes, "too big") is not copied on its way out.

/// The ports that get copies of a port's frames in one direction.
@unsafe
package struct MirrorTargets {
  /// The most there can be.
  package static var capacity: Int { 8 }

  private(set) var count = 0
  private var ports = unsafe InlineArray<8, UnsafeMutablePointer<PortContext>?>(repeating: nil)

  package init() {}

  var isEmpty: Bool { unsafe count == 0 }

  subscript(_ index: Int) -> UnsafeMutablePointer<PortContext> { unsafe ports[index]! }

  /// Adds a port once; what is beyond ``capacity`` is left out.
  mutating func add(_ port: UnsafeMutablePointer<PortContext>) {
    for index in unsafe 0..<count where unsafe ports[index] == port { return }
    guard unsafe count < MirrorTargets.capacity else { return }
    unsafe ports[count] = unsafe port
    unsafe count += 1
  }

  mutating func remove(_ port: UnsafeMutablePointer<PortContext>) {
    for index in unsafe 0..<count where unsafe ports[index] == port {
      unsafe count -= 1
      unsafe ports[index] = unsafe ports[count]
      return
    }
  }
}

/// A source and a target of a mirror, by the numbers of their ports.
package struct MirrorPath: Equatable, Sendable {
  package let source: UInt32
  package let target: UInt32
  /// What comes in by the source is copied; what goes out by it.
  package let copiesIn: Bool
  package let copiesOut: Bool

  package init(source: UInt32, target: UInt32, copiesIn: Bool = true, copiesOut: Bool = true) {
    self.source = source
    self.target = target
    self.copiesIn = copiesIn
    self.copiesOut = copiesOut
  }
}

extension Forwarder {
  /// Looks at a frame that came in by a source or a target, before the switch does.
  /// - Returns: whether it ends here; it has been counted then.
  // Not inlined: it would cost every frame registers.
  @inline(never)
  func endsMirrored(_ frame: UnsafeMutablePointer<umbel_frame>, from port: UnsafeMutablePointer<PortContext>) -> Bool {
    let length = unsafe Int(frame.pointee.length)
    let data = unsafe frame.pointee.pieces[0].data!
    if unsafe port.pointee.watchesUnderlay, unsafe DatagramDestination.isPossible(data, length: length),
      unsafe dropsOwnUnderlay(frame, from: port)
    {
      return true
    }
    if unsafe port.pointee.isMirrorTarget {
      // A probe that comes back here tells of a loop from a source to its target.
      let isHello = unsafe Switch.isHello(data, length: length)
      let reason: DropReason = isHello ? .hello : .mirrorPort
      unsafe port.pointee.counters.countReceived(bytes: length)
      unsafe port.pointee.counters.countDrop(reason)
      unsafe state.pointee.way.end(reason.rawValue)
      if isHello { unsafe tellHello(frame, of: port) }
      return true
    }
    // What comes in where a loop was found is not copied: it may be a copy.
    if unsafe !port.pointee.isShut, unsafe FrameHeader(data, length: length) != nil {
      unsafe copy(frame, to: port.pointee.copiesIn)
    }
    if unsafe port.pointee.clampsMSS { unsafe clampArriving(frame, from: port) }
    return false
  }

  /// Copies a frame that is to go out by a source.
  @inline(never)
  func copyLeaving(_ frame: UnsafeMutablePointer<umbel_frame>, _ port: UnsafeMutablePointer<PortContext>) {
    unsafe copy(frame, to: port.pointee.copiesOut)
  }

  /// Puts a frame to ports that get copies of it.
  private func copy(_ frame: UnsafeMutablePointer<umbel_frame>, to targets: MirrorTargets) {
    // A copy that is too long is nothing to tell its sender of.
    let wasFlooding = unsafe state.pointee.isFlooding
    unsafe state.pointee.isFlooding = true
    for index in unsafe 0..<targets.count { unsafe put(frame, to: targets[index], remote: .everyone) }
    unsafe state.pointee.isFlooding = wasFlooding
  }

  /// Copies frames along these paths, and along no others of the LAN. Ports that are not there are passed over.
  /// - Parameter targets: numbers of all ports that are to be targets, those to which nothing is copied for now included.
  func mirror(_ paths: [MirrorPath], targets: [UInt32], in lan: UnsafeMutablePointer<LANContext>) {
    for index in unsafe 0..<state.pointee.portList.count {
      let port = unsafe state.pointee.portList[index]
      guard unsafe port.pointee.lan == lan else { continue }
      unsafe port.pointee.copiesIn = MirrorTargets()
      unsafe port.pointee.copiesOut = MirrorTargets()
      let isTarget = unsafe targets.contains(port.pointee.number)
      guard unsafe port.pointee.isMirrorTarget != isTarget else { continue }
      unsafe port.pointee.isMirrorTarget = isTarget
      unsafe port.pointee.isSettled = false
      unsafe state.pointee.hasUnsettledPorts = true
    }
    for path in paths {
      guard let source = unsafe port(numbered: path.source, in: lan),
        let target = unsafe port(numbered: path.target, in: lan), unsafe !source.pointee.isMirrorTarget
      else { continue }
      if path.copiesIn { unsafe source.pointee.copiesIn.add(target) }
      if path.copiesOut { unsafe source.pointee.copiesOut.add(target) }
    }
  }

  private func port(
    numbered number: UInt32, in lan: UnsafeMutablePointer<LANContext>
  ) -> UnsafeMutablePointer<PortContext>? {
    guard let port = unsafe state.pointee.ports.pointer(Int(number)).pointee, unsafe port.pointee.lan == lan else {
      return nil
    }
    return unsafe port
  }

  /// The target is being removed.
  func copyNoMore(to target: UnsafeMutablePointer<PortContext>) {
    for index in unsafe 0..<state.pointee.portList.count {
      let port = unsafe state.pointee.portList[index]
      unsafe port.pointee.copiesIn.remove(target)
      unsafe port.pointee.copiesOut.remove(target)
    }
  }
}
