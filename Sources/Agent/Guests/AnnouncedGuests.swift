// Guests that announce themselves: `mconsole=notify:<runtime>/notify` on the command line of User Mode Linux.
//
// A guest sends one datagram when its console listens, and one for a panic, a hang, and each line that a user of the guest
// writes to /proc/mconsole. Who may send is decided by the socket's mode, as at the doors; which process has sent is said
// by the kernel. A guest is its process: a second announcement of one process replaces the first, and what a process says
// that has not announced itself, such as one that booted before the agent, goes to the journal with its number.
//
//   unknown -- SOCKET --> known -- pidfd readable --> forgotten
//
// Bounds: `Limits` of guests; 64 messages a turn of the loop; records by `RecordLimiter`: one for each guest, one for
// processes that are none, one over all. What is malformed or over a limit is counted.

import Glibc
import LinuxIO
import ManagementConsole
import SystemdSupport

/// The guests that have announced themselves, and the socket where they do. Used by the control thread only.
final class AnnouncedGuests {
  /// How many guests are known at one time.
  struct Limits {
    var guests = 1_024
    /// Of one user other than root.
    var guestsPerUser = 256
  }

  /// What was sent and not taken.
  struct Faults: Equatable {
    /// Messages that are none of the protocol, or of nobody that can be seen.
    var malformed = 0
    /// Announcements over a limit.
    var overLimit = 0
  }

  /// Writes a record to the journal.
  typealias Log = (JournalPriority, String, MessageID?, [JournalField: String]) -> Void

  private(set) var faults = Faults()
  /// In no order.
  var known: [AnnouncedGuest] { Array(guests.values) }

  private let loop: ControlLoop
  private let limits: Limits
  private let log: Log
  private var socket: Box<Descriptor>?
  private var path = ""
  private var guests: [Int32: AnnouncedGuest] = [:]
  /// Of the records about processes that are no known guests.
  private var limiter = RecordLimiter()
  /// Of all records: who is turned away by one limit may come again as another process.
  private var totalLimiter = RecordLimiter(burst: 200)
  private var buffer = [UInt8](repeating: 0, count: GuestNotification.mostBytes + 1)

  init(loop: ControlLoop, limits: Limits = Limits(), log: @escaping Log) {
    self.loop = loop
    self.limits = limits
    self.log = log
  }

  deinit { stop() }

  /// Makes the socket, mode 0660, and takes what is sent there.
  /// - Parameters:
  ///   - group: who owns the file; nil leaves the process's group.
  ///   - former: the socket, if it is there already.
  /// - Returns: its number.
  @discardableResult
  func listen(at path: String, group: UInt32?, former: Box<Descriptor>? = nil) throws(AgentFailure) -> Int32 {
    do throws(Errno) {
      let listener: Box<Descriptor>
      if let former {
        listener = former
      } else {
        listener = Box(
          try UnixSocket.listen(at: path, kind: .datagram, mode: 0o660, group: group, wantsCredentials: true))
      }
      let number = listener.value.number
      socket = listener
      self.path = path
      try loop.watch(number) { [unowned self] _ in self.receive() }
      return number
    } catch {
      throw AgentFailure("\(path) cannot be made: \(error). Name another directory with --runtime-dir.")
    }
  }

  /// Forgets all guests and removes the socket.
  func stop() {
    for guest in guests.values { loop.unwatch(guest.process.value.number) }
    guests = [:]
    guard let socket else { return }
    loop.unwatch(socket.value.number)
    unsafe unlink(path)
    self.socket = nil
  }

  private func receive() {
    guard let socket else { return }
    for _ in 0..<64 {
      do throws(Errno) {
        guard let received = try UnixSocket.receiveWithSender(from: socket.value, into: &buffer) else { return }
        take(buffer.prefix(received.length), received.sender)
      } catch {
        // What is wrong with one message does not keep others from coming.
        faults.malformed += 1
      }
    }
  }

  /// Takes one message; one that is longer than the buffer is none.
  func take(_ bytes: ArraySlice<UInt8>, _ sender: PeerCredentials?) {
    // 0: of a PID namespace that cannot be seen from here: nobody who could be watched.
    guard let sender, sender.processId > 0, let notification = GuestNotification(bytes) else {
      faults.malformed += 1
      return record(
        .warning, "\(path) got \(bytes.count) bytes that are no notification of a guest\(Self.origin(sender))",
        limitedBy: &limiter, id: .announcementRefused, peer: sender?.processId)
    }
    if notification.kind == .socket { return announce(notification.text, sender) }
    tell(notification, sender)
  }

  // MARK: Announcements

  private func announce(_ console: String, _ sender: PeerCredentials) {
    guard let guest = AnnouncedGuest(console: console, sender: sender) else {
      faults.malformed += 1
      return record(
        .warning, "\(path) got a console's path that is none\(Self.origin(sender)): \(console)",
        limitedBy: &limiter, id: .announcementRefused, peer: sender.processId)
    }
    let isNew = guests[sender.processId] == nil
    guard !isNew || hasRoom(for: sender.userId) else {
      faults.overLimit += 1
      return record(
        .warning, "guest \(guest.name) is not listed\(Self.origin(sender)): there are as many guests as can be",
        limitedBy: &limiter, id: .announcementRefused, peer: sender.processId)
    }
    // One that announces itself again and again is still one.
    if let earlier = guests[sender.processId] { guest.limiter = earlier.limiter }
    forget(sender.processId)
    do throws(Errno) {
      try watch(guest)
    } catch {
      return record(
        .warning, "guest \(guest.name) cannot be watched\(Self.origin(sender)): \(error)", limitedBy: &limiter,
        id: .announcementRefused, peer: sender.processId)
    }
    guests[sender.processId] = guest
    record(
      .info, "guest \(guest.name) runs\(Self.origin(sender))", limitedBy: &guest.limiter, id: nil,
      peer: sender.processId)
  }

  private func hasRoom(for user: UInt32) -> Bool {
    guests.count < limits.guests && DescriptorLimit.hasSpare(64)
      && (user == 0 || guests.values.count { $0.userId == user } < limits.guestsPerUser)
  }

  private func watch(_ guest: AnnouncedGuest) throws(Errno) {
    let process = guest.processId
    try loop.watch(guest.process.value.number) { [unowned self] _ in
      guard let guest = self.guests[process] else { return }
      self.forget(process)
      self.record(
        .info, "guest \(guest.name) has ended (process \(process))", limitedBy: &guest.limiter, id: nil, peer: process)
    }
  }

  private func forget(_ process: Int32) {
    if let guest = guests.removeValue(forKey: process) { loop.unwatch(guest.process.value.number) }
  }

  // MARK: Words

  private func tell(_ notification: GuestNotification, _ sender: PeerCredentials) {
    let guest = guests[sender.processId]
    let who = "guest \(guest?.name ?? "of process \(sender.processId)")"
    let (priority, words, id): (JournalPriority, String, MessageID) =
      switch notification.kind {
      case .panic: (.error, "has panicked", .guestTrouble)
      case .hang: (.error, "hangs", .guestTrouble)
      case .user, .socket: (.notice, "says", .guestWords)
      }
    // What a user writes ends with a newline.
    let said = String(notification.text.reversed().drop(while: \.isWhitespace).reversed())
    if id == .guestTrouble { guest?.trouble = "\(words): \(said.prefix(200))" }
    let text = "\(who) \(words)\(Self.origin(sender)): \(said)"
    if let guest {
      record(priority, text, limitedBy: &guest.limiter, id: id, peer: sender.processId)
    } else {
      record(priority, text, limitedBy: &limiter, id: id, peer: sender.processId)
    }
  }

  private func record(
    _ priority: JournalPriority, _ text: String, limitedBy limiter: inout RecordLimiter, id: MessageID?, peer: Int32?
  ) {
    let now = monotonicNanoseconds()
    guard let own = limiter.admit(now: now), let suppressed = totalLimiter.admit(now: now, after: own) else { return }
    let hint = RecordLimiter.hint(leftOut: suppressed)
    log(priority, text + hint, id, peer.map { [.peer: "\($0)"] } ?? [:])
  }

  private static func origin(_ sender: PeerCredentials?) -> String {
    sender.map { " (user \($0.userId), process \($0.processId))" } ?? ""
  }
}
