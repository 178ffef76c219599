/// Who is behind a port; the numbers are those of `UMBEL_ROLE_*` in `umbel_transport.h`.
package enum PortRole: UInt32, Sendable {
  /// Stations of this host.
  case guest = 1
  /// Other hosts. What comes in by a trunk never goes out by a trunk.
  case trunk = 2
}
