/// An argument of the form key=value.
package struct OptionArgument: Equatable {
  package let key: String
  package let value: String

  /// - Parameter argument: may have further `=` in its value; nil when it has none, or no key.
  package init?(_ argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else { return nil }
    key = String(parts[0])
    value = String(parts[1])
  }

  /// The texts of each key, in the order they were given.
  /// - Parameter lists: keys whose texts are lists themselves: taken apart at commas.
  /// - Returns: nil when there are none.
  package static func combined(_ arguments: [OptionArgument], lists: Set<String> = []) -> [String: [String]]? {
    var result: [String: [String]] = [:]
    for argument in arguments {
      let isList = lists.contains(argument.key)
      result[argument.key, default: []] +=
        isList ? argument.value.split(separator: ",").map(String.init) : [argument.value]
    }
    return result.isEmpty ? nil : result
  }
}
