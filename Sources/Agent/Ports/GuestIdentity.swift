import LinuxIO

/// Who is behind a guest port, as the kernel says.
struct GuestIdentity: Equatable, Sendable {
  enum Peer: Equatable, Sendable {
    /// A process of this host; its number is 0 when it is not known.
    case local(userId: UInt32, groupId: UInt32, processId: Int32)
    /// Somebody at a TCP address, `192.0.2.1:40312`, and nothing more is known.
    case internet(String)
  }

  let peer: Peer
  /// Name of the door it came by; nil: a descriptor that was handed out.
  let door: String?

  init(_ peer: Peer, door: String?) {
    self.peer = peer
    self.door = door
  }

  init(_ peer: PeerCredentials, door: String?) {
    self.init(.local(userId: peer.userId, groupId: peer.groupId, processId: peer.processId), door: door)
  }

  /// `user 1000, process 4711`, or the address.
  var who: String {
    switch peer {
    case .local(let userId, _, let processId): "user \(userId), process \(processId)"
    case .internet(let address): "from \(address)"
    }
  }

  /// As a journal field: the number of the process, or the address.
  var field: String {
    switch peer {
    case .local(_, _, let processId): "\(processId)"
    case .internet(let address): address
    }
  }
}
