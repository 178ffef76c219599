import CLinux
import Glibc

/// Tells that an interface, an address or a route of this network namespace has changed. What has changed is asked of
/// the kernel afterwards: messages can be lost, the present state cannot.
package struct NetlinkMonitor: ~Copyable {
  /// Readable when something has changed.
  package let descriptor: Descriptor

  package init() throws(Errno) {
    let type = Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let monitor = Descriptor(owning: try retrying { socket(AF_NETLINK, type, NETLINK_ROUTE) })
    var name = sockaddr_nl()
    name.nl_family = sa_family_t(AF_NETLINK)
    for group in [RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE] {
      name.nl_groups |= 1 << (group.rawValue - 1)
    }
    let number = monitor.number
    _ = try retrying {
      unsafe withUnsafePointer(to: &name) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe bind(number, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
        }
      }
    }
    descriptor = monitor
  }

  /// Reads all that has been reported.
  /// - Returns: whether anything has changed; lost reports count as a change.
  package borrowing func drain() -> Bool {
    var hasChanged = false
    var byte: UInt8 = 0
    while true {
      // One byte is enough: the rest of a message is dropped, the next call reads the next one.
      if unsafe recv(descriptor.number, &byte, 1, Int32(MSG_DONTWAIT)) >= 0 {
        hasChanged = true
      } else if errno == ENOBUFS {
        hasChanged = true
      } else if errno != EINTR {
        return hasChanged
      }
    }
  }
}
