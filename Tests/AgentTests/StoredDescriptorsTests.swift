import Glibc
import Testing

@testable import Agent

/// A table whose descriptors are what the test says.
private struct Files {
  var table = StoredDescriptors()
  var inodes: [Int32: UInt64] = [:]

  mutating func settle(_ wanted: [StoredDescriptors.Wanted]) -> StoredDescriptors.Change {
    table.settle(wanted) { [inodes] number in
      inodes[number].map { FileIdentity(device: 1, inode: $0) }
    }
  }

  mutating func settle(_ numbers: Int32...) -> StoredDescriptors.Change {
    settle(numbers.map { StoredDescriptors.Wanted(number: $0) })
  }
}

struct StoredDescriptorsTests {
  private var files = Files()

  init() { files.inodes = [3: 30, 4: 40, 5: 50] }

  @Test mutating func `each descriptor is stored once, under a name of its own`() {
    let change = files.settle(3, 4, 3)
    #expect(change.store.map(\.number) == [3, 4])
    #expect(Set(change.store.map(\.name)).count == 2)
    #expect(change.unstore == [])
    #expect(files.settle(3, 4).isEmpty)
  }

  @Test mutating func `what is no longer wanted is taken back`() {
    let name = files.settle(3, 4).store[0].name
    #expect(files.settle(4).unstore == [name])
    #expect(files.table.name(of: 3) == nil)
  }

  @Test mutating func `a number that means another file is stored anew, and the old one is taken back`() {
    let old = files.settle(3).store[0].name
    files.inodes[3] = 31
    let change = files.settle(3)
    #expect(change.unstore == [old])
    #expect(change.store.map(\.number) == [3])
    #expect(change.store.map(\.name) != [old])
  }

  @Test mutating func `a stamp tells files apart that look the same`() {
    let old = files.settle([StoredDescriptors.Wanted(number: 3, stamp: 0)]).store[0].name
    let change = files.settle([StoredDescriptors.Wanted(number: 3, stamp: 1)])
    #expect(change.unstore == [old])
    #expect(change.store.count == 1)
  }

  @Test mutating func `a name that two numbers share stays as long as one of them is wanted`() throws {
    // Real descriptors: adopt looks at them.
    let number = dup(0)
    try #require(number >= 0)
    let other = dup(0)
    defer {
      close(number)
      close(other)
    }
    var table = StoredDescriptors()
    table.adopt(number, name: "umbel-d7")
    table.adopt(other, name: "umbel-d7")
    #expect(table.settle([StoredDescriptors.Wanted(number: number)]).isEmpty)
    #expect(table.settle([]).unstore == ["umbel-d7"])
  }

  @Test mutating func `what was closed is taken back at once`() {
    let name = files.settle(3, 4).store[0].name
    #expect(files.table.forget(3) == name)
    #expect(files.table.forget(3) == nil)
    #expect(files.settle(4).isEmpty)
  }

  @Test mutating func `names of the process before are not used again`() throws {
    files.table.skip(["umbel-d1z", "umbel-s20", "control", "lab.stream"])
    #expect(files.settle(3).store.map(\.name) == ["umbel-d21"])
    #expect(files.table.takeStateName() == "umbel-s22")
  }

  @Test func `names of others are not taken for ours`() {
    #expect(StoredDescriptors.isName("umbel-d1"))
    #expect(StoredDescriptors.isStateName("umbel-s1"))
    #expect(!StoredDescriptors.isStateName("umbel-d1"))
    for name in ["", "control", "umbel-", "umbel-d", "umbel-x1", "umbel-d_"] {
      #expect(!StoredDescriptors.isName(name))
    }
  }

  @Test mutating func `a number that is no descriptor is left out`() {
    #expect(files.settle(3, 9).store.map(\.number) == [3])
  }
}
