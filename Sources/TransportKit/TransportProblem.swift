public import Glibc

/// Why a transport refuses a configuration or a client: a sentence for a person, with the remedy.
public struct TransportProblem: Error, Sendable {
  /// One sentence; what is over 239 bytes is cut.
  public let text: String
  /// The option at fault.
  public let option: String?
  /// A positive error number.
  public let code: Int32

  /// - Parameters:
  ///   - text: one sentence with the remedy.
  ///   - option: the name of the option at fault, nil: none.
  ///   - code: a positive error number.
  public init(_ text: String, option: String? = nil, code: Int32 = EINVAL) {
    self.text = text
    self.option = option
    self.code = code
  }
}
