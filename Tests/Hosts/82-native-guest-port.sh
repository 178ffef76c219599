# Native guests of one host on a LAN whose trunk is another: the group stays at home.
#
#   host a [agent]──s1     in a: g1 mcast, g2 mcast, g3 bess; LAN lab has the group as guest port
#   host b ─────────┘      a stranger, who uses the same group on the wire
#
# Limit: 300 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
cat >/run/hosts/a.yaml <<'EOF'
lans:
  lab:
    ports:
      - {name: native, transport: mcast, role: guest, group: 239.192.168.1, port: 1102}
      - {name: site, transport: mcast, role: trunk, group: 239.192.168.2, port: 1102}
EOF

# way: the interface by which programs of host a send to the group; leads INTERFACE, a command for check.
way() { ip -n a route get 239.192.168.1 | sed -n 's/.* dev \([^ ]*\).*/\1/p'; }

leads() { equal "$1" "$(way)"; }

# joined INTERFACE: is a program of host a a member there? 239.192.168.1 is 01A8C0EF in the kernel's table.
# shellcheck disable=SC2016 # awk expands it
joined() { on a awk -v "interface=$1" '/^[0-9]/ {here = $2 == interface} here && $1 == "01A8C0EF" {found = 1}
  END {exit !found}' /proc/net/igmp; }

text() { asks a ListPorts 'next(p["text"] for p in ports if p["name"] == "native")'; }

# One guest is there before the agent.
guest_mcast a g1 10.1.0.1/24
check "a native guest boots without an agent" guest_up g1
agent a --config /run/hosts/a.yaml
check "the group stays at home" leads lo
check "the journal names where the earlier guest has joined, and the remedy" \
  grep -q 'joined 239.192.168.1 on eth0.*set its link down and up' "$logs/agent-a.log"
if can_capture; then capture a eth0 uplink host 239.192.168.1 and udp; fi

guest_mcast a g2 10.1.0.2/24
guest_bess a g3 10.1.0.3/24 "$(door a lab)"
check "the native guests reach each other" pings g2 10.1.0.1
check "a native guest reaches a guest of a door" pings g2 10.1.0.3
check "so does the one that was there before the agent" pings g1 10.1.0.3
check "20 MiB arrive byte for byte from a native guest at the door's" transfers g2 g3 10.1.0.3 20
check "and back" transfers g3 g1 10.1.0.1 20

# What others send to the group on the wire is no business of the LAN.
collector a stranger "$(door a lab)" 0 --seconds 3
within 5 guest_ports a 3
frames b number mcast:239.192.168.1:1102 100 --source 02:00:00:00:00:0b
check "another host's frames of the group do not enter the LAN" collected stranger
check "the early guest is a member on the uplink" joined eth0
guest_do g1 "ip link set eth0 down && ip link set eth0 up"
check "after its link was down and up it is no more" within 5 fails joined eth0
check "it still reaches the others" pings g1 10.1.0.3

if can_capture; then
  capture_end uplink
  check "the capture holds the stranger's datagrams" equal 100 \
    "$(tcpdump -nr /run/hosts/uplink.pcap src host 10.0.0.2 2>/dev/null | wc -l)"
  check "no datagram to the group has left the host" equal "" \
    "$(tcpdump -nr /run/hosts/uplink.pcap src host 10.0.0.1 2>/dev/null)"
else
  skip "no datagram to the group has left the host" "tcpdump needs root"
fi

ip -n a route del 239.192.168.1 dev lo
check "a route that somebody deletes is put back" within 5 leads lo
agent_end a
check "the route is gone with the agent" leads eth0

# An agent that may not change the network. The guests are still there; the early one has joined at home.
started agent-a.log nsenter --net=/run/netns/a -- setpriv --bounding-set=-net_admin --inh-caps=-net_admin \
  "$build/umbeld" --runtime-dir "$(runtime a)" --config /run/hosts/a.yaml
agent_pid[a]=$!
command="sudo ip route add 239.192.168.1/32 dev lo"
check "without CAP_NET_ADMIN an agent starts" within 10 umbel a status
check "its port says by which interface the guests' frames leave, and the command" \
  equal "239.192.168.1:1102 on eth0, by which guests' frames leave this host: run $command" "$(text)"
check "the journal says it as well" grep -q "this agent lacks CAP_NET_ADMIN: run $command" "$logs/agent-a.log"
check "the guests reach each other" pings g2 10.1.0.1
guest_bess a g4 10.1.0.4/24 "$(door a lab)"
check "and those of doors" pings g2 10.1.0.4
frames b number mcast:239.192.168.1:1102 100 --source 02:00:00:00:00:0b
foreign() { at_least 100 "$(asks a ListPorts 'next(p["transportCounters"].get("foreign-sender", 0)
  for p in ports if p["name"] == "native")')"; }
check "another host's frames are dropped and counted" within 5 foreign
check "the journal names that host once" equal 1 "$(grep -c 'frames from 10.0.0.2 are dropped' "$logs/agent-a.log")"
ip -n a route add 239.192.168.1/32 dev lo
at_home() { equal "239.192.168.1:1102 on lo" "$(text)"; }
check "with the command carried out the port moves to lo" within 5 at_home
check "and the guests reach each other still" pings g2 10.1.0.4
