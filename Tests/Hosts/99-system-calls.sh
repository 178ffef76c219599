# How many system calls a frame takes under load: batches go through from one end to the other. Meant for a release build.
#
#   host a [agent: local, group, tunnel]──s1──[agent: group, tunnel] host b
#
# strace makes each call slow, so that batches fill; without it a thread that keeps up makes more calls for fewer frames.
# Nothing holds the sender back across hosts: trunks have buffers for what the slow agent has not read yet.
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
needs strace
[ -x "$build/umbel-load" ] || fatal "there is no $UMBEL_BUILD/umbel-load: build it first (swift build -c release)"

segment s1
for number in 1 2; do
  host=$([ "$number" = 1 ] && echo a || echo b)
  host "$host" s1 "10.0.0.$number/24"
  cat >"/run/hosts/$host.yaml" <<YAML
threads: 1
lans:
  local: {doors: [bess, stream]}
  group: {ports: [{name: site, transport: mcast, buffers: 64M}]}
  tunnel: {ports: [{name: site, transport: vxlan, vni: 42, peers: [10.0.0.$((3 - number))], buffers: 64M}]}
YAML
  agent "$host" --config "/run/hosts/$host.yaml"
done
for host in a b; do check "the trunks of agent $host are up" within 5 trunk "$host" up; done

frames=200000
# load NAME HOST WAY WAY [OPTION…]: sends frames while the agent's calls are counted. Sets received, receives, sends and
# calls.
load() {
  local name=$1 host=$2 thread
  shift 2
  for thread in "/proc/${agent_pid[$host]}/task/"*; do
    grep -q forward "$thread/comm" && break
  done
  started "strace-$name.log" strace -c -U calls,name -o "/run/hosts/calls-$name" -p "${thread##*/}"
  strace=$!
  within 10 grep -q attached "$logs/strace-$name.log" || fatal "strace does not attach"
  "$build/umbel-load" pair "$@" --frames "$frames" --buffer 4194304 >"$logs/load-$name.log" 2>&1
  ended "$strace" INT
  received=$(tr ' ' '\n' <"$logs/load-$name.log" | sed -n 's/^received=//p')
  sends=$(counted "$name" 'sendm*msg')
  receives=$(counted "$name" 'recvm*msg')
  calls=$(counted "$name" total)
  echo "# $name: $received of $frames frames arrived, $receives calls that receive, $sends that send, $calls in all"
}
counted() { awk -v name="^$2\$" '$2 ~ name {sum += $1} END {print sum + 0}' "/run/hosts/calls-$1"; }

# 2/64 of a call a frame, each way; the frames before the measurement are not in the count.
limit=$((frames * 2 / 64))
load local a "seqpacket:$(door a local)"
check "frames cross from guest to guest" at_least $((frames * 99 / 100)) "$received"
check "less than two calls that receive for 64 frames" at_most "$limit" "$receives"
check "less than two that send" at_most "$limit" "$sends"
for lan in group tunnel; do
  for host in a b; do
    load "$lan-$host" "$host" "seqpacket:$(door a "$lan")" "seqpacket:$(door b "$lan")"
    check "frames cross LAN $lan" at_least $((frames / 2)) "$received"
    check "agent $host makes less than a call for ten frames" at_most $((received / 10)) "$calls"
  done
done

# ---- Streams -------------------------------------------------------------------------------------------------------

# rate NAME WAY: frames a second between two guests, of 64 bytes.
rate() {
  "$build/umbel-load" pair "$2" --frames 1000000 | tee "$logs/rate-$1.log" | tr ' ' '\n' |
    sed -n 's/^frames_per_second=//p'
}
messages=$(rate messages "seqpacket:$(door a local)")
stream=$(rate stream "stream:$(door a local stream)")
echo "# $messages frames a second in messages, $stream in streams"
check "a guest that writes many frames to a stream at once gets five times the frames across" \
  at_least $((messages * 5)) "$stream"
