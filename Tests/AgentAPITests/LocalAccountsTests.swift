import Testing

@testable import LinuxIO

@Suite("Accounts of this host's own files")
struct LocalAccountsTests {
  @Test("A user's groups are those that have it among their members")
  func members() {
    let table = """
      root:x:0:
      umbel:x:900:ada,grace
      adm:x:4:adam
      staff:x:50:grace
      broken:x
      """
    #expect(LocalAccounts.groups(of: "grace", in: table) == [900, 50])
    #expect(LocalAccounts.groups(of: "ada", in: table) == [900])
    #expect(LocalAccounts.groups(of: "umbel", in: table).isEmpty)
  }
}
