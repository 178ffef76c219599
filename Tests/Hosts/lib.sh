# What scenarios are written with: verdicts, hosts, wires, agents. Guests are in guest.sh, which this file sources.
# A scenario runs in a machine of its own (sandbox.sh): names need not be unique, and nothing needs to be cleaned up.
#
#   segment s1                      a bridge, in the namespace "wires"
#   host a s1 10.0.0.1/24           a network namespace with lo, eth0 on that segment, and a route for multicast
#   agent a                         umbeld on host a, ready when the function returns
#   umbel a status                  the command line, talking to that agent
#   check "a sentence" command…     one verdict: does the command succeed?
#
# Settings: HOSTS_DIR is this directory, descriptor 3 takes the verdicts, /run/hosts/build holds the built programs.
set -u
build=${HOSTS_BUILD:-/run/hosts/build}
logs=/run/hosts/logs
declare -A agent_pid=()

# ---- Verdicts ----------------------------------------------------------------------------------------------------

verdict() { echo "$1 $2" | tee -a /dev/fd/3; }

ok() { verdict ok "$1"; }

# not_ok SENTENCE: takes from its input what explains it.
not_ok() {
  verdict "not ok" "$1"
  sed 's/^/#   /'
  : >/run/hosts/failed
}

# skip SENTENCE REASON
skip() { verdict skip "$1 ($2)"; }

# check SENTENCE COMMAND…: what the command prints is shown only when it fails. Sets checked to "ok" or "FAIL". The
# command runs in a subshell: what it sets is lost.
check() {
  local sentence=$1 output
  shift
  if output=$("$@" 2>&1); then
    checked=ok
    ok "$sentence"
  else
    # shellcheck disable=SC2034 # for callers
    checked=FAIL
    printf '%s\n' "$output" | tail -n 40 | not_ok "$sentence"
  fi
}

# equal WANTED FOUND: a command for check.
equal() {
  [ "$1" = "$2" ] && return
  printf 'wanted: %s\n found: %s\n' "$1" "$2"
  return 1
}

# at_most LIMIT FOUND, at_least LIMIT FOUND: commands for check, for whole numbers.
at_most() {
  [ "$2" -le "$1" ] && return
  echo "$2 is more than $1"
  return 1
}

at_least() {
  [ "$2" -ge "$1" ] && return
  echo "$2 is less than $1"
  return 1
}

# fails COMMAND…: a command for check.
fails() { ! "$@"; }

# within SECONDS COMMAND…: tries until the command succeeds.
within() {
  local deadline=$((SECONDS + $1)) output
  shift
  until output=$("$@" 2>&1); do
    if [ "$SECONDS" -gt "$deadline" ]; then
      printf '%s\nstill so after all that time: %s\n' "$output" "$*"
      return 1
    fi
    sleep 0.05
  done
}

# fatal SENTENCE: the scenario cannot go on.
fatal() {
  verdict "not ok" "$1"
  : >/run/hosts/failed
  exit
}

# needs PROGRAM…: the scenario cannot go on without these.
needs() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || fatal "there is no $program: contrib/setup installs it"
  done
}

# ---- Hosts and wires ---------------------------------------------------------------------------------------------

# segment NAME [MTU]
segment() {
  [ -e /run/netns/wires ] || ip netns add wires
  ip -n wires link add "$1" mtu "${2:-1500}" type bridge mcast_snooping 0
  ip -n wires link set "$1" up
}

# host NAME [SEGMENT ADDRESS/LENGTH]
host() {
  ip netns add "$1"
  ip -n "$1" link set lo up
  [ $# -eq 1 ] || plug "$1" eth0 "$2" "$3"
}

# plug HOST INTERFACE SEGMENT ADDRESS/LENGTH: the interface comes up last, as on a real machine.
plug() {
  local mtu
  mtu=$(ip netns exec wires cat "/sys/class/net/$3/mtu")
  ip link add "$2" mtu "$mtu" netns "$1" type veth peer name "$1-$2" mtu "$mtu" netns wires
  ip -n wires link set "$1-$2" master "$3" up
  ip -n "$1" address add "$4" dev "$2"
  ip -n "$1" link set "$2" up
  ip -n "$1" route append 224.0.0.0/4 dev "$2"
}

# unplug HOST INTERFACE: the interface is deleted, its addresses and routes with it.
unplug() { ip -n "$1" link delete "$2"; }

# on HOST COMMAND…: runs it in that host's network.
on() {
  local host=$1
  shift
  nsenter "--net=/run/netns/$host" -- "$@"
}

# started LOG COMMAND…: in the background, in a session of its own; its pid is in $!.
started() {
  local log=$1
  shift
  setsid "$@" </dev/null >>"$logs/$log" 2>&1 3>&- &
}

# ended PID [SIGNAL]: ends a process of "started" with all its children.
ended() {
  kill -"${2:-KILL}" -- "-$1" 2>/dev/null
  wait "$1" 2>/dev/null
}

# ---- Agents ------------------------------------------------------------------------------------------------------

runtime() { echo "/run/hosts/$1"; }

# door HOST LAN [DOOR]: the path of a way in.
door() { echo "$(runtime "$1")/$2/${3:-bess}"; }

# What agents that are started next have in their environment, NAME=VALUE.
agent_environment=()

# agent HOST [OPTION…]: starts umbeld with a runtime directory of its own and waits until it says READY=1.
agent() {
  local host=$1 directory notified
  directory=$(runtime "$host") notified=$logs/notify-$host.log
  shift
  [ -x "$build/umbeld" ] || fatal "there is no $UMBEL_BUILD/umbeld: build it first (swift build -c release)"
  mkdir -p "$directory"
  rm -f "$directory/manager"
  : >"$notified"
  started "notify-$host.log" python3 "$HOSTS_DIR/notify.py" listen "$directory/manager"
  within 10 test -S "$directory/manager" || fatal "notify.py does not listen"
  started "agent-$host.log" nsenter "--net=/run/netns/$host" -- \
    env "${agent_environment[@]}" NOTIFY_SOCKET="$directory/manager" "$build/umbeld" --runtime-dir "$directory" "$@"
  agent_pid[$host]=$!
  within 10 agent_is_ready "$host" "$notified" || fatal "the agent of host $host does not say READY=1"
}

# Succeeds, too, when the agent is gone: the caller must not wait for it.
agent_is_ready() { grep -q '^READY=1' "$2" || ! agent_lives "$1"; }

agent_lives() { kill -0 "${agent_pid[$1]}" 2>/dev/null; }

# agent_end HOST: as the service manager ends it.
agent_end() {
  kill "${agent_pid[$1]}"
  wait "${agent_pid[$1]}"
}

# agent_says HOST TEXT: did it notify the service manager of this?
agent_says() { grep -qi -- "$2" "$logs/notify-$1.log"; }

# umbel HOST ARGUMENT…
umbel() {
  local host=$1
  shift
  on "$host" "$build/umbel" --socket "$(runtime "$host")/umbel.sock" "$@"
}

# asks HOST METHOD EXPRESSION: a value out of what the agent answers; see varlink.py.
asks() { python3 "$HOSTS_DIR/varlink.py" "$(runtime "$1")/umbel.sock" "$2" "$3"; }

# guest_ports HOST NUMBER: a command for check and within: has the agent this many guest ports?
guest_ports() { equal "$2" "$(asks "$1" ListPorts 'sum(1 for p in ports if p["role"] == "guest")')"; }

# door_ports HOST NUMBER LAN [DOOR]: has the LAN this many ports, or this many of that door?
door_ports() {
  equal "$2" "$(asks "$1" ListPorts "sum(1 for p in ports if p['lan'] == '$3' and p['name'].startswith('${4-}'))")"
}

# stations HOST NUMBER: has it this many entries in its FDBs?
stations() { equal "$2" "$(asks "$1" ListStations 'len(stations)')"; }

# trunk HOST STATE: are all its trunks in that state?
trunk() { equal "['$2']" "$(asks "$1" ListPorts 'sorted({p["state"] for p in ports if p["role"] == "trunk"})')"; }

# anonymous_kib HOST: the agent's anonymous memory.
anonymous_kib() { awk '/^RssAnon:/ {print $2}' "/proc/${agent_pid[$1]}/status"; }

descriptors() { find "/proc/${agent_pid[$1]}/fd" -mindepth 1 | wc -l; }

# ---- Frames ------------------------------------------------------------------------------------------------------

# frames HOST ARGUMENT…: the frame tool in that host's network; see frame.py.
frames() {
  local host=$1
  shift
  on "$host" python3 "$HOSTS_DIR/frame.py" "$@"
}

# collector HOST NAME WHERE COUNT [OPTION…]: starts to collect numbered frames; "collected NAME", a command for check,
# waits for it and says whether all was well. What comes before it is known to the agent as a port is not for it:
# wait for guest_ports before sending.
collector() {
  local host=$1 name=$2
  shift 2
  started "collector-$name.log" nsenter "--net=/run/netns/$host" -- python3 "$HOSTS_DIR/frame.py" collect "$@"
  collector_pid[$name]=$!
  within 10 grep -q ready "$logs/collector-$name.log" || fatal "collector $name does not start"
}
declare -A collector_pid=()

collected() {
  # Checks run in a subshell, which cannot wait for a process of the shell.
  tail --pid="${collector_pid[$1]}" -f /dev/null
  cat "$logs/collector-$1.log"
  grep -qx 'all is well' "$logs/collector-$1.log"
}

# passes HOST NAME FROM TO SENTENCE COUNT [OPTION…]: a check that numbered frames of one LAN of that host arrive in the
# other, each once. The collector's port must be there before the first frame, and alone.
passes() {
  local host=$1 name=$2 from=$3 to=$4 sentence=$5 count=$6
  shift 6
  within 10 door_ports "$host" 0 "$to" bess
  collector "$host" "$name" "$(door "$host" "$to")" "$count" "$@"
  within 10 door_ports "$host" 1 "$to" bess
  frames "$host" number "$(door "$host" "$from")" "$count" "$@"
  check "$sentence" collected "$name"
}

# hub HOST ONE OTHER: starts a QEMU that joins two back ends, words of -netdev without "id="; its pid is in $hub.
hub() {
  started qemu.log nsenter "--net=/run/netns/$1" -- qemu-system-x86_64 -M none -nodefaults -display none \
    -netdev "$2,id=one" -netdev hubport,id=near,hubid=0,netdev=one \
    -netdev "$3,id=other" -netdev hubport,id=far,hubid=0,netdev=other
  # shellcheck disable=SC2034 # for scenarios
  hub=$!
}

# tcpdump gives up root as soon as it can, and a user namespace of one user has nobody else to be.
can_capture() { [ -z "${HOSTS_UNPRIVILEGED-}" ]; }

# capture HOST INTERFACE NAME FILTER…: starts tcpdump; capture_end NAME ends it. The packets are in /run/hosts/NAME.pcap.
capture() {
  local host=$1 interface=$2 name=$3
  shift 3
  started "tcpdump-$name.log" nsenter "--net=/run/netns/$host" -- \
    tcpdump -Z root -i "$interface" --immediate-mode -Un -w "/run/hosts/$name.pcap" "$@"
  capture_pid[$name]=$!
  within 10 grep -q 'listening on' "$logs/tcpdump-$name.log" || fatal "tcpdump does not start on host $host"
}
declare -A capture_pid=()

capture_end() { ended "${capture_pid[$1]}" INT; }

# shellcheck source=Tests/Hosts/guest.sh
. "$HOSTS_DIR/guest.sh"

# Where a service manager runs the agents.
# shellcheck source=Tests/Systemd/services.sh
[ -z "${HOSTS_AGENTS-}" ] || . "$HOSTS_AGENTS"
