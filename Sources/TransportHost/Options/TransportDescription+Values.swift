extension TransportDescription {
  /// Checks what a user wrote for a port and adds the defaults.
  /// - Parameter given: names and texts in any order.
  /// - Returns: the values of all options that are given or have a default, in the order of the table.
  /// - Throws: all problems at once: unknown names with the nearest there is, repeated names, refused values, required
  ///   options that are not there.
  package func values(from given: [(name: String, text: OptionText)]) throws(OptionProblems) -> [OptionValue] {
    try options.values(from: given, of: name)
  }
}

extension [OptionDescription] {
  /// As `TransportDescription.values(from:)`, for any table.
  /// - Parameter owner: whose options these are, to be read after "option of".
  package func values(
    from given: [(name: String, text: OptionText)], of owner: String
  ) throws(OptionProblems) -> [OptionValue] {
    var problems = [OptionProblem]()
    var values = [OptionValue?](repeating: nil, count: count)
    var seen = [Bool](repeating: false, count: count)
    for (position, entry) in given.enumerated() {
      guard let index = firstIndex(where: { $0.name == entry.name }) else {
        let hint = suggestion(for: entry.name, in: map(\.name))
        let message = "is not an option of \(owner); \(hint)"
        problems.append(OptionProblem(.unknown, option: entry.name, position: position, message: message))
        continue
      }
      guard !seen[index] else {
        let message = "is given twice; give it once"
        problems.append(OptionProblem(.repeated, option: entry.name, position: position, message: message))
        continue
      }
      seen[index] = true
      do {
        values[index] = try self[index].parse(entry.text, index: index)
      } catch {
        problems.append(OptionProblem(.value, option: entry.name, position: position, message: error.message))
      }
    }
    for index in indices where !seen[index] {
      do { values[index] = try absent(index, of: owner) } catch { problems.append(error) }
    }
    guard problems.isEmpty else { throw OptionProblems(problems) }
    return values.compactMap { $0 }
  }

  private func absent(_ index: Int, of owner: String) throws(OptionProblem) -> OptionValue? {
    let option = self[index]
    if option.isRequired {
      throw OptionProblem(
        .missing, option: option.name, message: "is missing; \(owner) needs it, allowed is \(option.allowed)")
    }
    guard let text = option.defaultText else { return nil }
    do { return try option.parse(text, index: index) } catch {
      throw OptionProblem(.table, option: option.name, message: "has a default of \(owner) that \(error.message)")
    }
  }
}
