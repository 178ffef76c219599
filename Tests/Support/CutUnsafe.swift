package import Ethernet

/// The frames that one frame with GSO metadata stands for, as `Segmenter` cuts it; none: it refuses the frame.
package func cut(_ frame: [UInt8], _ offload: Offload) -> [[UInt8]] {
  unsafe frame.withUnsafeBytes { bytes in
    guard
      var segmenter = unsafe Segmenter(
        bytes.baseAddress!, available: bytes.count, length: bytes.count, offload: offload)
    else { return [] }
    var segments: [[UInt8]] = []
    var headers = [UInt8](repeating: 0, count: segmenter.headerLength)
    var position = segmenter.headerLength
    while let count = segmenter.nextPayload {
      var sum = InternetChecksum()
      unsafe sum.add(bytes.baseAddress! + position, count: count)
      unsafe headers.withUnsafeMutableBytes { unsafe segmenter.next(into: $0.baseAddress!, count: count, payload: sum) }
      unsafe segments.append(headers + bytes[position..<position + count])
      position += count
    }
    return segments
  }
}
