import Ethernet
import PortWords
import Testing

@Suite("A guest's command line")
struct KernelCommandTests {
  private func command(_ words: String...) throws -> KernelCommand { try KernelCommand(["linux"] + words) }

  private func mac(_ words: String...) throws -> String? {
    let command = try KernelCommand(["linux"] + words)
    return command.mac(of: try #require(command.nics.first)).map { "\($0)" }
  }

  @Test("Each ethN= word is a NIC; transports that reach no LAN are left alone")
  func nics() throws {
    let command = try command("mem=64M", "eth0=mcast", "eth10=tuntap,tap0", "eth2=slirp,,/bin/slirp", "ethernet=mcast")
    #expect(command.nics.map(\.name) == ["eth0", "eth10"])
    #expect(command.nics.map(\.vectorName) == ["vec0", "vec10"])
    #expect(command.nics.map(\.index) == [2, 3])
  }

  @Test("The word's own MAC comes first")
  func ownMAC() throws {
    #expect(try mac("eth0=mcast,02:00:00:00:00:05", "ip=10.0.0.9") == "02:00:00:00:00:05")
  }

  @Test(
    "A known IP address of the guest makes the MAC",
    arguments: ["ip=10.1.2.255", "ip=10.1.2.255:::255.0.0.0:a:eth0:off", "ip=10.1.2.255::::g:vec0"])
  func addressMAC(_ word: String) throws {
    #expect(try mac("eth0=mcast", word) == "fe:fd:0a:01:02:ff")
  }

  @Test(
    "Where the guest's IP address is not known, the guest chooses",
    arguments: ["ip=dhcp", "ip=::::g:eth0:dhcp", "ip=10.1.2.3::::g:eth1:off", "ip=", "ips=10.1.2.3", "ip=fd00::1"])
  func noAddress(_ word: String) throws {
    #expect(try mac("eth0=tuntap,,,192.168.0.254", word) == nil)
  }

  @Test("With two NICs, an ip= without a device is not known to be the first's")
  func twoNICs() throws {
    #expect(try mac("eth0=mcast", "eth1=mcast", "ip=10.1.2.3") == nil)
    #expect(try mac("eth0=mcast", "vec1:transport=tap", "ip=10.1.2.3") == nil)
  }

  @Test("An ip= word follows its NIC; others stay")
  func renamed() throws {
    let command = try command("eth0=mcast", "ip=10.1.2.3::10.1.2.1:255.0.0.0:g:eth0:off", "ip=10.1.2.4::::g:eth1")
    #expect(command.renamed(2) == "ip=10.1.2.3::10.1.2.1:255.0.0.0:g:vec0:off")
    #expect(command.renamed(3) == "ip=10.1.2.4::::g:eth1")
    #expect(command.renamed(0) == "linux")
  }

  @Test("The word of a vector transport stands around the descriptor")
  func vectorWord() throws {
    let nic = try command("eth3=mcast").nics[0]
    #expect(nic.vectorWord(mac: nil) == ("vec3:transport=fd,fd=", ",depth=64"))
    #expect(nic.vectorWord(mac: MACAddress(truncating: 0xfefd_0000_0001)).tail == ",mac=fe:fd:00:00:00:01,depth=64")
  }

  @Test(
    "Two words for one NIC are refused",
    arguments: [
      (["eth0=mcast", "eth0=daemon"], "eth0=mcast and eth0=daemon are"),
      (["vec0:transport=tap", "eth0=mcast"], "vec0:transport=tap and eth0=mcast are"),
      (["vec1:transport=tap", "vec1:transport=raw"], "vec1:transport=tap and vec1:transport=raw are"),
    ])
  func twice(_ example: (words: [String], beginning: String)) {
    let error = #expect(throws: KernelCommandError.self) { try KernelCommand(example.words) }
    #expect(error.map { "\($0)".hasPrefix(example.beginning) } == true)
  }

  @Test(
    "A fault is marked in the whole word",
    arguments: [
      ("eth0=mcast,,10.0.0.1", "  eth0=mcast,,10.0.0.1\n              ^^^^^^^^"),
      ("eth0=mcast,,,x", "  eth0=mcast,,,x\n               ^"),
      (
        "vec0:transport=bess,mac=03:0:0:0:0:1,dst=/x",
        "  vec0:transport=bess,mac=03:0:0:0:0:1,dst=/x\n                          ^^^^^^^^^^^^"
      ),
    ])
  func marked(_ example: (word: String, mark: String)) {
    let error = #expect(throws: KernelCommandError.self) { try KernelCommand([example.word]) }
    #expect(error.map { "\($0)".hasSuffix(example.mark) } == true, "\(String(describing: error))")
  }

  @Test("What looks like a NIC is found whether it is right or wrong")
  func namesNICs() {
    #expect(KernelCommand.namesNICs(["linux", "eth0=mcst"]))
    #expect(!KernelCommand.namesNICs(["linux", "eth=mcast", "ether0=mcast", "vec0:transport=fd", "eth0"]))
  }
}
