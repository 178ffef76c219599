import LinuxIO
import Testing
import TransportHost

/// Every transport that the build made is one that the agent loads.
struct BuiltPluginTests {
  /// The transports beside the tests.
  static let names: [String] = {
    let files = (try? FileSystem.names(in: Places.build)) ?? []
    return files.filter { $0.hasPrefix("libumbel-") && $0.hasSuffix(".so") }
      .map { String($0.dropFirst("libumbel-".count).dropLast(".so".count)) }
  }()

  @Test func `the build has made the transports that ship`() {
    #expect(
      Set(Self.names).isSuperset(of: ["mcast", "socket", "tap", "vxlan"]),
      "run `swift build` first: it makes the plugins")
  }

  @Test("a built transport loads, and describes itself without fault", arguments: names)
  func loads(_ name: String) throws {
    let transport = try LoadedTransport.load(name, from: PluginDirectory(Places.build), hooks: .silent)
    #expect(transport.description.name == name)
    #expect(transport.description.problems == [])
  }

  @Test("a built transport takes its own defaults, or says which option it lacks", arguments: names)
  func takesItsDefaults(_ name: String) throws {
    let transport = try LoadedTransport.load(name, from: PluginDirectory(Places.build), hooks: .silent)
    let description = transport.description
    do throws(OptionProblems) {
      let values = try description.values(from: [])
      for role in description.roles {
        do throws(PluginProblem) {
          try transport.check(OpenParameters(number: 0, role: role, lan: "lab", name: "port", values: values))
        } catch {
          // A transport of doors alone says so in a sentence: none of its options is at fault.
          #expect(error.option != nil || !description.doors.isEmpty, "\(error)")
          #expect(!error.text.contains("gives no reason"))
        }
      }
    } catch {
      // Only what a user must give may be missing.
      #expect(error.problems.allSatisfy { $0.fault == .missing }, "\(error)")
    }
  }
}

extension HostHooks {
  /// For transports that are loaded and never opened.
  static let silent = unsafe HostHooks(
    log: { _, _, _ in }, stateChanged: { _, _ in }, descriptorsChanged: { _ in }, remoteGone: { _, _ in },
    watchInterfaces: { _ in }, resolve: { _, _, _ in -38 })
}
