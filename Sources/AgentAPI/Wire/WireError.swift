/// An error as a reply carries it: its name, and itself encoded as the parameters.
package protocol WireError: Error, Encodable, Sendable {
  /// With its interface.
  var name: String { get }
}
