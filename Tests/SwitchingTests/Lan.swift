import Ethernet
import Testing

@testable import Switching

/// Seconds that the tests begin at: so that the clock's 16 and 32 bits come round while they run.
let start: UInt32 = .max - 5_000

/// An address of a station; the number tells it from others.
func station(_ number: Int) -> MACAddress { MACAddress(truncating: 0x5254_0000_0000 + UInt64(number)) }

/// A switch with its storage, and frames for it.
@safe final class Lan {
  let lan: UnsafeMutablePointer<Switch>
  private let storage: UnsafeMutableRawBufferPointer
  private let frame: UnsafeMutableRawPointer

  init(
    _ configuration: SwitchConfiguration = SwitchConfiguration(),
    seed: (UInt64, UInt64) = (0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210)
  ) {
    unsafe storage = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Switch.storageBytes(for: configuration), alignment: 64)
    unsafe storage.initializeMemory(as: UInt8.self, repeating: 0)
    unsafe lan = .allocate(capacity: 1)
    unsafe lan.initialize(to: Switch(configuration, seed: seed, storage: storage))
    unsafe frame = .allocate(byteCount: 64, alignment: 64)
  }

  deinit {
    unsafe frame.deallocate()
    unsafe lan.deinitialize(count: 1)
    unsafe lan.deallocate()
    unsafe storage.deallocate()
  }

  /// Adds a port and sets it up.
  func add(_ role: PortRole, learnLimit: UInt32? = nil, storm: StormLimits = StormLimits()) throws -> PortIndex {
    let port = try #require(unsafe lan.pointee.addPort(role: role, learnLimit: learnLimit, storm: storm))
    unsafe lan.pointee.setUp(port, true)
    return port
  }

  func remove(_ port: PortIndex) { unsafe lan.pointee.removePort(port) }
  func setUp(_ port: PortIndex, _ isUp: Bool) { unsafe lan.pointee.setUp(port, isUp) }
  func flush(_ port: PortIndex) { unsafe lan.pointee.flush(port) }

  @discardableResult func send(
    from port: PortIndex, _ source: MACAddress, to destination: MACAddress = .broadcast, vlan: UInt16 = 0,
    type: UInt16 = 0x0800, length: Int = 60, segmentLength: Int? = nil, remote: Remote = .everyone,
    at now: UInt32 = start
  ) -> Verdict {
    unsafe frame.setBigEndian(destination.rawValue << 16, at: 0)
    unsafe frame.setBigEndian(source.rawValue << 16, at: 6)
    if vlan == 0 {
      unsafe frame.setBigEndian(type, at: 12)
    } else {
      unsafe frame.setBigEndian(0x8100_0000 | UInt32(vlan), at: 12)
      unsafe frame.setBigEndian(type, at: 16)
    }
    return unsafe lan.pointee.forward(
      frame, length: length, segmentLength: segmentLength ?? length, from: port, remote: remote, now: now)
  }

  func floodTargets(from port: PortIndex) -> [PortIndex] {
    var targets = unsafe lan.pointee.floodTargets(from: port)
    var ports: [PortIndex] = []
    while let port = targets.next() { ports.append(port) }
    return ports
  }

  func change(to configuration: SwitchConfiguration) { unsafe lan.pointee.change(to: configuration) }
  func statistics(_ port: PortIndex) -> PortStatistics { unsafe lan.pointee.counters(of: port).snapshot() }
  var entryCount: Int { unsafe lan.pointee.entryCount }
  func entryCount(of port: PortIndex) -> Int { unsafe lan.pointee.entryCount(of: port) }
  var slotCount: Int { unsafe lan.pointee.fdb.slotCount }
  func takeStorm(_ port: PortIndex) -> DropReason? { unsafe lan.pointee.takeStorm(port) }
  func takeFlapEvent() -> FlapEvent? { unsafe lan.pointee.takeFlapEvent() }

  /// Sweeps; without a budget the whole FDB.
  func sweep(budget: Int? = nil, at now: UInt32) { unsafe lan.pointee.sweep(now: now, budget: budget ?? slotCount) }
  func forget(_ remote: Remote, of port: PortIndex, at now: UInt32 = start) {
    unsafe lan.pointee.forget(remote, of: port, now: now)
  }

  /// Lists all stations, with a buffer of that many records for each call.
  func dump(at now: UInt32, chunk: Int = 64, slotBudget: Int = .max) -> [FDBRecord] {
    unsafe withUnsafeTemporaryAllocation(of: FDBRecord.self, capacity: chunk) { buffer in
      var records: [FDBRecord] = []
      var cursor: Int? = 0
      while let from = cursor {
        let (written, next) = unsafe lan.pointee.dump(from: from, into: buffer, slotBudget: slotBudget, now: now)
        for index in 0..<written { unsafe records.append(buffer[index]) }
        cursor = next
      }
      return records
    }
  }

  /// Where a station is, if it is known.
  func find(_ address: MACAddress, vlan: UInt16 = 0, at now: UInt32 = start) -> FDBRecord? {
    dump(at: now).first { $0.address == address && $0.vlan == vlan }
  }
}
