import Agent
import CTransport
import Switching
import TestSupport
import Testing

/// A random mixture of flows: segments in order, lost, late, twice, and such as nobody sends.
struct Mixture {
  var random: SeededGenerator
  private var flows: [SegmentFlow] = []
  private var sizes: [Int] = []

  init(seed: UInt64) {
    random = SeededGenerator(state: seed)
    for number in 1...Int.random(in: 1...12, using: &random) {
      var flow = SegmentFlow(
        isIPv4: .random(using: &random), isTCP: Int.random(in: 0..<3, using: &random) > 0, number: UInt8(number))
      flow.tags = (0..<Int.random(in: 0...2, using: &random)).map { _ in UInt16.random(in: 0...4_095, using: &random) }
      flow.sequence = .random(in: 0...0xffff_ffff, using: &random)
      flow.identification = .random(in: 0...0xffff, using: &random)
      flow.identificationStep = Int.random(in: 0..<4, using: &random) == 0 ? 0 : 1
      flow.options = random.bytes(4 * Int.random(in: 0...10, using: &random))
      flows.append(flow)
      sizes.append(Int.random(in: 1...[20, 600, 1_448, 4_000].randomElement(using: &random)!, using: &random))
    }
  }

  /// Whether something happens once in so many frames.
  private mutating func once(in count: Int) -> Bool { Int.random(in: 0..<count, using: &random) == 0 }

  /// - Parameter oddity: once in so many frames something is not as in a plain stream.
  mutating func frames(_ count: Int, oddity: Int) -> [[UInt8]] {
    var frames: [[UInt8]] = []
    var index = 0
    while frames.count < count {
      if once(in: 4) { index = Int.random(in: 0..<flows.count, using: &random) }
      let size = once(in: 12) ? Int.random(in: 0...sizes[index], using: &random) : sizes[index]
      let payload = random.bytes(size)
      guard once(in: oddity) else {
        frames.append(flows[index].next(payload))
        continue
      }
      switch Int.random(in: 0..<6, using: &random) {
      case 0: _ = flows[index].next(payload)
      case 1: frames.append(frames.randomElement(using: &random) ?? flows[index].next(payload))
      case 2 where frames.count > 1: frames.swapAt(frames.count - 1, Int.random(in: 0..<frames.count, using: &random))
      case 3:
        var flow = flows[index]
        change(&flow)
        flows[index] = flow
      default:
        var odd = flows[index]
        change(&odd)
        frames.append(odd.next(payload))
        if once(in: 2) { _ = flows[index].next(payload) }
      }
    }
    return frames
  }

  private mutating func change(_ flow: inout SegmentFlow) {
    switch Int.random(in: 0..<14, using: &random) {
    case 0: flow.flags = .random(in: 0...255, using: &random)
    case 1: flow.flags ^= 0x08
    case 2: flow.trafficClass ^= 3
    case 3: flow.hopLimit &-= 1
    case 4: flow.identification &+= .random(in: 0...2, using: &random)
    case 5: flow.dontFragment = [0, 0x4000, 0x2000, 0x8000, 0x0010].randomElement(using: &random)!
    case 6: flow.acknowledgement &+= 1
    case 7: flow.window &+= 1
    case 8: flow.options = random.bytes(4 * Int.random(in: 0...10, using: &random))
    case 9: flow.networkOptions = random.bytes(8 * Int.random(in: 0...2, using: &random))
    case 10: flow.transportError = .random(in: 0...0xffff, using: &random)
    case 11: flow.networkError = .random(in: 0...2, using: &random)
    case 12: flow.padding = .random(in: 0...3, using: &random)
    default: flow.reserved = .random(in: 0...15, using: &random)
    }
  }

  /// Cuts a frame into pieces; the first holds at least 64 bytes of it.
  mutating func incoming(_ frame: [UInt8]) -> IncomingFrame {
    guard frame.count > 66, once(in: 3) else { return IncomingFrame(frame) }
    let cuts = Set(
      (0..<Int.random(in: 1...3, using: &random)).map { _ in Int.random(in: 64..<frame.count, using: &random) })
    return IncomingFrame(frame, cuts: cuts.sorted())
  }
}

/// What segments are merged into is cut again, and compared with what came, byte for byte and in order.
struct CoalescingFuzzTests {
  private static let takesAll = UMBEL_TAKES_CHECKSUM | UMBEL_TAKES_TCPV4 | UMBEL_TAKES_TCPV6 | UMBEL_TAKES_UDP_L4

  @Test(arguments: [6, 40, 10_000]) func `every flow arrives as it was sent`(oddity: Int) throws {
    var made: UInt64 = 0
    var sent = 0
    for seed in 0..<fuzzCases(25) {
      var mixture = Mixture(seed: UInt64(seed))
      let lan = try StubPorts()
      let source = try lan.add(role: .trunk)
      let ports = [
        try lan.add(mostPieces: 127, takes: Self.takesAll),
        try lan.add(mostPieces: 6, takes: UMBEL_TAKES_CHECKSUM | UMBEL_TAKES_TCPV6), try lan.add(mostPieces: 127),
      ]
      let frames = mixture.frames(Int.random(in: 1...400, using: &mixture.random), oddity: oddity)
      var rest = frames[...]
      while !rest.isEmpty {
        let batch = rest.prefix(Int.random(in: 1...300, using: &mixture.random))
        rest = rest.dropFirst(batch.count)
        lan.receive(batch.map { mixture.incoming($0) }, from: source)
      }
      let wanted = Dictionary(grouping: frames.map(withoutFreeBits), by: flowKey)
      for port in ports {
        let found = Dictionary(
          grouping: zip(port.frames, port.offloads).flatMap { cut($0, $1) }.map(withoutFreeBits), by: flowKey)
        #expect(found == wanted, "seed \(seed)")
      }
      made += ports[0].coalesced[1]
      sent += frames.count
      #expect(ports[2].frames == frames)
    }
    // In plain streams nearly all are merged, among the oddest few.
    #expect(Int(made) * 100 > sent * (oddity > 1_000 ? 60 : oddity > 10 ? 30 : 5), "\(made) of \(sent)")
  }
}
