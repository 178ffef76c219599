# Three agents on one trunk, and a native station: every broadcast arrives exactly once at every guest.
#
#   host a [agent]──┐
#   host b [agent]──s1──host d [native]
#   host c [agent]──┘
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
for n in 1 2 3; do
  host h$n s1 10.0.0.$n/24
  agent h$n
done
host h4 s1 10.0.0.4/24

for n in 1 2 3; do
  for guest in a b; do
    collector h$n "h$n-$guest" "$(door h$n default)" 2000 --seconds 20
  done
  check "the agent of host h$n has two guests" within 5 guest_ports h$n 2
done
collector h4 h4-native mcast:239.192.168.1:1102 2000 --seconds 20
frames h1 number "$(door h1 default)" 2000
for collector in h{1,2,3}-{a,b} h4-native; do
  check "each of 2000 broadcasts arrives exactly once at $collector" collected "$collector"
done
