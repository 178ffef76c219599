# A guest that never reads neither slows another nor makes the agent grow.
#
#   host a [agent]──sender, collector, a guest that hangs
#
# Limit: 120 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
host a s1 10.0.0.1/24
agent a

# How long, in milliseconds, 20,000 broadcasts of 1,500 bytes take to arrive at one collector, each exactly once.
round() {
  local began
  collector a "$1" "$(door a default)" 20000 --size 1500 --seconds 40
  within 5 guest_ports a "$2"
  began=$(date +%s%N)
  frames a number "$(door a default)" 20000 --size 1500 --rate 5000
  check "$3" collected "$1"
  took=$((($(date +%s%N) - began) / 1000000))
  within 5 guest_ports a $(($2 - 1))
}

round alone 1 "20,000 broadcasts arrive at a guest"
alone=$took
started hang.log nsenter --net=/run/netns/a -- python3 "$HOSTS_DIR/frame.py" hang "$(door a default)" \
  --source 02:00:00:00:00:99
hung=$!
check "a guest that never reads has a port" within 5 guest_ports a 1
memory=$(anonymous_kib a)
round beside 2 "20,000 broadcasts arrive beside a guest that never reads"
check "it takes no longer than half as much again ($alone ms alone)" at_most $((alone * 3 / 2)) "$took"
check "what waits for the slow guest is bounded" at_most $((memory + 8192)) "$(anonymous_kib a)"
dropped=$(asks a ListPorts 'max(sum(p["drops"].values()) for p in ports if p["role"] == "guest")')
check "what it did not take is counted as dropped" at_least 1000 "$dropped"
ended "$hung"
check "its port ends with it" within 5 guest_ports a 0
