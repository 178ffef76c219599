import CTransport
import Ethernet
import Glibc

/// The frames that one frame stands for.
func cut(_ frame: [UInt8], _ offload: umbel_offload) -> [[UInt8]] {
  if offload.gso_type == 0 { return [frame] }
  return unsafe frame.withUnsafeBytes { bytes in
    let metadata = Offload(
      flags: offload.flags, gsoType: offload.gso_type, headerLength: offload.header_length, gsoSize: offload.gso_size,
      checksumStart: offload.checksum_start, checksumOffset: offload.checksum_offset)
    guard
      var segmenter = unsafe Segmenter(
        bytes.baseAddress!, available: bytes.count, length: bytes.count, offload: metadata)
    else { return [] }
    var segments: [[UInt8]] = []
    var headers = [UInt8](repeating: 0, count: segmenter.headerLength)
    var position = segmenter.headerLength
    while let count = segmenter.nextPayload {
      var sum = InternetChecksum()
      unsafe sum.add(bytes.baseAddress! + position, count: count)
      unsafe headers.withUnsafeMutableBytes { unsafe segmenter.next(into: $0.baseAddress!, payload: sum) }
      unsafe segments.append(headers + bytes[position..<position + count])
      position += count
    }
    return segments
  }
}

/// How many random cases a test runs: as many as it has at least, or what `UMBEL_FUZZ_CASES` says.
func fuzzCases(_ least: Int) -> Int {
  unsafe getenv("UMBEL_FUZZ_CASES").flatMap { unsafe Int(String(cString: $0)) } ?? least
}
