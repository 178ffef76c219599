/// What a port is for: stations of this host (`guest`), or other hosts (`trunk`).
package enum Role: String, Codable, CaseIterable, Sendable {
  case guest
  case trunk
}
