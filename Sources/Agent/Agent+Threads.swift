import LinuxIO
import Synchronization
import SystemdSupport

// Whether the forwarding threads are alive. An idle thread makes no progress that could be seen, so each is asked for a
// sign of life, four times in the watchdog's time W:
//
//   0        the last question that it answers; the service manager is told that all is well
//   W/4      a question that it does not answer; told for the last time, as all before were answered
//   3/4 W    the record that names it and its LANs
//   5/4 W    the service manager ends the agent (watchdog), half of W after the record
//
// A thread that floods a storm to many guests needs seconds for a round and is no less alive: it has half of W. When it
// answers later, a record says so. A control thread that is stuck tells nothing to anybody, and is ended in the same way.

extension Agent {
  /// W without a service manager that watches: the records are written all the same. Nanoseconds.
  private static let ownWatchInterval: UInt64 = 40_000_000_000

  /// Asks every forwarding thread for a sign of life, now and from now on, and tells the service manager while all give it.
  func watchThreads() {
    let interval = manager.watchdogInterval ?? Self.ownWatchInterval
    let now = monotonicNanoseconds()
    var isQuestionOpen = false
    for thread in threads {
      // When it was the control thread that was busy, the answers are at hand and only have to be read.
      thread.finishCommands { self.takeReports(of: thread) }
      noteLostReports(of: thread)
      if let asked = thread.askedAt {
        isQuestionOpen = true
        if !thread.isStuck, now - asked >= interval / 2 { noteStuck(thread, nanoseconds: now - asked) }
      } else {
        askForSign(of: thread, now)
      }
    }
    if !isQuestionOpen { manager.watchdog() }
    loop.after(milliseconds: interval / 4_000_000) { [weak self] in self?.watchThreads() }
  }

  private func askForSign(of thread: ForwardingThread, _ now: UInt64) {
    thread.askedAt = now
    let question = unsafe ForwardingCommand(.ping) { [weak self, unowned thread] _ in
      thread.askedAt = nil
      guard thread.isStuck else { return }
      thread.isStuck = false
      let seconds = (monotonicNanoseconds() - now + 500_000_000) / 1_000_000_000
      self?.journal.log(
        .notice, "\(thread.name) goes on after \(seconds) s", id: .threadResumed, fields: [.thread: thread.name])
    }
    thread.post(question)
  }

  private func noteStuck(_ thread: ForwardingThread, nanoseconds: UInt64) {
    thread.isStuck = true
    let names = lans.filter { $0.thread === thread }.map(\.name)
    let more = names.count > 8 ? " and \(names.count - 8) more" : ""
    let idle = names.isEmpty ? "" : ": no frames in LAN \(names.prefix(8).joined(separator: ", "))\(more)"
    let end = manager.watchdogInterval == nil ? "" : "; the service manager will end the agent unless it goes on"
    var fields: [JournalField: String] = [.thread: thread.name]
    if names.count == 1 { fields[.lan] = names[0] }
    let seconds = (nanoseconds + 500_000_000) / 1_000_000_000
    journal.log(
      .error, "\(thread.name) has made no progress for \(seconds) s\(idle)\(end)", id: .threadStuck, fields: fields)
  }

  /// Says how many reports of a thread found no room since it was said last.
  private func noteLostReports(of thread: ForwardingThread) {
    let lost = thread.channel.lostReports.load(ordering: .relaxed)
    guard lost > thread.toldLostReports else { return }
    journal.log(
      .warning, "\(lost - thread.toldLostReports) reports of \(thread.name) found no room: records are missing",
      id: .reportsLost, fields: [.thread: thread.name])
    thread.toldLostReports = lost
  }
}
