import Agent
import AgentAPI
import Dispatch
import Glibc
import LinuxIO
import Synchronization

/// A Varlink server with a `TestHandler`, on a control loop of its own, on a thread of its own.
final class ServerThread: Sendable {
  typealias Job = @Sendable (VarlinkServer, TestHandler) -> Void

  let path: String
  private let directory: TemporaryDirectory
  private let jobs = Mutex<[Job]>([])
  private let wakeup: Wakeup
  private let finished = DispatchSemaphore(value: 0)

  init(_ limits: VarlinkServer.Limits = .init()) throws {
    directory = try TemporaryDirectory()
    path = directory.path("control")
    wakeup = try Wakeup()
    // Listening begins here, so that clients may connect at once.
    let listener = try UnixSocket.listen(at: path, kind: .stream, mode: 0o600).release()
    DispatchQueue(label: "control").async { self.run(listener, limits) }
  }

  /// Runs `job` on the control thread, and returns what it returned.
  func perform<Result: Sendable>(_ job: @escaping @Sendable (VarlinkServer, TestHandler) -> Result) -> Result {
    let result = Mutex<Result?>(nil)
    let done = DispatchSemaphore(value: 0)
    jobs.withLock {
      $0.append { server, handler in
        let value = job(server, handler)
        result.withLock { $0 = value }
        done.signal()
      }
    }
    wakeup.signal()
    done.wait()
    return result.withLock { $0! }
  }

  /// Waits until `condition` holds on the control thread; false after five seconds.
  func eventually(_ condition: @escaping @Sendable (VarlinkServer, TestHandler) -> Bool) -> Bool {
    for _ in 0..<500 {
      if perform(condition) { return true }
      usleep(10_000)
    }
    return false
  }

  /// Ends the thread.
  func stop() {
    perform { _, handler in handler.loop.stop() }
    finished.wait()
  }

  private func run(_ listener: Int32, _ limits: VarlinkServer.Limits) {
    let loop = try! ControlLoop()
    let handler = TestHandler(loop)
    let server = VarlinkServer(loop: loop, handler: handler, version: "1.2.3", limits: limits)
    try! server.serve(listener: Descriptor(owning: listener))
    try! loop.watch(wakeup.descriptor.number) { _ in
      self.wakeup.clear()
      let jobs = self.jobs.withLock { jobs in
        defer { jobs = [] }
        return jobs
      }
      for job in jobs { job(server, handler) }
    }
    try! loop.run()
    // The loop's handlers hold the server, the handler and this object, which hold the loop.
    loop.unwatch(wakeup.descriptor.number)
    server.stop()
    finished.signal()
  }
}
