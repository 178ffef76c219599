/// The ring of a LAN's flight recorder.
package enum OpenRecorder: AgentMethod {
  package static let name = MethodName.openRecorder

  package struct Parameters: MethodParameters {
    /// Name of the LAN.
    package var lan: String

    private enum CodingKeys: String, CodingKey, CaseIterable {
      case lan
    }

    package static let names = CodingKeys.allCases.map(\.rawValue)

    package init(lan: String) {
      self.lan = lan
    }
  }

  /// The same as of `Capture`.
  package typealias Reply = Capture.Reply
}
