import Glibc

extension TransportDescription {
  /// What is wrong with the tables themselves: rules that every transport keeps, whoever wrote it. Empty: nothing.
  package var problems: [String] {
    ownProblems + optionProblems + doors.flatMap(problems(of:))
      + repeated(options.map(\.name)).map { "option \($0) stands twice in the table" }
      + repeated(doors.map(\.name)).map { "door \($0) stands twice in the table" }
  }

  private var ownProblems: [String] {
    var problems = [String]()
    if name.isEmpty || !name.utf8.allSatisfy(isNameByte) {
      problems.append("the transport's name is \(shown(name)); allowed are a to z, 0 to 9 and -")
    }
    if !isOneLine(summary) { problems.append("the summary must be one line") }
    if roles.isEmpty { problems.append("there is no role; name guest, trunk or both") }
    if !roles.contains(defaultRole) { problems.append("the default role \(defaultRole.word) is not among the roles") }
    return problems
  }

  private var optionProblems: [String] {
    options.flatMap { option in option.problems.map { "option \(shown(option.name)) \($0)" } }
  }

  private func problems(of door: DoorDescription) -> [String] {
    var problems = [String]()
    if !isName(door.name) { problems.append("has a name that does not match [a-z][a-z0-9-]*") }
    if !isOneLine(door.help) { problems.append("needs a help of one line") }
    let parts = door.path.split(separator: "/", omittingEmptySubsequences: false)
    if parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) {
      problems.append("has the path \(shown(door.path)); it must stay inside the LAN's directory")
    }
    let types = [SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM].map { Int32($0.rawValue) }
    if !types.contains(door.socketType) { problems.append("must be of SOCK_STREAM, SOCK_SEQPACKET or SOCK_DGRAM") }
    if door.takesInternet, door.socketType != types[0] {
      problems.append("takes internet clients, which only one of SOCK_STREAM can")
    }
    if door.hasOwnDirectory { problems += problemsOfDirectory(of: door) }
    return problems.map { "door \(shown(door.name)) \($0)" }
  }

  /// What is wrong with a directory that is said to be the door's alone.
  private func problemsOfDirectory(of door: DoorDescription) -> [String] {
    guard let own = door.directories.last else {
      return [
        "has a directory of its own, and the path \(shown(door.path)) names none; say \(shown(door.name + "/ctl"))"
      ]
    }
    return doors.filter { $0 != door && ($0.path + "/").hasPrefix(own + "/") }.map {
      "has a directory of its own, in which door \(shown($0.name)) is too"
    }
  }
}

extension OptionDescription {
  /// Keys of a port that are the agent's.
  package static let reservedNames = ["name", "transport", "role"]

  /// What is wrong with this entry, to be read after the option's name.
  fileprivate var problems: [String] {
    var problems = [String]()
    if !isName(name) { problems.append("has a name that does not match [a-z][a-z0-9-]*") }
    if Self.reservedNames.contains(name) { problems.append("has a name that belongs to the agent") }
    if !isOneLine(help) { problems.append("needs a help of one line") }
    if minimum > maximum { problems.append("has a minimum above its maximum") }
    if minimum < 0, kind == .duration || kind == .size { problems.append("has a minimum below 0") }
    if (kind == .choice) == choices.isEmpty {
      problems.append(kind == .choice ? "is a choice and has no choices" : "has choices and is no choice")
    }
    problems += repeated(choices).map { "has the choice \($0) twice" }
    if let defaultText {
      if isRequired { problems.append("is required and has a default; it can have one of them") }
      do { _ = try parse(defaultText) } catch { problems.append("has a default that \(error.message)") }
    }
    return problems
  }
}

private func isNameByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
  default: false
  }
}

/// `[a-z][a-z0-9-]*`
private func isName(_ text: String) -> Bool {
  guard let first = text.utf8.first else { return false }
  return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) && text.utf8.allSatisfy(isNameByte)
}

private func isOneLine(_ text: String) -> Bool {
  !text.isEmpty && !text.utf8.contains { $0 < 0x20 }
}

/// The words that occur more than once, each one time.
private func repeated(_ words: [String]) -> [String] {
  var counts = [String: Int]()
  for word in words { counts[word, default: 0] += 1 }
  return counts.filter { $0.value > 1 }.keys.sorted()
}
