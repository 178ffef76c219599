import CLinux
import Glibc
import LinuxIO
import TransportKit

/// A client of the door `vde` until it has its port. Control thread.
///
///     request gathered -> data socket connected to the client's -> bound -> reply: its address -> port
///
/// The client's end of the data path exists before it asks: libvdeplug and User Mode Linux bind first. Where it cannot
/// be connected to, the client is refused.
final class VDEHandshake {
  private var bytes: [UInt8] = []
  private var request: VDERequest?
  private var data: VDEDataSocket?

  /// Reads what is there of the request, and makes the data socket when it is whole.
  /// - Returns: false: more is needed.
  func proceed(_ client: TransportClient) throws(TransportProblem) -> Bool {
    // One byte more than a request has, to see that one is too long.
    while bytes.count <= VDERequest.mostBytes, try read(client.descriptor) {}
    guard let request = try VDERequest(bytes) else { return false }
    data = try VDEDataSocket(for: request, of: client)
    self.request = request
    return true
  }

  /// - Returns: false: nothing is there now.
  private func read(_ socket: Int32) throws(TransportProblem) -> Bool {
    let room = VDERequest.mostBytes + 1 - bytes.count
    let count = unsafe withUnsafeTemporaryAllocation(byteCount: room, alignment: 1) { buffer in
      let count = unsafe recv(socket, buffer.baseAddress, room, Int32(MSG_DONTWAIT))
      if count > 0 { unsafe bytes += buffer[..<count] }
      return count < 0 ? -Int(errno) : count
    }
    switch count {
    case 1...: return true
    case -Int(EAGAIN), -Int(EINTR): return false
    case 0:
      throw TransportProblem(
        "it closed the connection after \(bytes.count) bytes of its request", code: ECONNRESET)
    default: throw TransportProblem("its request cannot be read: \(Errno(Int32(-count)))", code: Int32(-count))
    }
  }

  /// Tells the client where it sends its frames, which makes it a guest.
  /// - Returns: the request, and the data socket, which is the caller's from now on.
  func conclude(_ client: TransportClient) throws(TransportProblem) -> (request: VDERequest, data: VDEDataSocket) {
    guard let request, let data else { preconditionFailure("open comes after accept has said that it is complete") }
    let reply = data.address
    let sent = unsafe send(client.descriptor, reply, reply.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
    // A fresh stream takes 110 bytes: one that does not is gone.
    guard sent == reply.count else { throw TransportProblem("it does not take the reply", code: EPIPE) }
    data.take()
    return (request, data)
  }
}
