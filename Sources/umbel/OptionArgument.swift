import AgentAPI
import ArgumentParser

/// An argument of the form key=value.
struct OptionArgument: ExpressibleByArgument, Equatable {
  let key: String
  let value: String

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else { return nil }
    key = String(parts[0])
    value = String(parts[1])
  }

  /// The texts of each key, in the order they were given.
  /// - Parameter lists: keys whose texts are lists themselves: taken apart at commas.
  /// - Returns: nil when there are none.
  static func combined(_ arguments: [OptionArgument], lists: Set<String> = []) -> [String: [String]]? {
    var result: [String: [String]] = [:]
    for argument in arguments {
      let texts = lists.contains(argument.key) ? argument.value.split(separator: ",").map(String.init) : [argument.value]
      result[argument.key, default: []] += texts
    }
    return result.isEmpty ? nil : result
  }
}
