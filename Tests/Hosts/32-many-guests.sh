# More guests than there is room for: they wait, the agent can still be asked, and all is given back.
#
#   host a [agent with 64 descriptors]──100 guests
#   host b [agent]──4,150 guests
#
# Limit: 120 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24

# crowd HOST NUMBER: so many guests come and stay.
crowd() {
  started "crowd-$1.log" nsenter "--net=/run/netns/$1" -- bash -c 'ulimit -Sn hard; exec python3 "$@"' bash \
    "$HOSTS_DIR/frame.py" crowd "$(door "$1" default)" "$2"
  crowd=$!
}

# at_rest HOST NUMBER: has its agent that many descriptors again?
at_rest() { equal "$2" "$(descriptors "$1")"; }

agent a
prlimit --nofile=64:64 --pid "${agent_pid[a]}"
before=$(descriptors a)
crowd a 100
check "100 guests connect to an agent with 64 descriptors" within 10 grep -q ready "$logs/crowd-a.log"
check "it says why some of them wait" within 5 grep -q 'guests wait at .*: Too many open files' "$logs/agent-a.log"
check "it lets in as many as leave it a dozen" at_most 52 "$(descriptors a)"
check "and not many fewer" at_least 44 "$(descriptors a)"
check "umbel status answers" umbel a status
ended "$crowd"
check "its descriptors come back" within 10 at_rest a "$before"

agent b
before=$(descriptors b)
crowd b 4150
check "a LAN has 4,096 ports: its trunk, its datagram door and its guests" within 30 guest_ports b 4094
check "its journal says why the other guests wait" within 10 grep -q 'guests wait at .*: the LAN has as many ports' \
  "$logs/agent-b.log"
check "one more by umbel run is refused with the limit" fails umbel b run default -- true '{fd}'
ended "$crowd"
check "all ports of guests end" within 30 guest_ports b 0
check "their descriptors come back" within 10 at_rest b "$before"
