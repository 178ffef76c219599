# A path whose middle takes less than its ends: guests with an MTU of 1,500 talk at full rate and nothing is fragmented.
#
#   10.42.0.1 tap0 ─ host a [agent]──s1── router r ──s2, MTU 1400── router q ──s3──[agent] host b ─ tap0 10.42.0.2
#     guest g1 (bess) ──────┘                                                   └────── guest g2 (bess)
#
# 1,400 bytes are 20 of IPv4, 8 of UDP, 8 of VXLAN and a frame of 1,364: 1,350 of payload, an MSS of 1,310.
#
# Limit: 150 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
# shellcheck source=Tests/Hosts/sites.sh
. "$HOSTS_DIR/sites.sh"
if ! [ -w /dev/net/tun ] || ! can_capture; then
  skip "a path of a smaller MTU" "TAP devices and tcpdump need root"
  exit
fi
needs ethtool

segment s1
segment s2 1400
segment s3
router r
router q
plug r eth1 s1 10.0.1.254/24
plug r eth2 s2 10.0.2.1/24
plug q eth2 s2 10.0.2.2/24
plug q eth3 s3 10.0.3.254/24
route_by r 10.0.2.2
route_by q 10.0.2.1
host a s1 10.0.1.1/24
host b s3 10.0.3.1/24
route_by a 10.0.1.254
route_by b 10.0.3.254
# A capture is to show what a wire would carry.
offloads a eth0 off
offloads b eth0 off

# configuration NUMBER PEER
configuration() {
  cat <<YAML
lans:
  lab:
    ports:
      - {name: site, transport: vxlan, vni: 42, peers: [$2]}
      - {name: host, transport: tap, device: tap0, address: [10.42.0.$1/24, "fd42::$1/64"]}
YAML
}
configuration 1 10.0.3.1 >/run/hosts/a.yaml
configuration 2 10.0.1.1 >/run/hosts/b.yaml
agent a --config /run/hosts/a.yaml
agent b --config /run/hosts/b.yaml
guest_bess a g1 10.42.0.11/24 "$(door a lab)"
guest_bess b g2 10.42.0.12/24 "$(door b lab)"

# whole HOST BYTES: is that the largest frame that passes its trunk in one piece?
whole() { equal "[$2]" "$(asks "$1" ListPorts "[p.get('wholeFrame') for p in ports if p['name'] == 'site']")"; }

for host in a b; do
  check "the agent of host $host finds out what the path takes" within 20 whole "$host" 1364
  check "the interface takes more" equal 1500 "$(on "$host" cat /proc/sys/net/ipv6/conf/eth0/mtu)"
  check "so does the host's device on the LAN" equal 1500 "$(on "$host" cat /proc/sys/net/ipv6/conf/tap0/mtu)"
done

fragments='ip[6:2] & 0x3fff != 0'
capture_heads r eth1 start "$fragments"
capture_heads q eth3 end "$fragments"
check "100 MiB by TCP" host_transfers a b 10.42.0.2 100M
check "100 MiB by TCP the other way" host_transfers b a 10.42.0.1 100M
check "20 MiB by TCP over IPv6" host_transfers a b fd42::2 20M
check "10 MiB by TCP from guest to guest" transfers g1 g2 10.42.0.12 10
for name in start end; do
  capture_whole $name
  check "nothing of that was fragmented ($name)" equal 0 "$(packets $name)"
done
grep ' to ' "$logs/transfers.log" | sed 's/^/# /'

# told HOST ADDRESS MTU: a datagram of 1,452 bytes that must not be fragmented is answered, and that is the MTU in it.
told() {
  on "$1" python3 - "$2" "$3" <<'PYTHON'
import socket, sys, time
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
level, discover, mtu = (41, 23, 24) if family == socket.AF_INET6 else (0, 10, 14)  # <linux/in.h>, <linux/in6.h>
probe = socket.socket(family, socket.SOCK_DGRAM)
probe.setsockopt(level, discover, 2)  # IP_PMTUDISC_DO
probe.connect((sys.argv[1], 9))
for _ in range(20):
    try:
        probe.send(bytes(1452))
    except OSError:  # EMSGSIZE, or "connection refused" by a port that is closed.
        pass
    time.sleep(0.1)
    known = probe.getsockopt(level, mtu)
    if known == int(sys.argv[2]):
        sys.exit()
sys.exit(f"the kernel takes {known} for the MTU")
PYTHON
}
check "a packet that is too big and must stay whole is answered" told a 10.42.0.2 1350
check "over IPv6 as well" told a fd42::2 1350
check "a ping of 1,472 bytes then comes through" host_pings b 10.42.0.1 1472
