extension PeerCredentials {
  /// The sender of a datagram, by SCM_CREDENTIALS of unix(7), which tells no supplementary groups: those are the ones that
  /// the process has now, by proc(5). None, if it is another user's by now. Where it cannot be seen, as where the service
  /// manager hides other users' processes (`ProtectProc=`), they are those that its user may have, by group(5).
  package init(sendersProcess process: Int32, user: UInt32, group: UInt32) {
    self.init(
      processId: process, userId: user, groupId: group,
      groups: process > 0 ? Self.groups(ofProcess: process, user: user) : [])
  }

  private static func groups(ofProcess process: Int32, user: UInt32) -> [UInt32] {
    guard let status = TextFile.read("/proc/\(process)/status") else { return LocalAccounts.groups(ofUser: user) }
    func numbers(_ field: String) -> [UInt32] {
      let line = status.split(separator: "\n").first { $0.hasPrefix(field) }
      return line?.dropFirst(field.count).split(whereSeparator: \.isWhitespace).compactMap { UInt32($0) } ?? []
    }
    // Real, effective, saved and file system user.
    return numbers("Uid:").contains(user) ? numbers("Groups:") : []
  }
}
