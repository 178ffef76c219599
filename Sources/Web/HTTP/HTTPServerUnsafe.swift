// A small server for HTTP/1.1: GET and HEAD, no content, one thread that polls. Everything is bounded: 64 connections, a
// head of 8 KiB, 5 s for a head, 20 s for an answer, 30 s between two requests. When one more comes, the one that has
// been idle for the longest time goes.

internal import Glibc
package import LinuxIO

/// Takes connections at some addresses and gives their requests to a handler.
package final class HTTPServer {
  /// What a handler does with a request: call the closure, now or later, on this thread.
  package typealias Answer = (HTTPResponse) -> Void

  package static let mostConnections = 64

  private let listeners: [Box<Descriptor>]
  private let bell: Bell
  private let handler: (HTTPRequest, @escaping Answer) -> Void
  private let rung: () -> Void
  private var connections: [Int32: HTTPConnection] = [:]

  /// - Parameters:
  ///   - places: where it listens.
  ///   - bell: by which other threads call for `rung`.
  ///   - handler: gets each request.
  /// - Throws: what `InternetSocket.listen` throws, for the first place that cannot be listened at.
  package init(
    at places: [SocketAddress], bell: Bell, rung: @escaping () -> Void,
    handler: @escaping (HTTPRequest, @escaping Answer) -> Void
  ) throws(ListenError) {
    var listeners: [Box<Descriptor>] = []
    for place in places {
      do throws(Errno) {
        listeners.append(Box(try InternetSocket.listen(at: place, backlog: 64)))
      } catch {
        throw ListenError(place: place, error: error)
      }
    }
    self.listeners = listeners
    self.bell = bell
    self.rung = rung
    self.handler = handler
  }

  /// Where it listens; a port 0 has become one.
  package var places: [SocketAddress] { listeners.compactMap { try? SocketAddress(of: $0.value.number) } }

  /// Runs without end.
  package func run() throws(Errno) -> Never {
    while true { try turn() }
  }

  /// Waits for something to happen, and does it.
  package func turn() throws(Errno) {
    let listening = [bell.wakeup.descriptor.number] + listeners.map { $0.value.number }
    var entries = listening.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    for (number, connection) in connections {
      let events = (connection.wantsToRead ? POLLIN : 0) | (connection.wantsToWrite ? POLLOUT : 0)
      entries.append(pollfd(fd: number, events: Int16(events), revents: 0))
    }
    // A signal ends the wait early, and nothing is ready then.
    let ready = unsafe poll(&entries, nfds_t(entries.count), timeout(now: monotonicNanoseconds()))
    if ready < 0, Errno.current.code != EINTR { throw Errno.current }
    let now = monotonicNanoseconds()
    for (index, entry) in entries.enumerated() where ready > 0 && entry.revents != 0 {
      if index == 0 {
        bell.wakeup.clear()
        rung()
      } else if index < listening.count {
        accept(from: listeners[index - 1], now: now)
      } else {
        serve(entry.fd, now: now)
      }
    }
    for (number, connection) in connections where connection.deadline <= now { connections[number] = nil }
  }

  /// Milliseconds to the first deadline, -1: there is none.
  private func timeout(now: UInt64) -> Int32 {
    guard let first = connections.values.map(\.deadline).min() else { return -1 }
    return first <= now ? 0 : Int32(clamping: (first - now) / 1_000_000 + 1)
  }

  private func accept(from listener: Box<Descriptor>, now: UInt64) {
    do throws(Errno) {
      guard let accepted = try UnixSocket.accept(from: listener.value) else { return }
      if connections.count >= Self.mostConnections { endFirst() }
      let number = accepted.number
      connections[number] = HTTPConnection(accepted, now: now)
    } catch {
      // There is no descriptor to spare: it waits in the backlog for this one.
      endFirst()
    }
  }

  /// Closes the connection that has been idle for the longest time, or, if none is, that would be closed first anyway.
  private func endFirst() {
    let idle = connections.filter { $0.value.isIdle }
    let first = (idle.isEmpty ? connections : idle).min { $0.value.deadline < $1.value.deadline }
    if let first { connections[first.key] = nil }
  }

  private func serve(_ number: Int32, now: UInt64) {
    guard let connection = connections[number] else { return }
    do throws(Errno) {
      let request =
        connection.wantsToRead
        ? try connection.read(now: now) : connection.wantsToWrite ? try connection.write(now: now) : nil
      guard let request else {
        // Nothing is asked for while an answer is made: the peer has closed.
        if !connection.wantsToRead, !connection.wantsToWrite { connections[number] = nil }
        return
      }
      // A connection that has ended by then is not answered; its number may be another's.
      handler(request) { [weak connection] in connection?.answer($0, now: monotonicNanoseconds()) }
    } catch {
      connections[number] = nil
    }
  }
}

/// By which other threads call the server's.
package final class Bell: Sendable {
  package let wakeup: Wakeup

  package init() throws(Errno) { wakeup = try Wakeup() }
}

/// Why an address cannot be listened at.
package struct ListenError: Error {
  package let place: SocketAddress
  package let error: Errno
}
