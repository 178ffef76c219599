import CTransport
import Ethernet
import Glibc
import TestSupport

/// The frames that one frame stands for.
func cut(_ frame: [UInt8], _ offload: umbel_offload) -> [[UInt8]] {
  if offload.gso_type == 0 { return [frame] }
  return cut(
    frame,
    Offload(
      flags: offload.flags, gsoType: offload.gso_type, headerLength: offload.header_length, gsoSize: offload.gso_size,
      checksumStart: offload.checksum_start, checksumOffset: offload.checksum_offset))
}

/// How many random cases a test runs: as many as it has at least, or what `UMBEL_FUZZ_CASES` says.
func fuzzCases(_ least: Int) -> Int {
  unsafe getenv("UMBEL_FUZZ_CASES").flatMap { unsafe Int(String(cString: $0)) } ?? least
}
