import AgentAPI
import LinuxIO

@testable import umbel

extension DoctorCase {
  /// Each alone in a host that is well otherwise. contrib/doc/troubleshooting.md quotes all of them.
  static let all: [DoctorCase] = host + network + traffic + peers

  private static let site = 0
  private static let tunnel = 1
  private static let tap = 2

  private static let host: [DoctorCase] = [
    .init(
      .namespace, .warning,
      "the agent, process 42, is in another network namespace: what follows of interfaces is not its own",
      remedy: "sudo umbel doctor"
    ) { $0.host.namespace = .other(process: 42) },
    .init(
      .transport, .fault, "transport vxlan is missing: there is no libumbel-vxlan.so beside the others",
      remedy: "sudo contrib/install"
    ) { $0.agent.transports.transports.removeLast() },
    .init(
      .transport, .fault,
      "transport tap was refused: plugin tap may be written by others: `chmod go-w /usr/lib/umbel/plugins/libumbel-tap.so`",
      remedy: "sudo chmod go-w /usr/lib/umbel/plugins/libumbel-tap.so"
    ) {
      let path = $0.agent.transports.transports.remove(at: 2).path
      $0.agent.transports.refused = [
        RefusedTransport(name: "tap", path: path, problem: "plugin tap may be written by others: `chmod go-w \(path)`.")
      ]
    },
    .init(
      .thread, .fault, "forwarding thread 0 does not answer; it runs lab", remedy: "sudo systemctl restart umbeld"
    ) { $0.agent.status.forwardingThreads[0].responding = false },
    .init(
      .door, .fault, "door bess is not open: /run/umbel/lab/bess is no socket: remove it", remedy: "umbel lan list"
    ) { $0.agent.status.lans[0].doors[0].problem = "/run/umbel/lab/bess is no socket: remove it" },
    .init(
      .tap, .fault, "waits: /dev/net/tun is closed to this agent: run sudo chmod 666 /dev/net/tun",
      remedy: "sudo chmod 666 /dev/net/tun"
    ) { $0.wait(tap, "/dev/net/tun is closed to this agent: run sudo chmod 666 /dev/net/tun") },
    .init(
      .guestKernel, .fault,
      "guest g1 (process 77) has no eth0: its kernel 6.16.3 does not know eth0=mcast, which ended with 6.15",
      remedy: "umbel run lab -- linux … eth0=mcast"
    ) { $0.host.nativeGuests = [guest(release: "6.16.3", hasSocket: false)] },
    .init(
      .guest, .warning, "guest g1 (process 77) is not in group 239.192.168.1: eth0 is down in it",
      remedy: "in the guest: ip link set eth0 up"
    ) { $0.host.nativeGuests = [guest(release: "6.1.176", hasSocket: false)] },
  ]

  private static func guest(release: String, hasSocket: Bool) -> NativeGuest {
    NativeGuest(
      process: 77, name: "g1", device: "eth0", group: "239.192.168.1", udpPort: 1_102, release: release,
      hasSocket: hasSocket)
  }

  private static let network: [DoctorCase] = [
    .init(
      .interface, .fault, "interface eth7 does not exist; there are: eth0",
      remedy: "interface: eth0 at port site in umbel.yaml; then: umbel reload"
    ) {
      $0.agent.ports[site].options["interface"] = ["eth7"]
      $0.wait(site, "interface eth7 does not exist")
    },
    .init(.interface, .fault, "interface eth0 is down", remedy: "sudo ip link set eth0 up") {
      $0.host.links[1].isUp = false
      $0.host.ways = [:]
      $0.wait(site, "interface eth0 is down")
      $0.agent.ports.remove(at: tunnel)
    },
    .init(
      .carrier, .fault, "interface eth0 has no carrier: its cable or its far end is missing",
      remedy: "ip link show eth0"
    ) {
      $0.host.links[1].hasCarrier = false
      $0.agent.ports.remove(at: tunnel)
    },
    .init(
      .multicastFlag, .fault, "interface eth0 does not take multicast: its flag MULTICAST is off",
      remedy: "sudo ip link set eth0 multicast on"
    ) { $0.host.links[1].takesMulticast = false },
    .init(
      .address, .fault, "interface eth0 has no IPv4 address", remedy: "sudo ip address add ADDRESS/LENGTH dev eth0"
    ) {
      $0.host.links[1].addresses = []
      $0.wait(site, "interface eth0 has no IPv4 address to send from")
      $0.agent.ports.remove(at: tunnel)
    },
    .init(
      .route, .fault, "no route leads to group 239.192.168.1", remedy: "sudo ip route add 224.0.0.0/4 dev eth0"
    ) {
      $0.host.ways[DoctorFixture.group] = nil
      $0.wait(site, "no route to 239.192.168.1: add one (ip route add 224.0.0.0/4 dev IFACE)")
    },
    .init(
      .route, .fault, "no route leads to 192.0.2.2", remedy: "sudo ip route add 192.0.2.2 via ROUTER dev eth0"
    ) {
      $0.host.ways[DoctorFixture.peer] = nil
      $0.wait(tunnel, "no route to 192.0.2.2")
    },
    .init(
      .membership, .fault, "239.192.168.1 is not joined on eth0", remedy: "umbel port remove lab site"
    ) { $0.host.members = [:] },
    .init(
      .reversePath, .fault,
      "rp_filter of eth0 is strict: what comes from 192.0.2.2, whose route is another, is dropped",
      remedy: "sudo sysctl net/ipv4/conf/eth0/rp_filter=2 net/ipv4/conf/all/rp_filter=2"
    ) {
      $0.host.links[1].reversePathFilter = 1
      $0.host.ways[DoctorFixture.peer]?.interface = "lo"
      $0.agent.ports.remove(at: tunnel)
    },
    .init(
      .snooping, .warning,
      "bridge br0 snoops multicast and has no querier: members of 239.192.168.1 are forgotten after minutes",
      remedy: "sudo ip link set br0 type bridge mcast_querier 1"
    ) {
      $0.host.links[1].bridge = "br0"
      $0.host.links[1].snooping = BridgeProperties(isSnooping: true, isQuerier: false, hearsQuerier: false)
    },
    .init(
      .portTaken, .fault, "waits: UDP port 4789 is taken by the kernel's VXLAN device vx0 (vni 9)",
      remedy: "sudo ip link delete vx0"
    ) {
      $0.wait(tunnel, "UDP port 4789 is taken: the kernel's device vx0 (vni 9) has it: remove that device")
      $0.host.holders[4_789] = .device(name: "vx0", vni: 9)
    },
    .init(
      .port, .fault, "waits: no address yet for berlin.example.net: is it in the DNS or /etc/hosts?",
      remedy: "sudo journalctl -u umbeld -x"
    ) {
      $0.agent.ports[tunnel].options["peers"] = ["berlin.example.net"]
      $0.wait(tunnel, "no address yet for berlin.example.net: is it in the DNS or /etc/hosts?")
    },
  ]

  private static let traffic: [DoctorCase] = [
    .init(
      .firewall, .fault,
      "nftables drops 239.192.168.1:1102 from eth0: rule 4 of chain inet filter input, 12 packets so far",
      remedy: "sudo nft delete rule inet filter input handle 4"
    ) {
      $0.host.firewall = FirewallTests.firewall(
        rules: [[FirewallTests.match("udp", "dport", "1102"), #"{"counter": {"packets": 12}}"#, #"{"drop": null}"#]])
    },
    .init(
      .buffers, .warning, "the kernel grants 208 KiB of 4.0 MiB of receive buffer: bursts are lost",
      remedy: "sudo sysctl net.core.rmem_max=4194304 net.core.wmem_max=4194304"
    ) { $0.host.sockets?[0] = DoctorFixture.socket(DoctorFixture.group, 1_102, buffer: 212_992) },
    .init(
      .kernelDrops, .warning, "31 datagrams came while the receive buffer was full, and are lost",
      remedy: "sudo sysctl net.core.rmem_max=16777216"
    ) { $0.agent.ports[site].transportCounters["kernel-drops"] = 31 },
    .init(
      .mtu, .warning, "interface eth0 has an MTU of 1400: frames of more than 1372 bytes pass in fragments",
      remedy: "sudo ip link set eth0 mtu 1500"
    ) {
      $0.host.links[1].mtu = 1_400
      $0.agent.peers[0].pathBytes = 1_372
      $0.agent.ports.remove(at: tunnel)
    },
    .init(
      .path, .warning,
      "a link of MTU 1400 is on the way, behind an interface of MTU 1500: only frames of up to 1,372 bytes pass in one piece",
      remedy: "on that link: sudo ip link set IFACE mtu 1500"
    ) { $0.agent.peers[0].pathBytes = 1_372 },
    .init(
      .foreignSender, .fault,
      "9 frames of other hosts came by 239.192.168.1:1102 and were dropped: a guest port takes those of this host alone",
      remedy: "sudo ip route replace 239.192.168.1/32 dev lo"
    ) {
      $0.agent.ports[site].role = .guest
      $0.agent.ports[site].transportCounters["foreign-sender"] = 9
    },
  ]

  private static let peers: [DoctorCase] = [
    .init(.peer, .fault, "nothing was ever heard of peer 192.0.2.2", remedy: "ping -c 3 192.0.2.2") {
      $0.agent.peers[1] = TrunkPeer(lan: "lab", port: "tunnel", state: .never)
      $0.agent.peers[1].address = "192.0.2.2"
    },
    .init(
      .peer, .fault,
      "host berlin (192.0.2.2) is silent for 42 s: its agent has ended, the way to it is cut, or a switch has forgotten the group (IGMP snooping without a querier)",
      remedy: "on that host: sudo umbel doctor lab"
    ) {
      $0.agent.peers[0].state = .silent
      $0.agent.peers[0].lastHeardSeconds = 42
    },
    .init(
      .foreignVNI, .fault,
      "17 datagrams came with another VNI than 42, and nothing with it from 192.0.2.2: it may have another there",
      remedy: "on 192.0.2.2: umbel port list --json lab"
    ) {
      $0.agent.ports[tunnel].transportCounters["foreign-vni"] = 17
      $0.agent.peers[1].state = .silent
      $0.agent.peers[1].agent = nil
    },
    .init(
      .ttl, .fault,
      "host berlin (192.0.2.2) is behind a router, which a TTL of 1 does not pass: it does not hear 239.192.168.1 from here",
      remedy: "ttl: 2 at port site in umbel.yaml, or more; then: umbel reload"
    ) {
      $0.host.ways[DoctorFixture.peer]?.isRouted = true
      $0.agent.peers[0].heardBySeconds = nil
    },
    .init(
      .oneWay, .fault, "host berlin (192.0.2.2) is heard, but does not hear this host",
      remedy: "on that host: sudo umbel doctor lab"
    ) { $0.agent.peers[0].heardBySeconds = 60 },
    .init(
      .secondPath, .fault,
      "host berlin (192.0.2.2) is heard by two trunks of LAN lab, site and tunnel: what comes by tunnel is dropped",
      remedy: "umbel port remove lab tunnel"
    ) {
      $0.agent.peers[1].agent = $0.agent.peers[0].agent
      $0.agent.peers[1].muted = true
    },
    .init(
      .duplicates, .warning,
      "3 hellos of host berlin (192.0.2.2) came more than once: the network between duplicates frames",
      remedy: "sudo tcpdump -eni any udp port 1102"
    ) { $0.agent.peers[0].duplicateHellos = 3 },
    .init(
      .loss, .warning,
      "host berlin (192.0.2.2) is hard to hear: of the last hellos 12 % are lost on the way here, 0 % on the way there, round trip 412 us",
      remedy: "ping -c 100 -i 0.2 192.0.2.2"
    ) { $0.agent.peers[0].lossInPercent = 12 },
    .init(
      .clock, .warning,
      "the clock of host berlin (192.0.2.2) is 2,500 ms behind this one's, give or take 206 us: logs and captures of the two are shifted against each other",
      remedy: "on that host: sudo timedatectl set-ntp true"
    ) { $0.agent.peers[0].clockOffsetMicroseconds = -2_500_000 },
  ]
}
