# A whole guest in QEMU, with a network card for each of its back ends; and what QEMU does not survive: an empty datagram
# in the group stops a guest's reception that listens there itself. One that comes by a door hears nothing of it.
#
#   host a [agent]──guest: vde, stream, dgram, socket connect, tap, inherited descriptor, mcast
#           │
#           s1──[agent] host b──far
#           │
#   host c: sends empty datagrams to the group
#
# Limit: 240 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
# shellcheck source=Tests/Hosts/station.sh
. "$HOSTS_DIR/station.sh"
# shellcheck source=Tests/Hosts/qemu.sh
. "$HOSTS_DIR/qemu.sh"
# shellcheck source=Tests/Hosts/rows.sh
. "$HOSTS_DIR/rows.sh"

if ! reason=$(stations_possible && qemu_possible); then
  skip "a whole guest in QEMU" "$reason"
  exit
fi

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
host c s1 10.0.0.3/24
prepare_qemu-tap a
cat >/run/hosts/a.yaml <<EOF
lans:
  default:
    doors: [bess, vde, stream, dgram, ${row_doors[qemu-socket-connect]}]
    ports:
      - {name: trunk, transport: mcast, role: trunk, group: ${group%:*}, port: ${group#*:}}
      - ${row_ports[qemu-tap]}
EOF
agent a --config /run/hosts/a.yaml
agent b
tap_in_bridge a qemu-bridge qemu-guest

# A network for each card.
netdevs=(
  "vde,sock=$(door a default vde)"
  "stream,server=off,addr.type=unix,addr.path=$(door a default stream)"
  "dgram,local.type=unix,local.path=/run/hosts/guest-dgram,remote.type=unix,remote.path=$(door a default dgram)"
  "socket,connect=127.0.0.1:5555"
  "tap,ifname=qemu-guest,script=no,downscript=no"
  "socket,fd={fd}"
  "socket,mcast=$group"
)
names=(vde stream dgram "socket,connect" tap "socket,fd" "socket,mcast")
mcast=$((${#netdevs[@]} - 1))
words=() addresses=
for ((i = 0; i <= mcast; i++)); do
  words+=(-netdev "${netdevs[i]},id=n$i" -device "virtio-net-pci,netdev=n$i,mac=52:54:00:00:00:0$i,romfile=")
  addresses+="${addresses:+,}eth$i=10.2.$i.1/24"
done
run_with a default --as dgram
qemu_runner=("${run_words[@]}")
qemu_guest g1 a "$addresses" "${words[@]}"
qemu_runner=()
station_known g1 qemu eth0 10.2.0.1/24 "${qemu_pid[g1]}"

attach_qemu-fd-stream b far 10.2.100.1/24 default
check "the far station is up" station_up far
for ((i = 0; i <= mcast; i++)); do station_do far ip address add "10.2.$i.2/24" broadcast + dev eth0; done
began=$SECONDS
check "a guest in QEMU boots with ${#netdevs[@]} network cards" qemu_up g1
echo "# after $((SECONDS - began)) s"

# card NUMBER: the other host is reached by that card, which a frame counted there shows.
card() {
  local before after
  before=$(qemu_do g1 "cat /sys/class/net/eth$1/statistics/rx_packets")
  within 10 qemu_do g1 ping -c 1 -W 1 "10.2.$1.2" && qemu_do g1 ping -c 3 -i 0.2 -W 2 "10.2.$1.2" || return
  after=$(qemu_do g1 "cat /sys/class/net/eth$1/statistics/rx_packets")
  at_least $((before + 3)) "$after"
}

for ((i = 0; i <= mcast; i++)); do check "it reaches another host by ${names[i]}" card "$i"; done

# ---- Datagrams that are no frames ------------------------------------------------------------------------------------

can_capture && capture b eth0 short "udp and (src host 10.0.0.1 or src host 10.0.0.2) and udp[4:2] < 22"
# By the group, and by the door of datagrams from a client that has a name.
on c python3 - "${group%:*}" "${group#*:}" <<'EOF'
import socket, sys
group = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for payload in (b"", b"x", b"x" * 13):
    for _ in range(5):
        group.sendto(payload, (sys.argv[1], int(sys.argv[2])))
EOF
on a python3 - "$(door a default dgram)" <<'EOF'
import os, socket, sys
client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
client.bind("/run/hosts/short-client")
client.sendto(b"\xff" * 6 + b"\x02\0\0\0\0\x55" + b"\x88\xb5" + bytes(46), sys.argv[1])
for payload in (b"", b"x", b"x" * 13):
    for _ in range(5):
        client.sendto(payload, sys.argv[1])
EOF
for ((i = 0; i < mcast; i++)); do check "after empty datagrams it reaches another host by ${names[i]}" card "$i"; done
sentence="no agent has sent an empty datagram or a runt"
if can_capture; then
  capture_end short
  check "$sentence" equal "" "$(tcpdump -nr /run/hosts/short.pcap 2>/dev/null)"
else
  skip "$sentence" "tcpdump needs root"
fi
check "they were counted" at_least 15 "$(asks a ListPorts 'sum(count for p in ports if p["name"] == "trunk"
  for name, count in p["transportCounters"].items() if "runt" in name or "empty" in name)')"
