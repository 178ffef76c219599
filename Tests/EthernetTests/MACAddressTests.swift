import Ethernet
import Testing

@Suite struct MACAddressTests {
  @Test func `an address is printed as six pairs of lower-case digits`() {
    #expect(MACAddress(truncating: 0x5254_00ab_cdef).description == "52:54:00:ab:cd:ef")
    #expect(MACAddress(truncating: 0).description == "00:00:00:00:00:00")
    #expect(MACAddress.broadcast.description == "ff:ff:ff:ff:ff:ff")
  }

  @Test(arguments: ["52:54:00:ab:cd:ef", "00:00:00:00:00:01", "ff:ff:ff:ff:ff:ff", "01:80:c2:00:00:0e"])
  func `what is printed is read back`(text: String) throws {
    #expect(try MACAddress(parsing: text).description == text)
  }

  @Test func `upper-case digits are read`() throws {
    #expect(try MACAddress(parsing: "52:54:00:AB:cD:Ef").rawValue == 0x5254_00ab_cdef)
  }

  @Test func `a number may have one digit, as the HOWTO of User Mode Linux writes it`() throws {
    #expect(try MACAddress(parsing: "fe:fd:0:0:0:1").rawValue == 0xfefd_0000_0001)
    #expect(try MACAddress(parsing: "2:54:0:ab:c:ef").rawValue == 0x0254_00ab_0cef)
  }

  @Test(arguments: [
    "", "52", "52:54:00:ab:cd", "52:54:00:ab:cd:ef:", "52:54:00:ab:cd:ef:00", "52-54-00-ab-cd-ef",
    "5254:00:ab:cd:ef", "52:54:00:ab:cd:eg", " 52:54:00:ab:cd:ef", "52:54:00:ab:cd:ef ", "5:254:00:ab:cd:ef",
    "fe:fd::0:0:1", ":fd:0:0:0:1", "+2:54:00:ab:cd:ef", "５2:54:00:ab:cd:ef", "::::::", "0x52:54:00:ab:cd:ef",
  ])
  func `any other text is refused`(text: String) {
    #expect(throws: EthernetError.malformedAddress(text)) { try MACAddress(parsing: text) }
  }

  @Test func `the refusal quotes the text and shows the form`() {
    let sentence = EthernetError.malformedAddress("52-54").description
    #expect(sentence.contains("'52-54'"))
    #expect(sentence.contains("52:54:00:12:34:56"))
  }

  @Test func `the lowest bit of the first octet makes a group`() throws {
    #expect(try MACAddress(parsing: "01:00:5e:00:00:01").isGroup)
    #expect(try MACAddress(parsing: "33:33:00:00:00:01").isGroup)
    #expect(MACAddress.broadcast.isGroup)
    #expect(try !MACAddress(parsing: "fe:ff:ff:ff:ff:ff").isGroup)
    #expect(try !MACAddress(parsing: "00:01:01:01:01:01").isGroup)
  }

  @Test func `only all ones is broadcast`() throws {
    #expect(MACAddress.broadcast.isBroadcast)
    #expect(try !MACAddress(parsing: "ff:ff:ff:ff:ff:fe").isBroadcast)
  }

  @Test func `sixteen addresses belong to the control protocols`() {
    for last in UInt64(0)...15 { #expect(MACAddress(truncating: 0x0180_c200_0000 | last).isControlProtocol) }
    #expect(!MACAddress(truncating: 0x0180_c200_0010).isControlProtocol)
    #expect(!MACAddress(truncating: 0x0180_c1ff_ffff).isControlProtocol)
    #expect(!MACAddress(truncating: 0x0080_c200_0000).isControlProtocol)
  }
}
