import ArgumentParser

extension OptionArgument {
  /// Reads an argument of a command.
  static func parse(_ argument: String) throws -> OptionArgument {
    guard let option = OptionArgument(argument) else {
      throw ValidationError("\"\(argument)\" is no option: write key=value, such as ttl=4.")
    }
    return option
  }
}
