# The LAN follows the interface: deleted and made again while traffic runs, it is back without a restart.
#
#   host a [agent]──s1──[agent] host b     a's eth0 goes and comes back
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
agent a
agent b
check "the trunk is up" within 5 trunk a up

# Traffic both ways, for all of the time.
started traffic-a.log nsenter --net=/run/netns/a -- python3 "$HOSTS_DIR/frame.py" number "$(door a default)" 100000 \
  --rate 200 --source 02:00:00:00:00:0a
started traffic-b.log nsenter --net=/run/netns/b -- python3 "$HOSTS_DIR/frame.py" number "$(door b default)" 100000 \
  --rate 200 --source 02:00:00:00:00:0b

# across FROM TO: are new frames heard on the other host, each once?
across() {
  local to=$2
  collector "$to" across "$(door "$to" default)" 200 --seconds 10
  within 5 guest_ports "$to" 2
  frames "$1" number "$(door "$1" default)" 200
  collected across
}

check "frames cross from a to b" across a b
check "frames cross from b to a" across b a
for round in 1 2; do
  unplug a eth0
  check "without its interface the trunk waits ($round)" within 5 trunk a waiting
  plug a eth0 s1 10.0.0.1/24
  check "the trunk is up again ($round)" within 10 trunk a up
  check "frames cross again from a to b ($round)" across a b
  check "frames cross again from b to a ($round)" across b a
done
check "the agent was not restarted" agent_lives a

plug a eth1 s1 10.0.0.11/24
unplug a eth0
check "another interface that carries multicast will do" within 10 trunk a up
check "frames cross over it" across a b
