import Glibc
import LinuxIO

/// Where the things are that these tests run.
enum Places {
  /// The directory of the test program, where the build puts programs and plugins.
  static let build: String = {
    let program = try! FileSystem.resolve("/proc/self/exe")
    return String(program[..<program.lastIndex(of: "/")!])
  }()

  /// The root of the source tree.
  static let sources: String = {
    // <root>/Tests/ConformanceTests/Support/Places.swift
    String(#filePath.split(separator: "/").dropLast(4).reduce(into: "") { $0 += "/" + $1 })
  }()

  static let fixtures = sources + "/Tests/Fixtures"
  /// What these tests build themselves, kept from one run to the next.
  static let cache = build + "/conformance"
  static let agent = build + "/umbeld"
}
