/// Shares a value that cannot be copied, such as a descriptor that a closure must reach.
package final class Box<Value: ~Copyable> {
  package let value: Value
  package init(_ value: consuming Value) { self.value = value }
}
