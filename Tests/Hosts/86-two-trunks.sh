# Two agents that share two trunks of a LAN: the second path is muted, and takes over when the first falls silent.
#
#   host a [agent: lab]──s1 (mcast)──[agent: lab] host b
#                      └─s2 (vxlan)─┘
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
segment s2
for number in 1 2; do
  host=$([ "$number" = 1 ] && echo a || echo b)
  host "$host" s1 "10.0.1.$number/24"
  plug "$host" eth1 s2 "10.0.2.$number/24"
  cat >"/run/hosts/$host.yaml" <<EOF
lans:
  lab:
    ports:
      - {name: group, transport: mcast, role: trunk, interface: eth0}
      - {name: tunnel, transport: vxlan, role: trunk, vni: 42, peers: [10.0.2.$((3 - number))]}
EOF
  agent "$host" --config "/run/hosts/$host.yaml"
done
for host in a b; do check "the trunks of agent $host are up" within 10 trunk "$host" up; done

# muted HOST PORTS: by which trunks is the other agent muted?
muted() { equal "$2" "$(asks "$1" ListPeers '",".join(sorted(p["port"] for p in peers if p["muted"]))')"; }
check "agent a mutes the younger path" within 5 muted a tunnel
check "agent b mutes the same" within 5 muted b tunnel

# arrives NAME FROM TO: does each broadcast come once?
arrives() {
  within 5 door_ports "$3" 0 lab bess
  collector "$3" "$1" "$(door "$3" lab)" 500 --source "02:00:00:00:00:0$2"
  within 5 door_ports "$3" 1 lab bess
  frames "$2" number "$(door "$2" lab)" 500 --source "02:00:00:00:00:0$2"
  collected "$1"
}
check "each broadcast of host a arrives once" arrives ab a b
check "each broadcast of host b arrives once" arrives ba b a
for host in a b; do
  check "the journal of agent $host names both trunks, once" equal 1 \
    "$(grep -c 'is heard by two ways of LAN lab: group and tunnel' "$logs/agent-$host.log")"
done
dropped() { asks "$1" ListPorts 'sum(p["drops"].get("duplicate-path", 0) for p in ports)'; }
check "what came by the second path was dropped as such" at_least 500 "$(dropped b)"
check "the table says which path is muted" grep -q 'tunnel.*muted: second path' <(umbel a peer list)
check "the status says it" grep -q 'tunnel is a second path' <(umbel a status)

for host in a b; do ip -n wires link set "$host-eth0" nomaster; done
check "when the first path falls silent the second is open at host a" within 12 muted a ""
check "and at host b" within 12 muted b ""
check "broadcasts arrive by it, once" arrives second a b
for host in a b; do ip -n wires link set "$host-eth0" master s1; done
check "when the first is back the second is muted again" within 8 muted a tunnel
check "at both ends" within 8 muted b tunnel
check "and each broadcast arrives once" arrives again b a
