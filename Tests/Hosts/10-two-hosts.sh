# Two hosts, an agent and a guest on its bess door each, and a guest started by "umbel run".
#
#   host a [agent]──s1──[agent] host b
#    │   │                │
#    g1  g3               g2
#
# Limit: 300 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
agent a
agent b
guest_bess a g1 10.1.0.1/24 "$(door a default)"
guest_bess b g2 10.1.0.2/24 "$(door b default)"
guest_run a g3 10.1.0.3/24 default

check "a guest on a bess door reaches one on another host" pings g1 10.1.0.2
check "a guest of umbel run reaches one on another host" pings g3 10.1.0.2
check "a guest of umbel run reaches one on its own host" pings g3 10.1.0.1
check "each agent lists its own guests only" guest_ports b 1
check "100 MiB arrive byte for byte between two hosts" transfers g1 g2 10.1.0.2 100
check "20 MiB arrive byte for byte the other way" transfers g2 g3 10.1.0.3 20
