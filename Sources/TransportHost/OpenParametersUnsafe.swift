package import CTransport
import Glibc

/// What `open`, `check` and `prepare` get of a port's configuration, as C structs that live during one call.
@safe
package struct OpenParameters {
  package var number: UInt32
  package var role: PortRole
  package var lan: String
  package var name: String
  package var values: [OptionValue]
  /// What the port of the process before has left; nil: nothing.
  package var adopted: Heritage?

  package init(
    number: UInt32, role: PortRole, lan: String, name: String, values: [OptionValue], adopted: Heritage? = nil
  ) {
    self.number = number
    self.role = role
    self.lan = lan
    self.name = name
    self.values = values
    self.adopted = adopted
  }

  /// Calls `body` with the C form; its pointers are valid during the call.
  /// - Parameter client: the door's client, nil: a configured port.
  package func withC<Result>(
    client: UnsafeMutablePointer<umbel_client>?, _ body: (UnsafePointer<umbel_open>) -> Result
  ) -> Result {
    var strings: [UnsafeMutablePointer<CChar>] = unsafe []
    var lists: [UnsafeMutablePointer<UnsafePointer<CChar>?>] = unsafe []
    defer {
      for index in unsafe strings.indices { unsafe free(strings[index]) }
      for index in unsafe lists.indices { unsafe lists[index].deallocate() }
    }
    func text(_ string: String) -> UnsafePointer<CChar> {
      // strdup fails only when memory is at an end, where nothing of this process goes on.
      let copy = unsafe strdup(string)!
      unsafe strings.append(copy)
      return unsafe UnsafePointer(copy)
    }
    let cValues = unsafe values.map { value in
      let items = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: value.items.count + 1)
      for (index, item) in value.items.enumerated() { unsafe (items + index).initialize(to: text(item)) }
      unsafe (items + value.items.count).initialize(to: nil)
      unsafe lists.append(items)
      return unsafe umbel_value(
        text: text(value.text), items: UnsafePointer(items), integer: value.integer, upper: value.upper,
        option: UInt32(value.option), item_count: UInt32(value.items.count))
    }
    return unsafe cValues.withUnsafeBufferPointer { buffer in
      var open = unsafe umbel_open(
        size: UInt32(MemoryLayout<umbel_open>.size), number: number, role: role.rawValue,
        value_stride: UInt32(MemoryLayout<umbel_value>.stride), values: buffer.baseAddress,
        value_count: UInt32(buffer.count), zero: 0, lan: text(lan), name: text(name), client: client, adopted: nil)
      guard let adopted else { return unsafe withUnsafePointer(to: &open) { unsafe body($0) } }
      return unsafe adopted.withC { heritage in
        unsafe open.adopted = heritage
        return unsafe withUnsafePointer(to: &open) { unsafe body($0) }
      }
    }
  }
}

/// What a plugin says is wrong.
package struct PluginProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// Positive errno.
  package let error: Int32
  /// Index of the option at fault; nil: none.
  package let option: Int?
  /// A sentence; made up from `error` when the plugin gave none.
  package let text: String

  package init(error: Int32, option: Int? = nil, text: String) {
    self.error = error
    self.option = option
    self.text = text
  }

  package var description: String { text }
}

/// Calls that can say what is wrong.
enum ProblemBuffer {
  /// Calls a function of a plugin that can say what is wrong.
  /// - Returns: what it returned, 0 or more.
  static func call(
    optionCount: Int, _ body: (UnsafeMutablePointer<umbel_problem>) -> Int32
  ) throws(PluginProblem) -> Int32 {
    var problem = umbel_problem()
    problem.size = UInt32(MemoryLayout<umbel_problem>.size)
    problem.option = UMBEL_NO_OPTION
    let result = unsafe body(&problem)
    if result >= 0 { return result }
    let error = 0 &- result
    let text = unsafe withUnsafeBytes(of: problem.text) { unsafe PluginText.printable($0) }
    let reason = unsafe String(cString: strerror(error))
    throw PluginProblem(
      error: error, option: Int(problem.option) < optionCount ? Int(problem.option) : nil,
      text: text.isEmpty ? "the transport gives no reason (\(reason))" : text)
  }
}

extension LoadedTransport {
  /// What `open` made.
  @safe
  package struct Opened {
    package let port: OpaquePointer
    package let endpoint: OpaquePointer
  }

  /// Control thread. Checks a configuration as a whole; transports without `check` accept all.
  package func check(_ parameters: OpenParameters) throws(PluginProblem) {
    guard let check = unsafe table.pointee.check else { return }
    _ = unsafe try ProblemBuffer.call(optionCount: description.options.count) { problem in
      unsafe parameters.withC(client: nil) { unsafe check($0, problem) }
    }
  }

  /// Control thread. Makes a port.
  package func open(
    _ parameters: OpenParameters, client: UnsafeMutablePointer<umbel_client>?
  ) throws(PluginProblem) -> Opened {
    var port: OpaquePointer?
    var endpoint: OpaquePointer?
    let handle = unsafe PortNumbers.shared.handle(of: parameters.number)
    _ = try unsafe ProblemBuffer.call(optionCount: description.options.count) { problem in
      unsafe parameters.withC(client: client) { unsafe table.pointee.open!(handle, $0, &port, &endpoint, problem) }
    }
    guard let port = unsafe port, let endpoint = unsafe endpoint else {
      throw PluginProblem(error: EPROTO, text: "the transport says that it opened the port and names none")
    }
    return unsafe Opened(port: port, endpoint: endpoint)
  }

  /// Control thread. - Returns: whether `commit` must follow.
  package func prepare(
    _ port: OpaquePointer, reason: UInt32, parameters: OpenParameters? = nil
  ) throws(PluginProblem) -> Bool {
    guard let prepare = unsafe table.pointee.prepare else { return false }
    let result = try unsafe ProblemBuffer.call(optionCount: description.options.count) { problem in
      guard let parameters else { return unsafe prepare(port, reason, nil, problem) }
      return unsafe parameters.withC(client: nil) { unsafe prepare(port, reason, $0, problem) }
    }
    return result > 0
  }

  /// Control thread. The handshake of a door's client: whether it is complete.
  package func accept(_ client: UnsafeMutablePointer<umbel_client>) throws(PluginProblem) -> Bool {
    guard let accept = unsafe table.pointee.accept else { return true }
    return try unsafe ProblemBuffer.call(optionCount: 0) { unsafe accept(client, $0) } > 0
  }
}
