import AgentAPI
import Testing

@Suite("The nearest name")
struct NearestNameTests {
  @Test(
    "One slip of the finger is found",
    arguments: ["defautl", "defalt", "defaulta", "sefault", "Default", "efault"])
  func slip(_ typed: String) { #expect(nearestName(to: typed, among: ["lab", "default", "dmz"]) == "default") }

  @Test("A name that is nothing like those there are has no nearest")
  func unlike() { #expect(nearestName(to: "office", among: ["lab", "default", "dmz"]) == nil) }

  @Test("Of two names the nearer is taken")
  func nearer() { #expect(nearestName(to: "site-b", among: ["site-aa", "site-bb"]) == "site-bb") }

  @Test("Without names there is none")
  func none() { #expect(nearestName(to: "lab", among: []) == nil) }

  @Test(
    "The distance counts changed, added, missing and swapped letters",
    arguments: [("", "abc", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "xbc", 1), ("kitten", "sitting", 3)])
  func distance(_ example: (first: String, second: String, changes: Int)) {
    let distance = editDistance(Array(example.first.unicodeScalars), Array(example.second.unicodeScalars))
    #expect(distance == example.changes)
  }
}
