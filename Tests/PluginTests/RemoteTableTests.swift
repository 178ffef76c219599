import CTransport
import Testing
import TransportKit

@Suite struct RemoteTableTests {
  private func add(_ table: inout RemoteTable, _ number: UInt64) -> Int {
    unsafe withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { name in
      unsafe name.storeBytes(of: number, as: UInt64.self)
      return unsafe table.add(RemoteKey(number, 7, 9), name: UnsafeRawPointer(name.baseAddress!), nameLength: 16)
    }
  }

  @Test func `peers are found by their key and by their remote, up to the limit`() {
    var table = RemoteTable(capacity: 100)
    for number in 1...100 { #expect(add(&table, UInt64(number)) == number) }
    #expect(add(&table, 101) == 0)
    for number in 1...100 {
      let index = table.find(RemoteKey(UInt64(number), 7, 9))
      let remote = table.remote(index)
      let back = table.index(of: remote)
      #expect(index == number && back == number && remote.generation == 1)
    }
    let unknown = table.find(RemoteKey(101, 7, 9))
    #expect(unknown == 0)
  }

  @Test func `a place that was given back has another generation`() {
    var table = RemoteTable(capacity: 3)
    for number in 1...3 { #expect(add(&table, UInt64(number)) == number) }
    let former = table.remote(2)
    table.remove(2)
    let gone = (table.index(of: former), table.find(RemoteKey(2, 7, 9)), table.count)
    #expect(gone == (0, 0, 2))
    #expect(add(&table, 4) == 2)
    let (now, again) = (table.remote(2), table.index(of: former))
    #expect(now.generation == former.generation + 1)
    #expect(again == 0)
    let others = (table.find(RemoteKey(1, 7, 9)), table.find(RemoteKey(3, 7, 9)))
    #expect(others == (1, 3))
  }

  @Test func `everyone is no peer`() {
    let table = RemoteTable(capacity: 3)
    let indices = (table.index(of: umbel_remote()), table.index(of: umbel_remote(index: 9, generation: 0)))
    #expect(indices == (0, 0))
  }
}
