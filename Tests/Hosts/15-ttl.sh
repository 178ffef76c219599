# How far a LAN reaches is its TTL. Between two segments stands a router with static multicast routing.
#
#   host a [agent]──s1──router──s2──[agent] host b
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
segment s2
host a s1 10.0.1.1/24
host b s2 10.0.2.1/24
host router
plug router eth1 s1 10.0.1.254/24
plug router eth2 s2 10.0.2.254/24
started mroute.log nsenter --net=/run/netns/router -- python3 "$HOSTS_DIR/mroute.py" 239.192.168.1 \
  10.0.1.1:eth1:eth2 10.0.2.1:eth2:eth1
check "the router routes" within 10 grep -q ready "$logs/mroute.log"

# The router by itself, with native stations.
collector b native-1 mcast:239.192.168.1:1102 0 --seconds 2
frames a number mcast:239.192.168.1:1102:1 100
check "the router keeps datagrams with TTL 1" collected native-1
collector b native-2 mcast:239.192.168.1:1102 100
frames a number mcast:239.192.168.1:1102:2 100
check "the router forwards datagrams with TTL 2" collected native-2

for ttl in 1 2; do
  cat >/run/hosts/ttl-$ttl.yaml <<EOF
lans:
  lab:
    ports:
      - {name: site, transport: mcast, role: trunk, group: 239.192.168.1, port: 1102, ttl: $ttl}
EOF
done

agent a --config /run/hosts/ttl-1.yaml
agent b --config /run/hosts/ttl-1.yaml
collector b ttl-1 "$(door b lab)" 0 --seconds 3
check "the agent beyond the router has a guest" within 5 guest_ports b 1
frames a number "$(door a lab)" 500
check "with TTL 1 a LAN stays on its segment" collected ttl-1

agent_end a
agent_end b
agent a --config /run/hosts/ttl-2.yaml
agent b --config /run/hosts/ttl-2.yaml
collector b ttl-2 "$(door b lab)" 500
check "the agent beyond the router has a guest again" within 5 guest_ports b 1
frames a number "$(door a lab)" 500
check "with TTL 2 it crosses the router" collected ttl-2
