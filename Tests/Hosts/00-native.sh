# The harness by itself: guests of User Mode Linux that know nothing of an agent.
#
#   host a [g1 mcast]──┐
#                      s1
#   host b [g2 mcast]──┘
#
# Limit: 180 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
guest_mcast a g1 10.1.0.1/24
guest_mcast b g2 10.1.0.2/24

check "a native guest reaches one on another host" pings g1 10.1.0.2
check "20 MiB arrive byte for byte between native guests" transfers g1 g2 10.1.0.2 20
