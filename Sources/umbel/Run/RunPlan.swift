package import AgentAPI
import PortWords

// What `umbel run` is going to do, without doing any of it: which sockets the command gets, as ports of which LANs,
// which TAPs are made, and what is said. A word `ethN=…` of the HOWTO's becomes `vecN:transport=fd,…` on a socket of its
// own; the rest of the words have `{fd}` filled in.

/// A command that is ready to be given its sockets.
package struct RunPlan: Equatable {
  /// What a user asked for.
  package struct Request {
    package var command: [String]
    package var lan: String
    /// Of `{fd}`.
    package var kind: AttachKind
    /// Words `ethN=…` stay.
    package var isNative: Bool
    /// The descriptor's number is known to the command: it gets a socket even if no word has a place for it.
    package var hasNumber: Bool

    package init(
      command: [String], lan: String, kind: AttachKind = .seqpacket, isNative: Bool = false, hasNumber: Bool = false
    ) {
      self.command = command
      self.lan = lan
      self.kind = kind
      self.isNative = isNative
      self.hasNumber = hasNumber
    }
  }

  package private(set) var template = CommandTemplate()
  /// TAPs that words ask for and no LAN has.
  package private(set) var taps: [AddPort.Parameters] = []
  /// For standard error.
  package private(set) var notes: [String] = []

  /// Plans.
  /// - Parameter known: asked for only where a word of the HOWTO's is to be matched.
  /// - Throws: a word that is wrong, or that names what no LAN has.
  package init(_ request: Request, known: () throws -> KnownLANs) throws {
    let line: KernelCommand
    do {
      line = try KernelCommand(request.command)
    } catch {
      throw Failure(.usage, "\(error)")
    }
    let lans = line.nics.isEmpty ? nil : try known()
    for (index, word) in line.words.enumerated() {
      let nic = line.nics.first { $0.index == index }
      let match = try nic.flatMap { nic in try lans?.match(nic, named: request.lan, isNative: request.isNative) }
      if let nic, let match { note(nic, match) }
      if let nic, let match, !request.isNative {
        let (head, tail) = nic.vectorWord(mac: line.mac(of: nic))
        template.append(head, .init(kind: .seqpacket, lan: match.lan), tail)
        addTap(nic, match.lan, line, lans)
      } else {
        let socket = CommandTemplate.Socket(kind: request.kind, lan: request.lan)
        try template.append(request.isNative ? word : line.renamed(index), socket)
      }
    }
    let left = request.command.filter { KernelCommand.namesNICs([$0]) }
    if line.nics.isEmpty, template.sockets.isEmpty, !request.hasNumber, !left.isEmpty {
      throw Failure(
        .usage,
        "\(left.joined(separator: " ")) joins no LAN: it carries no Ethernet to one. "
          + "Write \(left[0].prefix { $0 != "=" })=mcast.")
    }
    if request.hasNumber, template.sockets.isEmpty { template.append(.init(kind: request.kind, lan: request.lan)) }
    if !request.isNative, !line.nics.isEmpty { notes.insert(Self.renaming(line.nics), at: 0) }
  }

  private mutating func note(_ nic: KernelNIC, _ match: KnownLANs.Match) {
    if let by = match.by { notes.append("\(nic.text) joins LAN \(match.lan), which has \(by).") }
    notes += match.notes
    notes += nic.word.replacementNotes.map { "\(nic.text): \($0.text)." }
  }

  private static func renaming(_ nics: [KernelNIC]) -> String {
    let pairs = nics.map { "\($0.name) is \($0.vectorName)" }.joined(separator: " and ")
    return "Inside the guest \(pairs): settings there that name \(nics[0].name) must name \(nics[0].vectorName). "
      + "With --native the words stay as they are, which takes a kernel up to Linux 6.15."
  }

  /// Adds the TAP that a word asks for on the host, if it asks for one and no LAN has it. With the host's address and the
  /// guest's both known, it gets what uml_net gave: a route to the guest, which the host answers for.
  private mutating func addTap(_ nic: KernelNIC, _ lan: String, _ line: KernelCommand, _ lans: KnownLANs?) {
    guard case .tap(let device, let host) = nic.word.meaning else { return }
    if let device, lans?.hasTap(device) == true { return }
    var options = Dictionary(nic.word.options.map { ($0.name, [$0.text]) }, uniquingKeysWith: { $1 })
    if host != nil, host?.prefixLength == nil, let guest = line.address(of: nic) {
      options["route-guest"] = ["\(guest)"]
    } else if let lone = nic.word.loneHostNote {
      notes.append("\(nic.text): \(lone.text), which ip= on the command line does.")
    }
    taps.append(
      AddPort.Parameters(lan: lan, transport: "tap", options: options.isEmpty ? nil : options, endWithCaller: true))
  }
}
