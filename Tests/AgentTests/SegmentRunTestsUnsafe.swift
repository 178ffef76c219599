import Ethernet
import TestSupport
import Testing

/// A run's short way says of a frame what the long way says.
struct SegmentRunTests {
  /// What the long way finds out: the pseudo-header's sum of a segment that the run takes.
  private func longWay(_ run: SegmentRun, _ next: Coalescible) -> UInt16? {
    guard next.kind == .segment, next.isTCP, run.count > 1, run.takes(next), next.hasRightHeader else { return nil }
    return next.pseudoHeader.folded
  }

  @Test(arguments: [6, 40]) func `both ways find the same of each frame`(oddity: Int) {
    var taken = 0
    for seed in 0..<fuzzCases(25) {
      var mixture = Mixture(seed: UInt64(seed))
      let memory = mixture.frames(200, oddity: oddity).map { frame in
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: frame.count, alignment: 1)
        unsafe bytes.copyBytes(from: frame)
        return unsafe UnsafeRawBufferPointer(bytes)
      }
      defer { for bytes in unsafe memory { unsafe bytes.deallocate() } }
      var runs: [UInt64: SegmentRun] = [:]
      for bytes in unsafe memory {
        let (start, length) = unsafe (bytes.baseAddress!, bytes.count)
        // Headers may lie in several pieces.
        let available = mixture.random.next() % 8 == 0 ? min(length, 60) : length
        let next = unsafe Coalescible(start, available: available, length: length)
        for run in runs.values {
          let short = unsafe run.pseudoHeader(ofNext: start, available: available, length: length)
          // Not #expect, which takes its time.
          if short?.folded != longWay(run, next) { Issue.record("seed \(seed): \(run), \(next)") }
        }
        guard next.kind == .segment else { continue }
        if var run = runs[next.flow], run.takes(next), next.hasRightHeader {
          if longWay(run, next) != nil {
            var same = run
            unsafe same.append(start, length: length)
            run.append(next)
            #expect(same.length == run.length && same.count == run.count && same.isComplete == run.isComplete)
            taken += 1
          } else {
            run.append(next)
          }
          runs[next.flow] = run
        } else {
          runs[next.flow] = next.pushes ? nil : SegmentRun(next)
        }
      }
    }
    #expect(taken > 500)
  }
}
