# Segments that come in by a trunk become super-frames on their way into a TAP, and stay what they were.
#
#   10.51.0.1 tap51 ─ host a [agent: LANs mcast, vxlan]──s1──[agent] host b ─ tap51 10.51.0.2
#   10.52.0.1 tap52 ─────────────────┘                           └────────── tap52 10.52.0.2
#
# Limit: 240 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
# shellcheck source=Tests/Hosts/sites.sh
. "$HOSTS_DIR/sites.sh"
if ! [ -w /dev/net/tun ]; then
  skip "segments into a TAP" "/dev/net/tun is closed to this user"
  exit
fi

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24

# configuration NUMBER [coalesce: off]: of host NUMBER.
configuration() {
  cat <<YAML
lans:
  mcast:
    ports:
      - {name: site, transport: mcast, role: trunk}
      - {name: host, transport: tap, device: tap51, address: [10.51.0.$1/24, "fd51::$1/64"]${2:+, $2}}
  vxlan:
    ports:
      - {name: site, transport: vxlan, vni: 52, group: 239.1.1.52, interface: eth0, ttl: 8}
      - {name: host, transport: tap, device: tap52, address: [10.52.0.$1/24, "fd52::$1/64"]${2:+, $2}}
YAML
}
configuration 1 >/run/hosts/a.yaml
configuration 2 >/run/hosts/b.yaml
agent a --config /run/hosts/a.yaml
agent b --config /run/hosts/b.yaml
for host in a b; do check "the trunks of host $host are up" within 10 trunk "$host" up; done

# coalesced COUNTER LAN: of host b's TAP in that LAN.
coalesced() { asks b ListPorts "sum(p['counters']['$1'] for p in ports if p['lan'] == '$2' and p['name'] == 'host')"; }

# ---- Streams -------------------------------------------------------------------------------------------------------

for lan in mcast vxlan; do
  number=$([ "$lan" = mcast ] && echo 51 || echo 52)
  ! can_capture || capture_heads b "tap$number" "$lan" tcp
  check "$lan: host b is reached" host_pings a "10.$number.0.2"
  check "$lan: 100 MiB over IPv4" host_transfers a b "10.$number.0.2" 100M
  check "$lan: 100 MiB over IPv6" host_transfers a b "fd$number::2" 100M
  check "$lan: super-frames were made" at_least 1000 "$(coalesced coalescedFrames "$lan")"
  check "$lan: of several segments each" at_least $((4 * $(coalesced coalescedFrames "$lan"))) \
    "$(coalesced coalescedSegments "$lan")"
  if can_capture; then
    capture_whole "$lan"
    check "$lan: and are seen on the TAP" at_least 1000 "$(packets "$lan" greater 20000)"
  fi
done

# ---- Datagrams -----------------------------------------------------------------------------------------------------

# datagrams ADDRESS: 3,000 of mixed sizes from host a to b, of which none may be lost, damaged, or of another size.
datagrams() {
  on b timeout 60 python3 -c '
import hashlib, socket, sys
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)  # SO_RCVBUFFORCE
receiver.bind(("", 5002))
receiver.settimeout(10)
print("ready", flush=True)
for index in range(3000):
    data = receiver.recv(65536)
    number, size = int.from_bytes(data[:4]), int.from_bytes(data[4:8])
    if number != index or size != len(data) or data[8:] != bytes([index & 255]) * (size - 8):
        sys.exit(f"datagram {index}: is number {number}, {len(data)} bytes of {size}")
' >"$logs/datagrams" 2>&1 &
  local receiver=$!
  within 10 grep -q ready "$logs/datagrams" || return
  on a python3 -c '
import random, socket, sys, time
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.connect((sys.argv[1], 5002))
random.seed(1)
size = 1000
for index in range(3000):
    if random.random() < 0.1: size = random.choice([8, 9, 64, 500, 1000, 1399, 1400])
    sender.send(index.to_bytes(4) + size.to_bytes(4) + bytes([index & 255]) * (size - 8))
    if index % 100 == 99: time.sleep(0.002)
' "$1"
  wait $receiver || {
    cat "$logs/datagrams"
    return 1
  }
}

for lan in mcast vxlan; do
  number=$([ "$lan" = mcast ] && echo 51 || echo 52)
  before=$(coalesced coalescedFrames "$lan")
  check "$lan: datagrams keep their sizes and their order" datagrams "10.$number.0.2"
  # Where the kernel takes them: Linux 6.2.
  if asks b ListPorts "[p['text'] for p in ports if p['name'] == 'host']" | grep -q 'TCP and UDP offload'; then
    check "$lan: some came as super-frames" at_least $((before + 1)) "$(coalesced coalescedFrames "$lan")"
  fi
done

# ---- Off -----------------------------------------------------------------------------------------------------------

configuration 2 "coalesce: off" >/run/hosts/b.yaml
check "the option changes while the port runs" umbel b reload
for lan in mcast vxlan; do
  number=$([ "$lan" = mcast ] && echo 51 || echo 52)
  before=$(coalesced coalescedFrames "$lan")
  ! can_capture || capture_heads b "tap$number" "$lan-off" tcp and src host "10.$number.0.1"
  check "$lan: 20 MiB without" host_transfers a b "10.$number.0.2" 20M
  check "$lan: no super-frame was made" equal "$before" "$(coalesced coalescedFrames "$lan")"
  if can_capture; then
    capture_whole "$lan-off"
    check "$lan: and none is seen on the TAP" equal 0 "$(packets "$lan-off" greater 1515)"
  fi
done
check "no frame was dropped" equal 0 "$(counted b 'sum(p["drops"].values())')"
