import CLinux
import Glibc

/// The open end of a TAP device: each read and write is one Ethernet frame. Closing it takes 16–20 ms.
///
/// A device that is not persistent ends with it.
package struct TapDevice: ~Copyable {
  /// Non-blocking.
  package let descriptor: Descriptor
  /// The device's name when it was attached.
  package let name: String

  /// The most bytes of an interface's name.
  package static let longestName = Int(CLINUX_TAP_NAME_SIZE) - 1

  /// What the reader does itself with frames that are not finished, and what a header may therefore say: TUN_F_* of
  /// `<linux/if_tun.h>`.
  package struct Offloads: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let checksum = Offloads(rawValue: CLINUX_TAP_CHECKSUM)
    package static let tcp = Offloads(rawValue: CLINUX_TAP_TSO4 | CLINUX_TAP_TSO6 | CLINUX_TAP_TSO_ECN)
    package static let udp = Offloads(rawValue: CLINUX_TAP_USO)
  }

  /// Why a device is not attached: which of the two calls failed.
  package enum Failure: Error {
    /// `/dev/net/tun` cannot be opened.
    case cloneDevice(Errno)
    /// The device cannot be attached or made: `EPERM` it is another user's, or may not be made; `EBUSY` another program
    /// has it; `EINVAL` it is no TAP with one queue.
    case device(Errno)
  }

  /// Attaches the device of that name, or makes it.
  /// - Parameters:
  ///   - name: at most `longestName` bytes; `nil`: a new one, the next free `tapN`.
  ///   - hasHeader: whether each frame has a `struct virtio_net_hdr` before it.
  package init(attaching name: String?, hasHeader: Bool = false) throws(Failure) {
    let tap: Descriptor
    do throws(Errno) {
      tap = Descriptor(owning: try retrying { clinux_tap_open() })
    } catch {
      throw .cloneDevice(error)
    }
    var text = (name ?? "tap%d").utf8.map { CChar(bitPattern: $0) }
    guard text.count <= TapDevice.longestName else { throw .device(Errno(ENAMETOOLONG)) }
    text += Array(repeating: 0, count: Int(CLINUX_TAP_NAME_SIZE) - text.count)
    do throws(Errno) {
      let number = tap.number
      _ = try retrying { unsafe clinux_tap_attach(number, &text, hasHeader ? 1 : 0) }
    } catch {
      throw .device(error)
    }
    descriptor = tap
    self.name = TapDevice.text(of: text)
  }

  /// Takes over a device that is attached already.
  /// - Parameter name: see ``name(attachedTo:)``.
  package init(adopting tap: consuming Descriptor, name: String) {
    descriptor = tap
    self.name = name
  }

  /// The name that an attached device has now, if each of its frames has a header before it.
  /// - Throws: `EBADFD` when the device has been deleted, `EINVAL` or `ENOTTY` when it is none, or has no such header.
  package static func name(attachedTo number: Int32) throws(Errno) -> String {
    var text = [CChar](repeating: 0, count: Int(CLINUX_TAP_NAME_SIZE))
    _ = try retrying { unsafe clinux_tap_name(number, &text) }
    return TapDevice.text(of: text)
  }

  private static func text(of name: [CChar]) -> String {
    String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Whether the device stays when nobody has it attached.
  package borrowing func setPersistent(_ isPersistent: Bool) throws(Errno) {
    let number = descriptor.number
    _ = try retrying { clinux_tap_set_persistent(number, isPersistent ? 1 : 0) }
  }

  /// Who may attach it without CAP_NET_ADMIN; nil leaves it.
  package borrowing func setOwner(user: UInt32?, group: UInt32?) throws(Errno) {
    let number = descriptor.number
    if let user { _ = try retrying { clinux_tap_set_owner(number, user) } }
    if let group { _ = try retrying { clinux_tap_set_group(number, group) } }
  }

  /// Sets the header before each frame to ten bytes, and asks for offloads, fewer where the kernel does not know all.
  /// - Returns: what the kernel granted.
  package borrowing func negotiate(_ wanted: Offloads) throws(Errno) -> Offloads {
    let number = descriptor.number
    // A persistent device keeps what its last user has set.
    _ = try retrying { clinux_tap_set_header_size(number, CLINUX_TAP_HEADER_SIZE) }
    for offloads in [wanted, wanted.subtracting(.udp), wanted.intersection(.checksum)]
    where clinux_tap_set_offloads(number, offloads.rawValue) == 0 {
      return offloads
    }
    _ = try retrying { clinux_tap_set_offloads(number, 0) }
    return []
  }
}
