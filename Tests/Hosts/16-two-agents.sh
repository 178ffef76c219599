# Two agents and a native guest on one host share a group: each hears every frame of the others exactly once.
#
#   host a [agent, a second agent, native station]──s1──[agent] host b
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
# The second agent of host a goes by a host name of its own, for the same network.
ln -s a /run/netns/second
agent a
agent b
agent second
for host in a b second; do check "the trunk of agent $host is up" within 5 trunk "$host" up; done

native=mcast:239.192.168.1:1102
declare -A place=([a]=$(door a default) [b]=$(door b default) [second]=$(door second default) [native]=$native)

# heard FROM TO…: do 1,000 frames from one come to each of the others exactly once?
heard() {
  local from=$1 to
  shift
  for to in "$@"; do
    collector "${to/native/a}" "$to" "${place[$to]}" 1000 --source 02:00:00:00:00:0"${#from}"
    [ "$to" = native ] || within 5 guest_ports "$to" 1
  done
  frames "${from/native/a}" number "${place[$from]}" 1000 --rate 1000 --source 02:00:00:00:00:0"${#from}"
  for to in "$@"; do collected "$to" || return; done
  for to in "$@"; do [ "$to" = native ] || within 5 guest_ports "$to" 0; done
}

check "from a guest of the first agent" heard a b second native
check "from a guest of the second agent" heard second a b native
check "from a guest of another host" heard b a second native
check "from a native station beside them" heard native a b second
