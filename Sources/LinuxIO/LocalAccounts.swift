/// Users and groups of this host's own files. Directory services are not asked: they may take as long as they like.
package enum LocalAccounts {
  /// The number of a user, given as a number or as a name of /etc/passwd.
  package static func user(_ text: String) -> UInt32? { number(text, in: "/etc/passwd") }

  /// The number of a group, given as a number or as a name of /etc/group.
  package static func group(_ text: String) -> UInt32? { number(text, in: "/etc/group") }

  /// A user's name in /etc/passwd.
  package static func name(ofUser number: UInt32) -> String? { name(number, in: "/etc/passwd") }

  /// A group's name in /etc/group.
  package static func name(ofGroup number: UInt32) -> String? { name(number, in: "/etc/group") }

  /// The groups of which a user is a member by /etc/group.
  package static func groups(ofUser number: UInt32) -> [UInt32] {
    guard let name = name(ofUser: number) else { return [] }
    return groups(of: name, in: TextFile.read("/etc/group") ?? "")
  }

  /// group(5): the fourth field has the names of the members, with commas between.
  static func groups(of user: String, in table: String) -> [UInt32] {
    table.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      guard fields.count > 3, fields[3].split(separator: ",").contains(Substring(user)) else { return nil }
      return UInt32(fields[2])
    }
  }

  // passwd(5), group(5): the name is the first field, the number the third.
  private static func number(_ text: String, in path: String) -> UInt32? {
    // The last number is nobody's: chown(2) takes it for "leave it".
    if let number = UInt32(text) { return number == .max ? nil : number }
    return entries(of: path).first { $0.name == text }?.number
  }

  private static func name(_ number: UInt32, in path: String) -> String? {
    entries(of: path).first { $0.number == number }?.name
  }

  private static func entries(of path: String) -> [(name: String, number: UInt32)] {
    (TextFile.read(path) ?? "").split(separator: "\n").compactMap { line in
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      guard fields.count > 2, let number = UInt32(fields[2]) else { return nil }
      return (String(fields[0]), number)
    }
  }
}
