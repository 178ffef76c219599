import Switching
import TransportHost

/// What becomes of frames to 01:80:C2:00:00:00 to 0F (IEEE 802.1Q table 8-1), which a bridge would keep to itself.
package enum ControlProtocols: String, Hashable, Sendable, CaseIterable {
  /// They are forwarded like others: guests run LACP, LLDP and STP among themselves.
  case pass
  case drop
}

/// One LAN of a configuration.
package struct LanConfiguration: Hashable, Sendable {
  /// `[A-Za-z0-9][A-Za-z0-9._-]{0,31}`: it becomes a component of paths.
  package let name: String
  /// Where its doors are open.
  package let doors: [DoorConfiguration]
  package let ports: [PortConfiguration]
  /// The most stations the FDB holds.
  package internal(set) var fdbEntries: Int
  /// After this time without a frame a station is forgotten.
  package let ageingSeconds: Int
  /// The most stations learned on one guest port.
  package let guestStations: Int
  /// The most bytes queued for one port.
  package let queueBytes: Int
  package let controlProtocols: ControlProtocols
  /// Of its guest ports.
  package let guestDefaults: GuestDefaults
  /// Those of the file; one that was removed by hand is not among them any more.
  package internal(set) var mirrors: [MirrorConfiguration]
  /// Bytes of the ring that holds its last frames, the flight recorder; nil: there is none.
  package let recordBytes: Int?
  /// Bytes of each frame that are kept there.
  package let recordSnaplen: Int
  /// The index of the forwarding thread that has to run it; nil: any.
  package let thread: Int?
  package let location: SourceLocation

  /// All but the place: a LAN that only moved in its file has not changed.
  package static func == (one: LanConfiguration, other: LanConfiguration) -> Bool {
    one.name == other.name && one.doors == other.doors && one.ports == other.ports && one.hasOptions(of: other)
      && one.thread == other.thread
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(name) }

  /// Whether all is the same but for doors, ports and thread.
  func hasOptions(of other: LanConfiguration) -> Bool {
    settings == other.settings && controlProtocols == other.controlProtocols && guestDefaults == other.guestDefaults
      && mirrors == other.mirrors && recordBytes == other.recordBytes
  }

  private var settings: [Int] { [fdbEntries, ageingSeconds, guestStations, queueBytes, recordSnaplen] }
}

extension LanConfiguration {
  /// The keys of a LAN besides `doors`, `ports` and `mirror`.
  static let options =
    [
      OptionDescription(
        name: "fdb-entries", help: "The most stations that are learned.", defaultText: "65536", minimum: 1_024,
        maximum: 1_048_576, kind: .integer),
      OptionDescription(
        name: "ageing", help: "A station is forgotten after this time without a frame.", defaultText: "300s",
        minimum: 10_000_000_000, maximum: 86_400_000_000_000, kind: .duration),
      OptionDescription(
        name: "guest-stations", help: "The most stations that are learned on one guest port.", defaultText: "1024",
        minimum: 1, maximum: 1_048_576, kind: .integer),
      OptionDescription(
        name: "queue", help: "The most bytes queued for one port.", defaultText: "1M", minimum: 128 << 10,
        maximum: 256 << 20, kind: .size),
      OptionDescription(
        name: "control-protocols", help: "Frames to 01:80:C2:00:00:00 to 0F.", defaultText: "pass",
        choices: ControlProtocols.allCases.map(\.rawValue), kind: .choice),
      OptionDescription(
        name: "record-snaplen", help: "Bytes of each frame that the flight recorder keeps.", defaultText: "128",
        minimum: 64, maximum: 9_216, kind: .integer),
      threadOption, recordOption,
    ] + guestOptions

  /// A batch of frames takes up to 40 KiB of the ring at once, of which nothing is to be read until they are written.
  static let recordOption = OptionDescription(
    name: "record", help: "Bytes of memory that hold the LAN's last frames: the flight recorder.", minimum: 512 << 10,
    maximum: 1 << 30, kind: .size)

  static let threadOption = OptionDescription(
    name: "thread", help: "The forwarding thread that runs it, from 0 on.", minimum: 0, maximum: 63, kind: .integer)

  /// Those that give the defaults of the LAN's guest ports.
  private static let guestOptions = {
    let defaults = GuestDefaults().settings(of: .guest)
    let storms = [PortOption.stormBroadcast, .stormMulticast, .stormUnknown]
    return storms.map { $0.description(default: defaults.text(of: $0)) } + [
      PortOption.loopGuard.description(default: nil)
    ]
  }()

  /// The defaults of guest ports in values of `options`.
  static func guestDefaults(_ values: [OptionValue]) -> GuestDefaults {
    var defaults = GuestDefaults()
    let first = options.count - guestOptions.count
    for value in values where value.option >= first {
      let rate = UInt32(clamping: value.integer)
      switch value.option - first {
      case 0: defaults.storm.broadcast = rate
      case 1: defaults.storm.multicast = rate
      case 2: defaults.storm.unknown = rate
      default: defaults.loopGuard = rate != 0
      }
    }
    return defaults
  }

  private static func value(of option: OptionDescription, in values: [OptionValue]) -> Int? {
    values.first { options[$0.option].name == option.name }.map { Int($0.integer) }
  }

  /// - Parameter values: of `options`; those before `thread` have a default.
  init(
    name: String, doors: [DoorConfiguration], ports: [PortConfiguration], values: [OptionValue],
    mirrors: [MirrorConfiguration] = [], location: SourceLocation
  ) {
    self.name = name
    self.doors = doors
    self.ports = ports
    fdbEntries = Int(values[0].integer)
    ageingSeconds = Int(values[1].integer / 1_000_000_000)
    guestStations = Int(values[2].integer)
    queueBytes = Int(values[3].integer)
    controlProtocols = ControlProtocols.allCases[Int(values[4].integer)]
    guestDefaults = Self.guestDefaults(values)
    recordSnaplen = Int(values[5].integer)
    self.mirrors = mirrors
    thread = Self.value(of: Self.threadOption, in: values)
    recordBytes = Self.value(of: Self.recordOption, in: values)
    self.location = location
  }
}
