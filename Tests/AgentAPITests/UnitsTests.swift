import Testing
import umbel

@Suite("Numbers for people")
struct UnitsTests {
  @Test(
    "Thousands stand apart",
    arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (-1_000, "-1,000")])
  func grouped(_ example: (number: Int, text: String)) { #expect(Units.grouped(example.number) == example.text) }

  @Test(
    "Bytes have a prefix that fits",
    arguments: [
      (0, "0 B"), (1_023, "1023 B"), (1_024, "1.0 KiB"), (1_536, "1.5 KiB"), (10_240, "10 KiB"),
      (1_048_575, "1023 KiB"), (1_048_576, "1.0 MiB"), (123_456_789_012, "114 GiB"), (.max, "7.9 EiB"),
    ])
  func bytes(_ example: (number: Int, text: String)) { #expect(Units.bytes(example.number) == example.text) }

  @Test(
    "Seconds have the two units that matter",
    arguments: [
      (0, "0 s"), (42, "42 s"), (60, "1 min"), (185, "3 min 5 s"), (7_800, "2 h 10 min"), (86_400, "1 d"),
      (350_000, "4 d 1 h"),
    ])
  func seconds(_ example: (number: Int, text: String)) {
    #expect(Units.duration(seconds: example.number) == example.text)
  }

  @Test(
    "Nanoseconds have the largest unit that divides them",
    arguments: [(0, "0 s"), (1, "1 ns"), (250_000_000, "250 ms"), (90_000_000_000, "1 min 30 s"), (5_000, "5 us")])
  func nanoseconds(_ example: (number: Int, text: String)) {
    #expect(Units.duration(nanoseconds: example.number) == example.text)
  }
}
