/// The name that a mistyped one most likely stands for.
/// - Returns: nil when nothing is near: more than a third of the letters, and more than one, would have to change.
package func nearestName(to name: String, in names: some Sequence<String>) -> String? {
  let limit = max(1, name.count / 3)
  let ranked = names.map { (name: $0, distance: editDistance(name, $0)) }.filter { $0.distance <= limit }
  return ranked.min { $0.distance < $1.distance }?.name
}

/// What to say about an unknown name: "did you mean ttl?", or all that there are.
package func suggestion(for name: String, in names: [String]) -> String {
  if let nearest = nearestName(to: name, in: names) { return "did you mean \(nearest)?" }
  return names.isEmpty ? "there are none" : "allowed is \(alternatives(names))"
}

/// The fewest insertions, removals, replacements and swaps of neighbours that turn `first` into `second`.
private func editDistance(_ first: String, _ second: String) -> Int {
  let first = Array(first.unicodeScalars)
  let second = Array(second.unicodeScalars)
  var beforeLast = [Int]()
  var last = Array(0...second.count)
  for row in first.indices {
    var current = [row + 1]
    for column in second.indices {
      let isSame = first[row] == second[column]
      var best = min(last[column] + (isSame ? 0 : 1), last[column + 1] + 1, current[column] + 1)
      if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
        best = min(best, beforeLast[column - 1] + 1)
      }
      current.append(best)
    }
    (beforeLast, last) = (last, current)
  }
  return last[second.count]
}
