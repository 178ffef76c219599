package import CTransport
package import Switching

/// What the control thread asks of a forwarding thread. Carried out between two batches, in order; then the command
/// comes back and `completion` runs on the control thread.
@safe
package final class ForwardingCommand: @unchecked Sendable {
  // Sendable: it belongs to the forwarding thread from the push into the one ring to the pop out of the other.

  @unsafe
  package enum Kind {
    /// From now on frames of this port are received and sent. `result` < 0: it could not be added.
    case addPort(UnsafeMutablePointer<PortContext>)
    /// Stops the port, forgets its stations and queue; the contexts may be freed afterwards.
    case removePort(UnsafeMutablePointer<PortContext>)
    /// The thread begins to look after a LAN that has no ports yet.
    case addLAN(UnsafeMutablePointer<LANContext>)
    /// The LAN has no ports any more and may be freed afterwards.
    case removeLAN(UnsafeMutablePointer<LANContext>)
    /// Takes over what may change of a switch's configuration.
    case changeLAN(UnsafeMutablePointer<LANContext>, SwitchConfiguration)
    /// Replaces the agent's own options of a port.
    case setSettings(UnsafeMutablePointer<PortContext>, PortSettings)
    /// Gives a port another queue, with what waits for it.
    case setQueue(UnsafeMutablePointer<PortContext>, FrameQueueBox)
    /// A state that was reported on the control thread.
    case setState(UnsafeMutablePointer<PortContext>, state: umbel_state)
    /// Calls `commit`.
    case commit(UnsafeMutablePointer<PortContext>)
    /// Asks again for the endpoint's descriptors.
    case refreshDescriptors(UnsafeMutablePointer<PortContext>)
    /// Fills `counters`, of which `result` says how many, `stationCount` and `wholeLimit`.
    case statistics(UnsafeMutablePointer<PortContext>)
    /// Fills `remotes`, of which `result` says how many.
    case remotes(UnsafeMutablePointer<PortContext>)
    /// Sets `stationCount`.
    case countStations(UnsafeMutablePointer<LANContext>)
    /// Fills `stations` from `cursor` on; `result` says how many, `cursor` where to go on, nil: that was all.
    case stations(UnsafeMutablePointer<LANContext>)
    /// Drops these datagrams from guest ports from now on, and no others; the table before it may be freed afterwards.
    case setUnderlay(UnderlayTable)
    /// Sends a frame by this port to everyone, with these `UMBEL_FRAME_*`.
    case inject(UnsafeMutablePointer<PortContext>, frame: [UInt8], flags: UInt32)
    /// So many bytes of a frame were found to arrive in one piece; nil: not known any more.
    case setPath(UnsafeMutablePointer<PortContext>, bytes: UInt32?)
    /// The switch sends and takes nothing at this port from now on, or does again.
    case setShut(UnsafeMutablePointer<PortContext>, Bool)
    /// Drops what comes from these remotes from now on, and from no others.
    case setMuted(UnsafeMutablePointer<PortContext>, [Remote])
    /// Copies frames of these ports of a LAN from now on, and of no others.
    case setMirrors(UnsafeMutablePointer<LANContext>, [MirrorPath], targets: [UInt32])
    /// Adds to the port's counters what it had counted in the process before.
    case carryCounters(UnsafeMutablePointer<PortContext>, [UInt64])
    /// Puts stations of the process before into the FDB.
    case restoreStations(UnsafeMutablePointer<LANContext>, [KeptStation])
    /// Records frames of the LAN into these rings from now on, and into no others, which may be freed afterwards.
    case setRings(UnsafeMutablePointer<LANContext>, CaptureRings)
    /// Whether the thread sleeps at once after a frame.
    case setBusyPoll(BusyPoll)
    /// The thread carries out commands and does nothing else until `thaw`: no call of a plugin is under way when this has
    /// come back, and none begins.
    case freeze
    case thaw
    /// Nothing: shows that the thread makes progress.
    case ping
    /// Ends the thread.
    case stop
  }

  package let kind: Kind
  package var result: Int32 = 0
  package var cursor: Int? = 0
  /// Entries of the FDB: of a port, or of a LAN.
  package var stationCount = 0
  /// Of a port; see `PortContext.wholeLimit`.
  package var wholeLimit = UInt32.max
  package let counters: UnsafeMutableBufferPointer<umbel_counter>
  package let stations: UnsafeMutableBufferPointer<FDBRecord>
  package let remotes: UnsafeMutableBufferPointer<umbel_remote_info>
  package let completion: (ForwardingCommand) -> Void

  /// The most counters of its own that a transport can show.
  package static let counterCapacity = 64
  /// The most peers of a trunk that are shown.
  package static let remoteCapacity = 1_024
  /// Stations that one command lists, and slots of the FDB that it looks at: frames wait meanwhile.
  package static let stationCapacity = 1_024
  package static let stationSlots = 16_384

  package init(_ kind: Kind, completion: @escaping (ForwardingCommand) -> Void = { _ in }) {
    var counters = 0
    var stations = 0
    var remotes = 0
    switch unsafe kind {
    case .statistics: counters = Self.counterCapacity
    case .stations: stations = Self.stationCapacity
    case .remotes: remotes = Self.remoteCapacity
    default: break
    }
    unsafe self.kind = kind
    self.completion = completion
    unsafe self.counters = .allocate(capacity: counters)
    unsafe self.counters.initialize(repeating: umbel_counter())
    unsafe self.stations = .allocate(capacity: stations)
    unsafe self.remotes = .allocate(capacity: remotes)
    unsafe self.remotes.initialize(repeating: umbel_remote_info())
  }

  deinit {
    unsafe counters.deallocate()
    unsafe stations.deallocate()
    unsafe remotes.deallocate()
  }
}
