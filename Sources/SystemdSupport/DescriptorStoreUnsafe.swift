import CSystemd
import Glibc
package import LinuxIO

// The service manager's descriptor store (systemd.service(5), FileDescriptorStoreMax=): descriptors that outlive this
// process. It holds duplicates, so that what is stored does not end when this process closes its own.
//
// One message a descriptor, because a message gives all its descriptors one name. The manager gives the names back in one
// variable of the environment, whose length is limited: a name is an id of a few bytes, what it means is written elsewhere.

extension ServiceManager {
  /// Whether the manager can have a store. Before systemd 254 it does not say how many descriptors it takes.
  package var hasStore: Bool {
    guard unsafe getenv("NOTIFY_SOCKET") != nil else { return false }
    guard let room = unsafe getenv("FDSTORE") else { return true }
    return unsafe String(cString: room) != "0"
  }

  /// The most bytes of a name; so many descriptors of this length still fit into the environment.
  package static let longestStoredName = 24

  /// Puts a descriptor into the store: `FDSTORE=1`. It stays the caller's as well.
  /// - Parameters:
  ///   - name: printable ASCII without `:`, at most ``longestStoredName`` bytes, and no other descriptor's.
  ///     `FDPOLL=0`: the manager must not drop one that hangs up, because this process or the next reads what is left.
  @discardableResult
  package func store(_ descriptor: Int32, name: String) -> Outcome {
    precondition((1...Self.longestStoredName).contains(name.utf8.count), "the store's names are short ids")
    return unsafe withUnsafePointer(to: descriptor) { pointer in
      outcome(unsafe sd_pid_notify_with_fds(0, 0, "FDSTORE=1\nFDNAME=\(name)\nFDPOLL=0", pointer, 1))
    }
  }

  /// Takes what has this name out of the store: `FDSTOREREMOVE=1`. A name that is not there is no error.
  @discardableResult
  package func unstore(name: String) -> Outcome { notify("FDSTOREREMOVE=1\nFDNAME=\(name)") }

  /// Waits until the manager has taken in all messages so far (sd_notify_barrier(3)): a process that ends at once after
  /// FDSTORE=1 may be gone before its message is looked at.
  package func barrier(milliseconds: UInt64) -> Outcome { outcome(sd_notify_barrier(0, milliseconds * 1_000)) }

  /// Another process is the service's main process from now on: `MAINPID=`.
  @discardableResult
  package func mainProcess(_ number: Int32) -> Outcome { notify("MAINPID=\(number)") }
}

/// The descriptors that the service manager has given to this process: sockets of socket units, and what was stored
/// (sd_listen_fds(3)). Close-on-exec. What is not taken is closed with the value.
package struct GivenDescriptors: ~Copyable {
  private var entries: [(name: String, number: Int32)]

  /// Reads `$LISTEN_PID`, `$LISTEN_FDS` and `$LISTEN_FDNAMES`. Once a process: a second value would own the same numbers.
  package init() {
    var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    let count = unsafe sd_listen_fds_with_names(0, &names)
    entries = []
    for index in 0..<max(0, count) {
      let name = unsafe names?[Int(index)]
      entries.append((unsafe name.map { unsafe String(cString: $0) } ?? "", SD_LISTEN_FDS_START + index))
      unsafe free(name)
    }
    unsafe free(names)
  }

  /// Holds others' descriptors, each with its name.
  package init(_ entries: [(name: String, number: Int32)]) { self.entries = entries }

  deinit { for entry in entries { _ = close(entry.number) } }

  /// The names of what has not been taken, in the manager's order; one may be there several times.
  package var names: [String] { entries.map(\.name) }

  package var isEmpty: Bool { entries.isEmpty }

  /// Hands out the first descriptor of that name; nil: there is none.
  package mutating func take(_ name: String) -> Descriptor? {
    guard let index = entries.firstIndex(where: { $0.name == name }) else { return nil }
    return Descriptor(owning: entries.remove(at: index).number)
  }
}
