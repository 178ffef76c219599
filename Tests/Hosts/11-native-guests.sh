# Guests that use the multicast group themselves (eth0=mcast) are stations of the LAN, with an agent beside them or not.
#
#   host a [agent] [g1 mcast]──┐
#   host b [agent]──g2 bess ───s1
#   host c          [g3 mcast]─┘
#
# Limit: 420 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
host c s1 10.0.0.3/24
agent a
agent b
guest_mcast a g1 10.1.0.1/24
guest_bess b g2 10.1.0.2/24 "$(door b default)"

check "a native guest beside an agent reaches a bess guest on another host" pings g1 10.1.0.2
check "100 MiB arrive byte for byte from a native guest at a bess guest" transfers g1 g2 10.1.0.2 100

guest_mcast c g3 10.1.0.3/24
check "a native guest of a host without an agent joins in" pings g3 10.1.0.2
check "it reaches the other native guest, too" pings g3 10.1.0.1
check "20 MiB arrive byte for byte from a bess guest at a host without an agent" transfers g2 g3 10.1.0.3 20
