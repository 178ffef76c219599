import Glibc
import LinuxIO
import TransportKit

extension Heritage {
  /// The version of this transport's states.
  static let version: UInt8 = 1

  /// What a port of this transport leaves.
  /// - Parameters:
  ///   - sockets: their kinds are their places, 0, 1, …
  ///   - fields: of the state.
  init(sockets: [Int32], _ fields: [[UInt8]] = []) {
    self.init(
      kept: sockets.enumerated().map { Kept($1, kind: UInt32($0)) },
      state: HeritageCoder.encode(version: Heritage.version, fields))
  }

  /// The sockets of a port, one for each of `types`, as SO_TYPE says them.
  /// - Throws: there are others.
  func sockets(_ types: [UInt32]) throws(TransportProblem) -> [Int32] {
    let found = kept.sorted { $0.kind < $1.kind }
    let isWhole = found.enumerated().allSatisfy { index, kept in
      kept.kind == UInt32(index) && index < types.count
        && (try? socketOption(kept.descriptor, SOL_SOCKET, SO_TYPE)) == Int32(types[index])
    }
    guard found.count == types.count, isWhole else { throw Heritage.unreadable }
    return found.map(\.descriptor)
  }

  /// The fields of the state.
  /// - Throws: it has not so many.
  func fields(_ count: Int) throws(TransportProblem) -> [[UInt8]] {
    try HeritageCoder.decode(state, version: Heritage.version, count: count)
  }
}
