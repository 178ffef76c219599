# A TAP in the bridge of the underlay: the HOWTO's own recipe, with eth0 and the host's end of the LAN in one bridge. The
# trunk's datagrams come in by the TAP, and each would be carried as a datagram again.
#
#   host a [agent: red, blue; trunks on br0]       host b [agent: red, blue]
#           └ tap0 of LAN red ── br0 ── eth0 ──s1── eth0
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

can_capture || { skip "the datagrams on the wire are counted" "tcpdump needs root"; exit; }

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
ip -n a address flush dev eth0
ip -n a link add br0 type bridge mcast_snooping 0
ip -n a link set eth0 master br0
# Nothing but the scenario's own frames: IPv6 reports its groups.
for namespace in wires a b; do on "$namespace" sysctl -qw net.ipv6.conf.all.disable_ipv6=1; done
ip -n a link set br0 up
ip -n a address add 10.0.0.1/24 dev br0
ip -n a route replace 224.0.0.0/4 dev br0

# Without runs of datagrams in one: what comes in by the TAP is counted.
cat >/run/hosts/both.yaml <<'EOF'
lans:
  red:
    ports:
      - {name: site, transport: mcast, role: trunk, group: 239.192.168.1, port: 1102, hello: false, gso: false}
  blue:
    ports:
      - {name: site, transport: mcast, role: trunk, group: 239.192.168.2, port: 1102, hello: false, gso: false}
EOF
agent a --config /run/hosts/both.yaml
agent b --config /run/hosts/both.yaml
for host in a b; do check "the trunks of agent $host are up" within 5 trunk "$host" up; done
# forwards PORT: is it a port of the bridge of host a that passes frames?
forwards() { bridge -n a link show dev "$1" | grep -q 'master br0 .*state forwarding'; }

umbel a port add red tap device=tap0 bridge=br0 >/dev/null
check "a TAP of LAN red is in the bridge of the underlay" within 5 forwards tap0

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
check "one frame of the other host is a datagram on the wire, and no storm" at_most 5 "$(on_wire one 239.192.168.1)"
check "the port shows what it has dropped" within 5 has_dropped 1

# A numbered frame of 3,000 bytes is a datagram of three fragments. The LAN's own frame reaches the bridge only if it is
# not longer than its MTU, so the fragments of the datagram are all that comes back.
before=$(dropped)
storm large "$(door b red)" 1 --size 3000
check "nor does a fragment go round" at_most 10 "$(on_wire large 239.192.168.1)"
check "the fragments are dropped too" within 5 has_dropped $((before + 3))

before=$(dropped)
storm other "$(door b blue)" 100
check "a datagram of another LAN's trunk is not carried by this one" equal 0 "$(on_wire other 239.192.168.1)"
check "it is dropped as the agent's own" within 5 has_dropped $((before + 100))

record='red/tap-1 brings in datagrams of trunk red/site (239.192.168.1:1102)'
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
