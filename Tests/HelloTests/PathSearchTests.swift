import Testing

@testable import Hello

private let second: UInt64 = 1_000_000_000

/// Peers behind paths of given widths, to which probes are sent as a search asks.
private struct Paths {
  var search = PathSearch(firstRound: .max - 2)
  var limit: Int
  /// What passes to each peer; 0: it hears probes and never tells.
  var widths: [Int]
  var lossPercent = 0
  var reports: [Peer.ProbeReport]
  var now: UInt64 = second
  var sent = 0
  var longestSent = 0

  init(limit: Int, widths: [Int]) {
    self.limit = limit
    self.widths = widths
    reports = widths.map { _ in Peer.ProbeReport() }
  }

  mutating func run(seconds: UInt64) {
    let end = now + seconds * second
    while now < end {
      while let probes = search.step(now: now, limit: limit, answers: reports.map { PathSearch.Answer($0) }) {
        take(probes)
      }
      now += 100_000_000
    }
  }

  private mutating func take(_ probes: PathSearch.Probes) {
    sent += probes.lengths.count
    longestSent = max(longestSent, probes.lengths.max() ?? 0)
    for peer in widths.indices {
      let passed = probes.lengths.filter { $0 <= widths[peer] && Int.random(in: 0..<100) >= lossPercent }
      guard let longest = passed.max() else { continue }
      let old = reports[peer]
      reports[peer] = Peer.ProbeReport(
        round: probes.round, longest: old.round == probes.round ? max(old.longest, longest) : longest)
    }
  }
}

struct PathSearchTests {
  @Test func `a path that takes what leaves the host costs one probe`() {
    var paths = Paths(limit: 1_472, widths: [9_000, 1_472])
    paths.run(seconds: 10)
    #expect(paths.search.result == 1_472)
    #expect(paths.sent == 1)
  }

  @Test(arguments: [590, 591, 1_000, 1_358, 1_427, 1_471]) func `a narrow path is found to the byte`(_ width: Int) {
    var paths = Paths(limit: 1_472, widths: [width])
    paths.run(seconds: 20)
    #expect(paths.search.result == width)
  }

  @Test func `a narrow path below a wide limit is found to the byte`() {
    for width in stride(from: 590, to: 9_216, by: 97) {
      var paths = Paths(limit: 9_216, widths: [width])
      paths.run(seconds: 20)
      #expect(paths.search.result == width)
    }
  }

  @Test func `the narrowest of the peers counts`() {
    var paths = Paths(limit: 1_472, widths: [1_472, 1_300, 1_400])
    paths.run(seconds: 20)
    #expect(paths.search.result == 1_300)
  }

  @Test func `a peer that confirms nothing is left out`() {
    var paths = Paths(limit: 1_472, widths: [1_472, 0])
    paths.run(seconds: 20)
    #expect(paths.search.result == 1_472)
  }

  @Test(arguments: [1_000, 4_711, UInt32.max / 2])
  func `a peer that confirms what never was has no say`(_ round: UInt32) {
    var paths = Paths(limit: 1_472, widths: [1_400, 0])
    paths.reports[1] = Peer.ProbeReport(round: round, longest: 590)
    paths.run(seconds: 20)
    #expect(paths.search.result == 1_400)
  }

  @Test func `with peers that confirm nothing nothing is known`() {
    var paths = Paths(limit: 1_472, widths: [0])
    paths.run(seconds: 20)
    #expect(paths.search.result == nil)
  }

  @Test func `loss never makes the answer too long`() {
    for _ in 0..<50 {
      var paths = Paths(limit: 1_472, widths: [1_400, 1_300])
      paths.lossPercent = 30
      paths.run(seconds: 20)
      if let result = paths.search.result { #expect(result <= 1_300) }
    }
  }

  @Test func `a path that has become narrow is noticed within a minute`() {
    var paths = Paths(limit: 1_472, widths: [1_472])
    paths.run(seconds: 10)
    paths.widths = [1_400]
    paths.run(seconds: 80)
    #expect(paths.search.result == 1_400)
  }

  @Test func `a new limit begins a new search`() {
    var paths = Paths(limit: 1_472, widths: [9_000])
    paths.run(seconds: 10)
    paths.limit = 8_972
    paths.run(seconds: 10)
    #expect(paths.search.result == 8_972)
  }

  @Test func `nothing is sent that is longer than the limit`() {
    var paths = Paths(limit: 1_472, widths: [1_000])
    paths.run(seconds: 100)
    #expect(paths.longestSent == 1_472)
  }

  @Test func `without peers nothing is sent and nothing known`() {
    var paths = Paths(limit: 1_472, widths: [])
    paths.run(seconds: 10)
    #expect(paths.sent == 0)
    #expect(paths.search.result == nil)
  }
}
