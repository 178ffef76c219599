/// The type of a transport's option, as `UMBEL_OPTION_*` of `umbel_transport.h`.
package enum OptionType: String, Codable, CaseIterable, Sendable {
  case string
  case integer
  case boolean
  case choice
  case list
  case range
  case duration
  case size
  case address
  case interface
  case host
}
