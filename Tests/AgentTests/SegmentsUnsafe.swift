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
    guard var segmenter = unsafe Segmenter(bytes.baseAddress!, length: bytes.count, offload: metadata) else {
      return []
    }
    var segments: [[UInt8]] = []
    var buffer = [UInt8](repeating: 0, count: segmenter.largestSegment)
    while true {
      let length = unsafe buffer.withUnsafeMutableBytes { target in
        unsafe segmenter.next(into: target.baseAddress!, capacity: target.count)
      }
      if length == 0 { return segments }
      segments.append(Array(buffer[..<length]))
    }
  }
}

/// How many random cases a test runs: as many as it has at least, or what `UMBEL_FUZZ_CASES` says.
func fuzzCases(_ least: Int) -> Int {
  unsafe getenv("UMBEL_FUZZ_CASES").flatMap { unsafe Int(String(cString: $0)) } ?? least
}
