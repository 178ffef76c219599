import Glibc
import LinuxIO
import Testing

/// A network of its own for a test that runs in a process of its own (`#expect(processExitsWith:)`): nothing of it is
/// seen outside, and all of it ends with the process.
enum PrivateNetwork {
  /// Whether this user may make one.
  static var isPossible: Bool { geteuid() == 0 }

  /// Moves the calling thread, and what it starts, into a new network namespace without any interface that is up.
  static func enter() throws {
    let cloneNewNetwork: Int32 = 0x4000_0000
    // unshare(2) is only declared for _GNU_SOURCE.
    let symbol = unsafe try #require(unsafe dlsym(nil, "unshare"))
    let unshare = unsafe unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Int32).self)
    try #require(unshare(cloneNewNetwork) == 0)
  }

  /// The same, with the loopback interface up.
  static func enterWithLoopback() throws {
    try enter()
    ip("link set lo up")
  }

  /// Gives up CAP_NET_ADMIN for the calling thread, and what it starts.
  static func giveUpNetworkAdministration() throws {
    // capget(2) and capset(2): version 3 of the header, this thread; two sets of effective, permitted, inheritable.
    var header: [UInt32] = [0x2008_0522, 0]
    var sets = [UInt32](repeating: 0, count: 6)
    for name in ["capget", "capset"] {
      // Neither is declared by glibc's headers.
      let symbol = unsafe try #require(unsafe dlsym(nil, name))
      let call = unsafe unsafeBitCast(
        symbol, to: (@convention(c) (UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>) -> Int32).self)
      try #require(unsafe call(&header, &sets) == 0)
      // CAP_NET_ADMIN is 12.
      sets[0] &= ~(1 << 12)
      sets[1] &= ~(1 << 12)
    }
  }

  /// Waits until an interface has the link-local IPv6 address that the kernel gives it, and may use it.
  static func awaitOwnAddress(of name: String) throws {
    for _ in 0..<500 {
      if TextFile.read("/proc/thread-self/net/if_inet6")?.split(separator: "\n").contains(where: { isOwn($0, of: name) }
      ) == true {
        return
      }
      usleep(10_000)
    }
    Issue.record("\(name) gets no address of its own")
  }

  /// Whether a line of /proc/net/if_inet6 (address, index, prefix length, scope, flags, name; all but the name in
  /// hexadecimal) is of a link-local address that may be used: for a moment after it was given it is IFA_F_TENTATIVE, of
  /// `<linux/if_addr.h>`, even where nobody looks for duplicates.
  private static func isOwn(_ line: Substring, of name: String) -> Bool {
    let fields = line.split(separator: " ")
    let (linkLocal, tentative): (UInt32, UInt32) = (0x20, 0x40)
    guard fields.count == 6, fields[5] == name, UInt32(fields[3], radix: 16) == linkLocal,
      let flags = UInt32(fields[4], radix: 16)
    else { return false }
    return flags & tentative == 0
  }

  /// Runs `ip` with these words.
  static func ip(_ words: String, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(unsafe system("ip \(words)") == 0, "ip \(words)", sourceLocation: sourceLocation)
  }
}
