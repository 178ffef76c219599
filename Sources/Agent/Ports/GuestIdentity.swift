/// Who is behind a guest port, as the kernel says.
struct GuestIdentity: Equatable, Sendable {
  let userId: UInt32
  let groupId: UInt32
  /// 0: not known.
  let processId: Int32
  /// Name of the door it came by; nil: a descriptor that was handed out.
  let door: String?
}
