/// A plugin that was not loaded.
package struct RefusedTransport: Codable, Hashable, Sendable {
  /// What the file is called after.
  package var name: String
  /// Of the shared object.
  package var path: String
  /// Why, for a person.
  package var problem: String

  package init(name: String, path: String, problem: String) {
    self.name = name
    self.path = path
    self.problem = problem
  }
}
