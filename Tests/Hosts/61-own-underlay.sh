# A guest port in the bridge of the underlay: the HOWTO's own recipe, with eth0 and the host's end of the LAN in one
# bridge. The trunk's datagrams come in by that port, and each would be carried as a datagram again.
#
#   host a [agent: red, trunk on br0]         s1──eth0 host b [agent: red, blue]
#           └ guest port of red ── lan0                │
#                                  lan1 ── br0 ── eth0─┘
#
# lan0 and lan1 are a veth pair. On a kernel that has TUN, a TAP of the agent would stand in their place.
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

can_capture || { skip "the datagrams on the wire are counted" "tcpdump needs root"; exit; }

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
ip -n a address flush dev eth0
ip -n a link add br0 type bridge mcast_snooping 0
ip -n a link add lan0 type veth peer name lan1
for port in eth0 lan1; do ip -n a link set "$port" master br0; done
# Nothing but the scenario's own frames: IPv6 reports its groups.
for namespace in wires a b; do on "$namespace" sysctl -qw net.ipv6.conf.all.disable_ipv6=1; done
for interface in br0 lan0 lan1; do ip -n a link set "$interface" up; done
ip -n a address add 10.0.0.1/24 dev br0
ip -n a route replace 224.0.0.0/4 dev br0

cat >/run/hosts/a.yaml <<'EOF'
lans:
  red:
    ports:
      - {name: site, transport: mcast, role: trunk, group: 239.192.168.1, port: 1102}
  blue:
    ports:
      - {name: site, transport: mcast, role: trunk, group: 239.192.168.2, port: 1102}
EOF
agent a --config /run/hosts/a.yaml
agent b --config /run/hosts/a.yaml
for host in a b; do check "the trunks of agent $host are up" within 5 trunk "$host" up; done
started relay.log nsenter --net=/run/netns/a -- python3 "$HOSTS_DIR/frame.py" relay "$(door a red)" lan0
check "a guest port of LAN red is in the bridge of the underlay" within 5 guest_ports a 1

# on_wire NAME GROUP: datagrams to a group that the capture has seen.
on_wire() { tcpdump -r "/run/hosts/$1.pcap" "udp and dst host $2" 2>/dev/null | wc -l; }

dropped() { asks a ListPorts 'sum(p["drops"].get("own-underlay", 0) for p in ports if p["role"] == "guest")'; }
has_dropped() { at_least "$1" "$(dropped)"; }

# storm NAME ARGUMENT…: what one numbered frame leaves on the wire within a second.
storm() {
  local name=$1
  shift
  capture b eth0 "$name" udp
  frames b number "$@"
  sleep 1
  capture_end "$name"
}

storm one "$(door b red)" 1
on_wire one 239.192.168.1
check "one frame of the other host is one datagram on the wire" equal 1 "$(on_wire one 239.192.168.1)"
check "the port shows what it has dropped" within 5 has_dropped 1

# A numbered frame of 3,000 bytes is a datagram of three fragments. The LAN's own frame reaches the bridge only if it is
# not longer than its MTU, so the fragments of the datagram are all that comes back.
before=$(dropped)
storm large "$(door b red)" 1 --size 3000
check "nor does a fragment go round" equal 3 "$(on_wire large 239.192.168.1)"
check "the fragments are dropped too" within 5 has_dropped $((before + 3))

before=$(dropped)
storm other "$(door b blue)" 100
check "a datagram of another LAN's trunk is not carried by this one" equal 0 "$(on_wire other 239.192.168.1)"
check "it is dropped as the agent's own" within 5 has_dropped $((before + 100))

record='red/bess-1 brings in datagrams of trunk red/site (239.192.168.1:1102)'
check "the journal says what is bridged with what, and says it once" \
  equal 1 "$(grep -cF "$record" "$logs/agent-a.log")"
check "and names the remedy" grep -q 'take it out (ip link set dev TAP nomaster)' "$logs/agent-a.log"

# The LAN itself goes on.
collector b there "$(door b red)" 500
frames a number "$(door a red)" 500
check "frames of a guest still reach the other host exactly once" collected there

umbel a port remove red site >/dev/null
before=$(dropped)
storm removed "$(door b red)" 1
check "without its trunk the datagram is a guest's frame" equal "$before" "$(dropped)"
