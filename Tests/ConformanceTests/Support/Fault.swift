import AgentAPI
import Testing

/// What becomes of a port whose transport has a fault, after three frames have come in by it and three were to go out.
struct Outcome {
  var state: PortState = .up
  /// Part of the port's text.
  var text = ""
  /// The port gets there without any frame; how soon, depends on the machine.
  var isByItself = false
  /// The frames that come in reach the other station.
  var receives = true
  /// The frames that should go out reach the station of this port.
  var sends = true
  /// Drops at the port, and at the port that its frames should leave by.
  var drops: [String: Int] = [:]
  var dropsElsewhere: [String: Int] = [:]
  /// Part of the one record that says which rule was broken; nil: there is none.
  var report: String?
}

/// A rule that the transport `bad` breaks; see Tests/Fixtures/Plugins/bad.h.
struct Fault: Sendable, CustomTestStringConvertible {
  let name: String
  let outcome: Outcome
  var testDescription: String { name }

  init(_ name: String, _ outcome: Outcome = Outcome()) {
    self.name = name
    self.outcome = outcome
  }
}

extension Fault {
  /// Faults of a port that opens.
  static let ofPorts = states + descriptors + receiving + frames + sending + others

  private static let states = [
    Fault("none"),
    Fault(
      "start-fails",
      Outcome(
        state: .failed, text: "the forwarding thread cannot take it: Input/output error", receives: false, sends: false)
    ),
    Fault("prepare-for-ever", Outcome.down(.waiting, "nothing helps")),
    Fault("prepare-silent", Outcome.down(.waiting, "nothing helps")),
    Fault("state-invalid", Outcome.down(.opening)),
    Fault("state-null", Outcome.down(.opening)),
    Fault("state-small", Outcome.down(.opening)),
    Fault("state-long-text", Outcome(text: "xxxx")),
    Fault("state-not-utf8"),
    Fault("state-limits-small", Outcome(sends: false, drops: ["too-large-for-port": 3])),
    Fault("state-limits-large"),
    Fault("state-rises", Outcome(state: .failed, text: "Input/output error", receives: false, sends: false)),
    Fault("log-storm"),
    Fault("log-null"),
    Fault("log-long-text"),
    Fault("condition-null"),
    Fault("condition-small"),
    Fault("condition-unknown"),
    Fault("condition-storm"),
  ]

  private static let descriptors = [
    Fault("descriptors-closed", Outcome(report: "it names a descriptor that cannot be polled")),
    Fault("descriptors-negative", Outcome(report: "it names a descriptor that cannot be polled")),
    Fault("descriptors-file", Outcome(report: "it names a descriptor that cannot be polled")),
    Fault("descriptors-twice", Outcome(report: "it names a descriptor that cannot be polled")),
    Fault(
      "descriptors-hung-up",
      Outcome(
        state: .failed, text: "its descriptor has hung up and the plugin does nothing about it", isByItself: true,
        receives: false, sends: false)),
    Fault("descriptors-many", Outcome(report: "it has more than 64 descriptors; the first 64 are polled")),
    Fault("descriptors-error", Outcome(receives: false, report: "it cannot say what its descriptors are")),
    Fault("descriptors-bad-kind"),
    Fault("descriptors-bad-events", Outcome(report: "its descriptor is always ready and brings nothing")),
    Fault("descriptors-changed", Outcome(report: "descriptors calls descriptors_changed")),
    Fault("deadline-past"),
  ]

  private static let receiving = [
    Fault(
      "receive-too-many",
      Outcome(
        state: .failed, text: "the plugin returned more frames than it was asked for", receives: false, sends: false)),
    Fault("receive-more-empty", Outcome(receives: false, report: "more frames are at hand and returns none")),
    Fault(
      "receive-never-drains", Outcome(receives: false, report: "its descriptor is always ready and brings nothing")),
    Fault("receive-error", Outcome(state: .failed, text: "Input/output error", receives: false, sends: false)),
    Fault("receive-large-error", Outcome(state: .failed, text: "receiving failed", receives: false, sends: false)),
    Fault("receive-foreign-port", Outcome(receives: false, report: "names a port that is not on this endpoint")),
  ]

  private static let frames = [
    Fault("receive-no-pieces", .malformed), Fault("receive-null-pieces", .malformed),
    Fault("receive-null-data", .malformed), Fault("receive-length-long", .malformed),
    Fault("receive-length-short", .malformed), Fault("receive-piece-overflow", .malformed),
    Fault("receive-short-first", .malformed), Fault("receive-many-pieces", .malformed),
    Fault("receive-huge", .malformed),
    Fault("receive-empty", Outcome(receives: false, drops: ["runt": 3])),
    Fault("receive-runt", Outcome(receives: false, drops: ["runt": 3])),
    Fault("receive-bad-gso", .notOffloadable), Fault("receive-gso-zero", .notOffloadable),
    Fault("receive-bad-checksum", .notOffloadable),
    Fault("receive-wild-remote"),
  ]

  private static let sending = [
    Fault(
      "send-too-many",
      Outcome(state: .failed, text: "the plugin took more frames than it was given", sends: false)),
    Fault("send-nothing", Outcome(sends: false)), Fault("send-again", Outcome(sends: false)),
    Fault("send-error", Outcome(sends: false, drops: ["send-failed": 3])),
    Fault("send-large-error", Outcome(sends: false, drops: ["send-failed": 3])),
  ]

  private static let others = [
    Fault("statistics-many"), Fault("statistics-null-name"), Fault("statistics-error"),
    Fault("bogus-remotes"), Fault("bogus-handles"),
  ]

  /// Faults of `check` and `open`, and what is shown.
  static let ofOpening = [
    ("check-silent", "the transport gives no reason (Invalid argument)"),
    ("open-silent", "the transport gives no reason (Input/output error)"),
    ("open-unterminated", String(repeating: "x", count: 239)),
    ("open-unknown-option", "wrong"),
    ("open-positive", "the transport says that it opened the port and names none"),
    ("open-nothing", "the transport says that it opened the port and names none"),
  ]

  /// Acts when the port has ended.
  static let late = ["late-remote-gone", "late-state-changed", "late-descriptors-changed", "late-log"]

  /// Those that have a test of their own, or are none.
  static let special = [
    "state-storm", "receive-more-frames", "receive-sleeps", "follow", "resolve", "deadline-by-ready",
    "deadline-by-send", "hand-over-many", "hand-over-long", "hand-over-closed", "hand-over-error",
  ]
}

extension Outcome {
  /// The transport described its frames wrongly.
  fileprivate static let malformed = Outcome(
    receives: false, drops: ["malformed": 3], report: "a received frame's pieces do not make up its length")

  /// What is left to be done to its frames cannot be done.
  fileprivate static let notOffloadable = Outcome(receives: false, dropsElsewhere: ["unsupported-offload": 3])

  fileprivate static func down(_ state: PortState, _ text: String = "") -> Outcome {
    Outcome(state: state, text: text, receives: false, sends: false)
  }
}
