# The kernel's VXLAN and the agent's, over each kind of underlay: IPv4 and IPv6, a group and unicast, a card that leaves
# checksums and segments undone and one that does not. All devices of a side share its UDP port.
#
#   10.41…44.0.1 tap41…44 ─ host a [agent: four LANs]──s1── host b, kernel: vx41…44 10.41…44.0.2
#
# Limit: 240 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
# shellcheck source=Tests/Hosts/sites.sh
. "$HOSTS_DIR/sites.sh"
# shellcheck source=Tests/Hosts/table.sh
. "$HOSTS_DIR/table.sh"
if ! [ -w /dev/net/tun ]; then
  skip "VXLAN with the kernel" "/dev/net/tun is closed to this user"
  exit
fi
needs ethtool

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
ip -n a address add fd00::1/64 dev eth0 nodad
ip -n b address add fd00::2/64 dev eth0 nodad

cat >/run/hosts/a.yaml <<'YAML'
lans:
  v4-group:
    ports:
      - {name: site, transport: vxlan, vni: 41, group: 239.1.1.41, interface: eth0, ttl: 8}
      - {name: host, transport: tap, device: tap41, address: 10.41.0.1/24}
  v4-unicast:
    ports:
      - {name: site, transport: vxlan, vni: 42, peers: [10.0.0.2]}
      - {name: host, transport: tap, device: tap42, address: 10.42.0.1/24}
  v6-group:
    ports:
      - {name: site, transport: vxlan, vni: 43, group: "ff15::43", interface: eth0, ttl: 8}
      - {name: host, transport: tap, device: tap43, address: 10.43.0.1/24}
  v6-unicast:
    ports:
      - {name: site, transport: vxlan, vni: 44, peers: ["fd00::2"]}
      - {name: host, transport: tap, device: tap44, address: 10.44.0.1/24}
YAML
agent a --config /run/hosts/a.yaml
check "all trunks are up" within 10 trunk a up

# With and without checksums of UDP. Devices of one port and family agree on what they take.
kernel_vxlan b vx41 41 10.41.0.2/24 group 239.1.1.41 dev eth0 ttl 8 udpcsum
kernel_vxlan b vx42 42 10.42.0.2/24 remote 10.0.0.1 dev eth0 noudpcsum
kernel_vxlan b vx43 43 10.43.0.2/24 group ff15::43 dev eth0 ttl 8 udp6zerocsumrx
kernel_vxlan b vx44 44 10.44.0.2/24 remote fd00::1 dev eth0 udp6zerocsumtx udp6zerocsumrx

names=("" "IPv4, group" "IPv4, unicast" "IPv6, group" "IPv6, unicast")
columns=("ping from the agent" "ping from the kernel" "100 MiB to the kernel" "100 MiB to the agent")

# row NUMBER SUFFIX
row() {
  local row="${names[$1]}, $2" network=10.4$1.0
  cell "$row" "${columns[0]}" host_pings a "$network.2"
  cell "$row" "${columns[1]}" host_pings b "$network.1"
  cell "$row" "${columns[2]}" host_transfers a b "$network.2" 100M
  cell "$row" "${columns[3]}" host_transfers b a "$network.1" 100M
}

! can_capture || capture_heads a eth0 default udp port 4789
for number in 1 2 3 4; do row "$number" "offloads as they are"; done
if can_capture; then
  capture_whole default
  check "the kernel handed over super-packets" at_least 100 "$(packets default src host 10.0.0.2 and greater 3000)"
  check "over IPv6 as well" at_least 100 "$(packets default src host fd00::2 and greater 3000)"
fi

offloads a eth0 off
offloads b eth0 off
! can_capture || capture_heads a eth0 off udp port 4789
for number in 1 2 3 4; do row "$number" "offloads off"; done
if can_capture; then
  capture_whole off
  check "without offloads it hands over none" equal 0 "$(packets off greater 1515)"
else
  skip "what is on the wire" "tcpdump needs root"
fi
check "no frame that came in was dropped" \
  equal 0 "$(counted a 'sum(p["drops"].values()) if p["transport"] == "vxlan" else 0')"
table "kernel's VXLAN" "${columns[@]}"
