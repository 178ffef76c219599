import TransportHost

// Options as the control interface has them: texts by name, of which only lists have several.

extension TransportDescription {
  /// The values of its options as AddPort takes them.
  func texts(of values: [OptionValue]) -> [String: [String]] {
    Dictionary(
      values.map { value in
        let option = options[value.option]
        return (option.name, option.kind == .list ? value.items : [value.text])
      }, uniquingKeysWith: { $1 })
  }
}

extension [OptionDescription] {
  /// The values that such texts mean.
  /// - Parameter owner: whose options they are, for what is wrong with them.
  func values(of texts: [String: [String]], of owner: String) throws(OptionProblems) -> [OptionValue] {
    try values(
      from: texts.sorted { $0.key < $1.key }.map { name, texts in
        (name: name, text: texts.count == 1 ? OptionText.text(texts[0]) : .items(texts))
      }, of: owner)
  }
}
