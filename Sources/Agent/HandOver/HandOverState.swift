// What one agent process leaves to the next: written to a memory file (memfd_create(2)), which is kept with the
// descriptors that it names, by the service manager or over the control socket.
//
//   word 0   "UMBLSTAT"       word 3   bytes of the description
//   word 1   format           word 4   stations
//   word 2   attempts: how many processes, one after the other, have taken this over and did not live for a second after
//            READY=1; one that was restarted in good order begins anew
//   then the description, JSON, padded to a whole word; then three words for each station:
//            VLAN id << 48 | MAC address,  index of the LAN << 32 | index of the port,  age in seconds
//
// Words are 64 bits in host byte order: the file never leaves the host. A process that does not know the format starts
// clean; fields of the description are only added, as optional ones, within a format.

import AgentAPI
import FoundationEssentials

/// What one agent process leaves to the next.
struct HandOverState: Codable, Equatable {
  /// Of the agent that wrote it.
  var version = agentVersion
  var listeners: [Listener] = []
  var lans: [LAN] = []

  /// A listening socket.
  struct Listener: Codable, Equatable {
    /// Its path, or TCP address with port.
    var place: String
    /// Of the descriptor.
    var name: String
    /// Of the file at a path: whether it is still there.
    var device: UInt64 = 0
    var inode: UInt64 = 0
  }

  struct LAN: Codable, Equatable {
    var name: String
    /// How it was asked for; nil: by the configuration.
    var request: AddLan.Parameters?
    /// The last number given to a port of each kind that was given no name.
    var guestNumbers: [String: Int] = [:]
    var ports: [Port] = []
    /// Those that were asked for at the control interface.
    var mirrors: [AddMirror.Parameters]?
  }

  struct Port: Codable, Equatable {
    var name: String
    var transport: String
    var isTrunk: Bool
    var origin: PortOrigin
    /// As AddPort takes them, the agent's own included.
    var options: [String: [String]]
    /// Of a guest that came by a door or was handed a descriptor.
    var guest: Guest?
    /// What its transport has said; nil: it is opened anew.
    var heritage: KeptHeritage?
    /// Name of the descriptor of the process with which it ends.
    var caller: String?
    /// See `PortCounters.values`.
    var counters: [UInt64] = []
  }

  struct Guest: Codable, Equatable {
    var userId: UInt32 = 0
    var groupId: UInt32 = 0
    var processId: Int32 = 0
    /// Of a guest over TCP, of whom nothing else is known.
    var address: String?
    var door: String?
    /// `SOCK_STREAM`, `SOCK_DGRAM` or `SOCK_SEQPACKET`.
    var socketType: Int32
  }

  struct KeptHeritage: Codable, Equatable {
    var isQuiet: Bool
    var kept: [Kept]
    var state: Data

    init(isQuiet: Bool, kept: [Kept], state: [UInt8]) {
      self.isQuiet = isQuiet
      self.kept = kept
      self.state = Data(state)
    }
  }

  struct Kept: Codable, Equatable {
    var kind: UInt32
    /// Of the descriptor.
    var name: String
  }

  /// A station, by the places of its LAN and its port in the lists above.
  struct Station: Equatable {
    var vlan: UInt16
    var macAddress: UInt64
    var lan: Int
    var port: Int
    var ageSeconds: UInt32
  }
}

/// How a port came to be.
enum PortOrigin: String, Codable {
  /// The configuration names it.
  case configuration
  /// Somebody asked for it at the control interface.
  case request
  /// A guest has come by a door, or was handed a descriptor.
  case guest
  /// A datagram door's own, which goes with the door.
  case door
}

/// Why a state is not taken over.
enum HandOverProblem: Error, Equatable, CustomStringConvertible {
  case format(UInt64)
  case broken
  /// So many processes have tried.
  case tried(UInt64)

  var description: String {
    switch self {
    case .format(let number): "it is of format \(number), which this version of the agent does not know"
    case .broken: "it is not complete"
    case .tried(let times): "\(times) processes have tried in vain"
    }
  }
}

extension HandOverState {
  static let magic = UInt64(0x5441_5453_4c42_4d55)
  static let format: UInt64 = 1
  static let headerWords = 5
  /// Place of the count of attempts, in bytes.
  static let attemptsOffset = 16
  /// After so many failed attempts a state is dropped.
  static let mostAttempts: UInt64 = 2

  /// The file's bytes.
  func encoded(_ stations: [Station] = [], attempts: UInt64 = 0) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    // All of it is texts, numbers and lists of them, which JSON can hold.
    guard let json = try? encoder.encode(self) else { fatalError("a state that is no JSON") }
    let padding = (8 - json.count % 8) % 8
    var bytes = Self.bytes(of: [Self.magic, Self.format, attempts, UInt64(json.count), UInt64(stations.count)])
    bytes.reserveCapacity(bytes.count + json.count + padding + stations.count * 24)
    bytes += json
    bytes += [UInt8](repeating: 0, count: padding)
    let words = stations.flatMap { station in
      [
        UInt64(station.vlan) << 48 | station.macAddress, UInt64(station.lan) << 32 | UInt64(station.port),
        UInt64(station.ageSeconds),
      ]
    }
    return bytes + Self.bytes(of: words)
  }

  /// Reads a file's bytes.
  static func decode(_ bytes: [UInt8]) throws(HandOverProblem) -> (state: HandOverState, stations: [Station]) {
    guard bytes.count >= headerWords * 8, word(0, of: bytes) == magic else { throw .broken }
    guard word(1, of: bytes) == format else { throw .format(word(1, of: bytes)) }
    guard word(2, of: bytes) < mostAttempts else { throw .tried(word(2, of: bytes)) }
    let start = headerWords * 8
    guard let length = Int(exactly: word(3, of: bytes)), let count = Int(exactly: word(4, of: bytes)),
      length <= bytes.count - start, count <= bytes.count / 24
    else { throw .broken }
    let first = headerWords + (length + 7) / 8
    guard bytes.count >= (first + count * 3) * 8 else { throw .broken }
    guard let state = try? JSONDecoder().decode(HandOverState.self, from: Data(bytes[start..<(start + length)])) else {
      throw .broken
    }
    let stations = (0..<count).map { index in
      let key = word(first + index * 3, of: bytes)
      let place = word(first + index * 3 + 1, of: bytes)
      return Station(
        vlan: UInt16(truncatingIfNeeded: key >> 48), macAddress: key & 0xffff_ffff_ffff, lan: Int(place >> 32),
        port: Int(place & 0xffff_ffff),
        ageSeconds: UInt32(truncatingIfNeeded: word(first + index * 3 + 2, of: bytes)))
    }
    return (state, stations)
  }
}
