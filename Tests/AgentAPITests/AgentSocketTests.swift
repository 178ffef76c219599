import AgentAPI
import Testing

@Suite("Where the control socket is looked for")
struct AgentSocketTests {
  private func path(
    option: String? = nil, user: UInt32 = 1000, _ environment: [String: String] = [:], exists: Bool = true
  ) -> String {
    AgentSocket.path(option: option, userId: user, environment: { environment[$0] }, exists: { _ in exists })
  }

  @Test("The option comes before everything")
  func option() { #expect(path(option: "/tmp/a", ["UMBEL_SOCKET": "/tmp/b"]) == "/tmp/a") }

  @Test("The variable comes before the usual places")
  func variable() { #expect(path(["UMBEL_SOCKET": "/tmp/b", "XDG_RUNTIME_DIR": "/run/user/1000"]) == "/tmp/b") }

  @Test("Without root the user's own agent comes before the system's")
  func own() { #expect(path(["XDG_RUNTIME_DIR": "/run/user/1000"]) == "/run/user/1000/umbel/umbel.sock") }

  @Test("Where the user has no agent the system's is asked")
  func system() { #expect(path(["XDG_RUNTIME_DIR": "/run/user/1000"], exists: false) == "/run/umbel/umbel.sock") }

  @Test("Root asks the system's agent, whatever directory its session has")
  func root() { #expect(path(user: 0, ["XDG_RUNTIME_DIR": "/run/user/0"]) == "/run/umbel/umbel.sock") }
}
