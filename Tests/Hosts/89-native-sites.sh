# Two sites whose guests use the group themselves, as eth0=mcast does, on one LAN: each agent has the group of its own
# host as a guest port, and VXLAN to the other. What those guests send with TTL 1 stays on their host.
#
#   guest g1 (eth0=mcast) ─┐                              ┌─ guest g3 (eth0=mcast)
#   guest g2 (eth0=mcast) ─┤                              │
#                         lo                              lo
#           host a [agent: mcast as guest, vxlan]──s1──[agent] host b ── guest g4 (bess)
#
# Limit: 120 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
# shellcheck source=Tests/Hosts/sites.sh
. "$HOSTS_DIR/sites.sh"

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24

# configuration OTHER
configuration() {
  cat <<YAML
lans:
  lab:
    ports:
      - {name: native, transport: mcast, role: guest, group: 239.192.168.1, port: 1102}
      - {name: sites, transport: vxlan, vni: 42, peers: [$1]}
YAML
}
configuration 10.0.0.2 >/run/hosts/a.yaml
configuration 10.0.0.1 >/run/hosts/b.yaml
! can_capture || capture_heads a eth0 uplink
agent a --config /run/hosts/a.yaml
agent b --config /run/hosts/b.yaml
for host in a b; do check "the trunk of host $host is up" within 10 trunk "$host" up; done

guest_mcast a g1 10.1.0.1/24
guest_mcast a g2 10.1.0.2/24
guest_mcast b g3 10.1.0.3/24
guest_bess b g4 10.1.0.4/24 "$(door b lab)"

check "native guests of one host reach each other" pings g1 10.1.0.2
check "native guests of two sites reach each other" pings g1 10.1.0.3
check "and the other way" pings g3 10.1.0.2
check "a native guest reaches a guest of a door at the other site" pings g2 10.1.0.4
check "and the other way" pings g4 10.1.0.1
check "10 MiB by TCP from site to site" transfers g1 g3 10.1.0.3 10

collector b native mcast:239.192.168.1:1102 300
frames a number mcast:239.192.168.1:1102 300
check "each frame of one site comes to the other once" collected native
collector a own mcast:239.192.168.1:1102 300
frames a number mcast:239.192.168.1:1102 300
check "and once to the site's own members" collected own

if can_capture; then
  capture_whole uplink
  check "the uplink carries the LAN" at_least 300 "$(packets uplink udp port 4789)"
  check "and no packet to the group" equal 0 "$(packets uplink dst host 239.192.168.1)"
else
  skip "what leaves a site" "tcpdump needs root"
fi
agent_end a
check "the group's route is gone with the agent" equal "" "$(ip -n a route show 239.192.168.1)"
