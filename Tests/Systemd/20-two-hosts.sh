# Two hosts in one booted system: the shipped unit twice, each in the network of a host.
#
#   g1 ── host a [umbeld-a.service]──s1──[umbeld-b.service] host b ── g2
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
agent a
agent b
guest_bess a g1 10.1.0.1/24 "$(door a default)"
guest_run b g2 10.1.0.2/24 default
for host in a b; do
  check "the agent of host $host is in that host's network" \
    equal "$(stat -Lc %i /run/netns/$host)" "$(stat -Lc %i "/proc/${agent_pid[$host]}/ns/net")"
done
check "the guests of the two hosts reach each other" pings g1 10.1.0.2
check "a megabyte over TCP comes as it was sent" transfers g2 g1 10.1.0.1 1
agent_end b
check "without the other agent they do not" fails guest_do g1 ping -c 1 -W 1 10.1.0.2
