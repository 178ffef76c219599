# A trunk stays whole when its interface is renamed or gets another address, by whatever route, and over IPv6.
#
#   host a [agent]──s1──[agent] host b
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
agent a
agent b
check "the trunk is up" within 5 trunk a up

# across FROM TO [LAN [OPTION…]]
across() {
  local from=$1 to=$2 lan=${3-default} options=("${@:4}")
  collector "$to" across "$(door "$to" "$lan")" 200 "${options[@]}"
  within 5 guest_ports "$to" 1
  frames "$from" number "$(door "$from" "$lan")" 200 "${options[@]}"
  collected across && within 5 guest_ports "$to" 0
}

check "a jumbo frame crosses in fragments" across a b default --size 9000

ip -n a link set eth0 down
ip -n a link set eth0 name lan0
check "without its interface the trunk waits" within 5 trunk a waiting
ip -n a link set lan0 up
ip -n a route append 224.0.0.0/4 dev lan0
check "renamed, it is up again" within 5 trunk a up
check "frames cross from a to b" across a b
check "frames cross from b to a" across b a

# Hellos of the other agent are no frames of stations.
heard() {
  asks a ListPorts \
    'sum(p["counters"]["receivedFrames"] - p["counters"]["agentFrames"] for p in ports if p["role"] == "trunk")'
}
before=$(heard)
started traffic.log nsenter --net=/run/netns/a -- python3 "$HOSTS_DIR/frame.py" number "$(door a default)" 3000 \
  --rate 1000 --source 02:00:00:00:00:77
sleep 0.5
for last in 11 12 13; do
  ip -n a address flush dev lan0 scope global
  ip -n a address add "10.0.0.$last/24" dev lan0
  ip -n a route replace 224.0.0.0/4 dev lan0
  sleep 0.3
done
check "with new addresses the trunk is up" within 5 trunk a up
within 5 guest_ports a 0
check "no frame came back from a former address" equal "$before" "$(heard)"
check "frames cross from a to b with the new address" across a b

ip -n a route del 224.0.0.0/4
check "without a route the trunk waits" within 5 trunk a waiting
ip -n a route add default via 10.0.0.2
check "a default route will do" within 5 trunk a up
check "frames cross by it" across a b

for group in ff02::4242 ff05::4242; do
  lan=v${group:3:1}
  for host in a b; do
    umbel "$host" lan add "$lan" >/dev/null
    umbel "$host" port add "$lan" mcast "group=$group" "port=1$((0x${group:2:2}))" >/dev/null
  done
  check "the trunk on $group is up" within 10 trunk a up
  check "frames cross over $group" across a b "$lan"
  check "and back, in fragments" across b a "$lan" --size 9000
done
