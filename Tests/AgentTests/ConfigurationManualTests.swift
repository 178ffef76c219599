import Glibc
import LinuxIO
import Testing
import TransportHost

@testable import Agent

/// umbel.yaml(5) has the keys that the configuration has, no more and no less.
struct ConfigurationManualTests {
  /// The keys of a section: the words of its `.It Cm` lines.
  private static func keys(of section: String) throws -> Set<String> {
    // <root>/Tests/AgentTests/ConfigurationManualTests.swift
    let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
    let bytes = try ConfigurationFiles.contents(of: root + "/contrib/man/umbel.yaml.5")
    var keys = Set<String>()
    var isInside = false
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      if line.hasPrefix(".Sh ") { isInside = line == ".Sh \(section)" }
      guard isInside, line.hasPrefix(".It Cm ") else { continue }
      keys.formUnion(line.dropFirst(7).split { " ,".contains($0) }.map(String.init))
    }
    return keys
  }

  @Test func `keys of the file`() throws {
    #expect(try Self.keys(of: "TOP LEVEL") == ["busy-poll", "lans", "threads"])
  }

  @Test func `keys of a LAN`() throws {
    #expect(try Self.keys(of: "LANS") == Set(LanConfiguration.options.map(\.name) + ["doors", "ports", "mirror"]))
  }

  @Test func `keys of a door`() throws {
    #expect(try Self.keys(of: "DOORS") == Set(DoorConfiguration.keys))
  }

  @Test func `keys of a mirror`() throws {
    #expect(try Self.keys(of: "MIRRORS") == Set(MirrorConfiguration.keys))
  }

  @Test func `keys of a port besides its transport's`() throws {
    #expect(
      try Self.keys(of: "PORTS") == Set(OptionDescription.reservedNames + PortOption.allCases.map(\.rawValue)))
  }
}
