import CTransport
import Glibc
import Testing
import TransportHost

private func flow(_ family: Int32, _ bytes: [UInt8], _ port: UInt32) -> UnderlayFlow? {
  var flow = umbel_flow()
  flow.address.family = UInt32(family)
  unsafe withUnsafeMutableBytes(of: &flow.address.bytes) { unsafe $0.copyBytes(from: bytes) }
  flow.port = port
  return UnderlayFlow(flow)
}

@Suite struct UnderlayFlowTests {
  @Test func `a flow is an address of either family and a port, or a port of any address`() {
    #expect(flow(AF_INET, [239, 1, 2, 3, 9, 9], 1_102) == UnderlayFlow(address: [239, 1, 2, 3], port: 1_102))
    let group: [UInt8] = [0xff, 5] + [UInt8](repeating: 0, count: 13) + [1]
    #expect(flow(AF_INET6, group, 4_789) == UnderlayFlow(address: group, port: 4_789))
    #expect(flow(0, [1, 2, 3], 8_472) == UnderlayFlow(address: [], port: 8_472))
  }

  @Test func `a flow of another family or without a port is none`() {
    #expect(flow(AF_UNIX, [], 1) == nil)
    #expect(flow(AF_INET, [239, 1, 2, 3], 0) == nil)
    #expect(flow(AF_INET, [239, 1, 2, 3], 65_536) == nil)
  }

  @Test func `a flow is shown as a person writes it`() {
    #expect(flow(AF_INET, [239, 1, 2, 3], 1_102)?.description == "239.1.2.3:1102")
    #expect(flow(AF_INET6, [0xff, 5], 1_102)?.description == "[ff05::]:1102")
    #expect(flow(0, [], 4_789)?.description == "*:4789")
  }
}
