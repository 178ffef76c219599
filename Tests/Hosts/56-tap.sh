# The host itself on the LAN, and what else a TAP joins to it.
# Limit: 240 s, for guests that boot and 60 MiB that pass.
#
#   192.168.0.254 tap0 ─ host a [agent: lab]──s1──[agent: lab] host b ─ tap0 192.168.0.253, without offload
#     guest g1 (bess) ──────┘     │
#                        tap1 ─ br0 ─ tap2 ─ guest g2 (eth0=tuntap,tap2)
#                                └─── tap3 ─ QEMU (-netdev tap,ifname=tap3) ─ tap4 ─ host q, as a guest behind its hub
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
if ! [ -w /dev/net/tun ]; then
  skip "TAP devices" "/dev/net/tun is closed to this user"
  exit
fi

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
host q
cat >/run/hosts/a.yaml <<'EOF'
lans:
  lab:
    ports:
      - {name: site, transport: mcast, role: trunk}
      - {name: host, transport: tap, device: tap0, address: 192.168.0.254/24}
      - {name: bridge, transport: tap, device: tap1, bridge: br0}
EOF
cat >/run/hosts/b.yaml <<'EOF'
lans:
  lab:
    ports:
      - {name: site, transport: mcast, role: trunk}
      - {name: host, transport: tap, device: tap0, address: 192.168.0.253/24, offload: false}
EOF
agent a --config /run/hosts/a.yaml
agent b --config /run/hosts/b.yaml
guest_bess a g1 192.168.0.1/24 "$(door a lab)"

# port_is NAME STATE: is that port of host a in that state?
port_is() { equal "['$2']" "$(asks a ListPorts "[p['state'] for p in ports if p['name'] == '$1']")"; }

# mac HOST INTERFACE
mac() { ip -n "$1" -o link show "$2" | sed 's/.*ether \([^ ]*\).*/\1/'; }

# ---- The host and a guest ------------------------------------------------------------------------------------------

check "the host's port is up" within 5 port_is host up
check "the host has its MAC address from its IP address" equal fe:fd:c0:a8:00:fe "$(mac a tap0)"
check "the guest pings the host" pings g1 192.168.0.254
check "the host pings the guest" on a busybox ping -c 3 -i 0.2 -W 2 192.168.0.1
check "a ping of 9,000 bytes, in fragments" on a busybox ping -c 3 -i 0.2 -W 2 -s 9000 192.168.0.1

head -c 20M /dev/urandom >/run/hosts/random
digest=$(sha256sum </run/hosts/random)

# sends FROM ADDRESS: the 20 MiB, by TCP.
sends() { on "$1" busybox nc "$2" 5001 </run/hosts/random; }

# hears HOST: in the background; "heard" waits and compares. nc takes the end of its input for a farewell.
hears() {
  [ -p /run/hosts/never ] || mkfifo /run/hosts/never
  on "$1" busybox nc -l -p 5001 <>/run/hosts/never | sha256sum >/run/hosts/received &
  within 10 eval "on $1 ss -lnt | grep ':5001 '"
}

heard() {
  wait
  equal "$digest" "$(cat /run/hosts/received)"
}

host_to_guest() {
  guest_do g1 "mkfifo /tmp/never; nc -l -p 5001 <>/tmp/never | sha256sum" >/run/hosts/received &
  within 10 guest_do g1 "netstat -lnt 2>/dev/null | grep ':5001 .*LISTEN'" && sends a 192.168.0.1 && heard
}

guest_to_host() {
  cp /run/hosts/random /run/hosts/guest-g1/random
  hears a && guest_do g1 "nc 192.168.0.254 5001 </shared/random" && heard
}

host_to_host() { hears b && sends a 192.168.0.253 && heard; }

check "20 MiB by TCP from the host to a guest, which takes no offload" host_to_guest
check "20 MiB by TCP from that guest to the host" guest_to_host

# ---- Super-frames, segmented for the trunk -------------------------------------------------------------------------

# packets NAME FILTER…: how many of a capture there are.
packets() { tcpdump -nr "/run/hosts/$1.pcap" "${@:2}" 2>/dev/null | wc -l; }

if can_capture; then
  capture a tap0 sender -B 65536 tcp and src 192.168.0.254
  capture b tap0 receiver -B 65536 tcp and src 192.168.0.254
fi
check "20 MiB by TCP from host to host" host_to_host
if can_capture; then
  capture_end sender
  capture_end receiver
  check "the sender's kernel handed over super-frames" at_least 100 "$(packets sender greater 3000)"
  check "they came as segments" at_least 10000 "$(packets receiver)"
  check "none longer than the MTU" equal 0 "$(packets receiver greater 1515)"
  check "and the checksum of each is correct" \
    equal 0 "$(tcpdump -vvnr /run/hosts/receiver.pcap 2>/dev/null | grep -c incorrect)"
else
  skip "the checksums of segments" "tcpdump needs root"
fi

# ---- A bridge, for programs that open a TAP of their own -----------------------------------------------------------

check "a port waits for its bridge" port_is bridge waiting
ip -n a link add br0 type bridge
ip -n a link set br0 up
check "and comes up with it" within 5 port_is bridge up

check "a TAP for User Mode Linux" on a "$build/umbel" tap create tap2 --bridge br0
guest_start a g2 192.168.0.2/24 eth0 linux.uml eth0=tuntap,tap2

check "a TAP for QEMU" on a "$build/umbel" tap create tap3 --bridge br0
ip -n a tuntap add tap4 mode tap
started qemu.log nsenter --net=/run/netns/a -- qemu-system-x86_64 -M none -display none -nodefaults \
  -netdev tap,id=lan,ifname=tap3,script=no,downscript=no -netdev hubport,id=h1,hubid=1,netdev=lan \
  -netdev tap,id=guest,ifname=tap4,script=no,downscript=no -netdev hubport,id=h2,hubid=1,netdev=guest
check "QEMU has both its devices" within 10 eval "on a '$build/umbel' tap list | grep -q 'tap4.*qemu'"
# QEMU keeps its end, wherever the device goes.
ip -n a link set tap4 netns q
ip -n q address add 192.168.0.9/24 dev tap4
ip -n q link set tap4 up

check "QEMU with -netdev tap reaches the host" within 10 on q busybox ping -c 3 -i 0.2 -W 2 192.168.0.254
check "and a guest of a door" on q busybox ping -c 3 -i 0.2 -W 2 192.168.0.1
check "and the other host" on q busybox ping -c 3 -i 0.2 -W 2 192.168.0.253
check "User Mode Linux with eth0=tuntap reaches the host" pings g2 192.168.0.254
check "and QEMU" pings g2 192.168.0.9
check "and the other host" pings g2 192.168.0.253

# ---- Devices that go and come --------------------------------------------------------------------------------------

ip -n a link set tap0 down
check "with its device down a port waits" within 5 port_is host waiting
ip -n a link set tap0 up
check "and is up again with it" within 5 port_is host up
check "and carries frames" within 5 on a busybox ping -c 1 -W 1 192.168.0.1
ip -n a link delete tap0
check "with its device deleted a port waits" within 5 port_is host waiting
check "and makes it anew" within 10 port_is host up
check "with its address" within 10 on a busybox ping -c 1 -W 1 192.168.0.1
ip -n a link set tap0 mtu 9000
check "another MTU is another largest frame" within 5 eval \
  "asks a ListPorts \"[p.get('largestFrame') for p in ports if p['name'] == 'host']\" | grep 9018"
check "the port is removed" umbel a port remove lab host
check "and its device with it" fails ip -n a link show tap0
check "the other agent has stayed small" at_most 8191 "$(anonymous_kib b)"
