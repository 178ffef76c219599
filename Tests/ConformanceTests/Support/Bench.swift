import AgentAPI
import LinuxIO
import Testing

//      station          LAN "lab" of an agent          station
//      left   ── UDP ── port left | port right ── UDP ── right
//                        port bad, or another under test ── UDP ── guest

/// An agent with one LAN and two good ports, each with a station that the LAN knows.
final class Bench {
  let agent: AgentProcess
  let left: Station
  let right: Station
  private var serial = 0

  /// - Parameters:
  ///   - plugins: names of fixtures besides `minimal`.
  ///   - settings: more lines of YAML for the LAN, indented by four.
  ///   - head: lines of YAML before the LANs.
  ///   - environment: of the agent, `NAME=value`.
  init(plugins: [String] = [], settings: String = "", head: String = "", environment: [String] = []) throws {
    left = try Station(1)
    right = try Station(2)
    agent = try AgentProcess(
      plugins: ["minimal"] + plugins,
      configuration: """
        \(head)
        lans:
          lab:
            doors: []
            # Its probes would be counted among the frames.
            loop-guard: off
        \(settings)
            ports:
              - {name: left, transport: minimal, role: guest, \(left.yaml)}
              - {name: right, transport: minimal, role: guest, \(right.yaml)}
        """, environment: environment)
    for name in ["left", "right"] {
      let port = try agent.port(name) { $0.state == .up }
      try #require(port.state == .up, "\(agent.log)")
    }
    try introduce(left)
    try introduce(right)
    try left.drain()
    try right.drain()
  }

  /// Makes the LAN learn where a station is.
  private func introduce(_ station: Station) throws {
    try station.send(next(to: Frames.broadcast, from: station.address))
    let other = station === left ? right : left
    try #require(try other.receive() != nil, "no frame crosses:\n\(agent.log)")
  }

  /// A frame unlike those before.
  func next(to destination: MACAddressBytes, from source: MACAddressBytes, length: Int = 100) -> [UInt8] {
    serial += 1
    return Frames.frame(to: destination, from: source, length: length, serial: serial)
  }

  /// Sends frames from one station to another, one after the other.
  /// - Returns: how many arrived, byte for byte, and in order.
  func carry(_ count: Int, from: Station, to: Station, lengths: [Int] = [60, 100, 1_514]) throws -> Int {
    try to.drain()
    for index in 0..<count {
      let frame = next(to: to.address, from: from.address, length: lengths[index % lengths.count])
      try from.send(frame)
      guard try to.receiveOwn() == frame else { return index }
    }
    return count
  }

  /// The good ports go on: frames cross both ways.
  func goodPortsCarry(sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(try carry(20, from: left, to: right) == 20, "left to right", sourceLocation: sourceLocation)
    #expect(try carry(20, from: right, to: left) == 20, "right to left", sourceLocation: sourceLocation)
  }
}
