import Glibc
import LinuxIO
import SystemdSupport
import Testing

@testable import Agent

/// The files with which a process begins.
struct LeftBehindTests {
  private static func state(_ lan: String) -> HandOverState {
    HandOverState(lans: [HandOverState.LAN(name: lan)])
  }

  /// A process that begins with these files, by name. The files stay.
  private static func begin(_ files: [String: Box<Descriptor>]) throws -> LeftBehind {
    var entries: [(name: String, number: Int32)] = []
    for (name, file) in files { entries.append((name, try file.value.duplicate().release())) }
    var given = GivenDescriptors(entries)
    return LeftBehind(&given, names: given.names, Journal())
  }

  private static func file(_ bytes: [UInt8]) throws -> Box<Descriptor> { Box(try MemoryFile.make("test", bytes)) }

  @Test func `the newest file counts`() throws {
    let files = [
      "umbel-sz": try Self.file(Self.state("old").encoded()), "umbel-s10": try Self.file(Self.state("new").encoded()),
    ]
    #expect(try Self.begin(files).inheritance.state.lans.map(\.name) == ["new"])
  }

  @Test func `what two processes have begun with and not finished is dropped`() throws {
    let files = ["umbel-s1": try Self.file(Self.state("lab").encoded())]
    #expect(try Self.begin(files).inheritance.state.lans.count == 1)
    #expect(try Self.begin(files).inheritance.state.lans.count == 1)
    #expect(try Self.begin(files).inheritance.state.lans.count == 0)
  }

  @Test func `a file of another version is dropped whole, and no older one is taken for it`() throws {
    var bytes = Self.state("new").encoded()
    bytes[8] = 99
    let files = ["umbel-s1": try Self.file(Self.state("old").encoded()), "umbel-s2": try Self.file(bytes)]
    #expect(try Self.begin(files).inheritance.state.lans.isEmpty)
  }

  @Test func `an empty file is dropped`() throws {
    #expect(try Self.begin(["umbel-s1": try Self.file([])]).inheritance.state.lans.isEmpty)
  }
}
