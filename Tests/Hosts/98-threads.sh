# Which forwarding thread runs which LAN: spread, together where they share a socket, pinned where they are told to.
#
#   host a [agent: default, one, two, …]──s1──[agent: one, two] host b
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
needs taskset

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24

# thread_of HOST LAN: which one runs it?
thread_of() { asks "$1" ListLans "[l['forwardingThread'] for l in lans if l['name'] == '$2'][0]"; }
# names HOST: the names of its tasks.
names() { sort -u "/proc/${agent_pid[$1]}/task/"*/comm | tr '\n' ' '; }
# thread_count HOST
thread_count() { asks "$1" Status 'len(forwardingThreads)'; }

# ---- How many ------------------------------------------------------------------------------------------------------

agent a
check "there is a forwarding thread for each processor" equal "$(nproc)" "$(thread_count a)"
agent_end a
if [ "$(nproc)" -lt 2 ]; then skip "LANs on two threads" "this machine has one processor"; exit; fi
started alone.log nsenter --net=/run/netns/a -- taskset -c 0 "$build/umbeld" --runtime-dir "$(runtime a)"
alone=$!
within 10 test -S "$(door a default)"
check "of an agent that may use one, there is one" equal 1 "$(thread_count a)"
ended "$alone" TERM

# ---- LANs made by hand ---------------------------------------------------------------------------------------------

echo 'threads: 2' >/run/hosts/threads.yaml
agent a --config /run/hosts/threads.yaml
agent b --config /run/hosts/threads.yaml
check "threads have names" grep -q 'forward-0 forward-1' <(names a)

other=2
for host in a b; do
  for lan in one two; do
    umbel "$host" lan add "$lan" >/dev/null
    [ "$lan" = one ] || check "a new LAN is where the fewest are, agent $host" fails \
      equal "$(thread_of "$host" one)" "$(thread_of "$host" two)"
    vni=$([ "$lan" = one ] && echo 42 || echo 43)
    check "LAN $lan of agent $host gets a tunnel" \
      umbel "$host" port add "$lan" vxlan "vni=$vni" "peers=10.0.0.$other" 2>&1
  done
  other=1
  check "the second has gone to the thread of the socket" equal "$(thread_of "$host" one)" "$(thread_of "$host" two)"
done
check "its trunks are up" within 10 trunk a up
check "and those of the other" within 10 trunk b up
# cross LAN DOOR: do frames come from agent a to a guest of agent b at that door?
cross() {
  local where
  where=$(door b "$1" "$2")
  [ "$2" = bess ] || where=$2:$where
  collector b "$1-$2" "$where" 200
  within 5 door_ports b 1 "$1" "$2" || return
  frames a number "$(door a "$1")" 200
  collected "$1-$2"
}
for lan in one two; do check "frames cross LAN $lan" cross "$lan" bess; done
check "the datagram door of a LAN that has moved lets guests in" cross two dgram

# ---- LANs that cannot go -------------------------------------------------------------------------------------------

elsewhere=$((1 - $(thread_of a one)))
umbel a lan add guests --thread "$elsewhere" >/dev/null
check "a LAN is where it is pinned" equal "$elsewhere" "$(thread_of a guests)"
refused() { umbel a port add "$1" vxlan vni=44 peers=10.0.0.2 2>&1 | tee /run/hosts/refusal; }
refused guests >/dev/null
check "a pinned LAN does not follow a socket, and says so" grep -q "is pinned to $elsewhere" /run/hosts/refusal
check "and stays" equal "$elsewhere" "$(thread_of a guests)"
umbel a lan remove guests
umbel a lan add full >/dev/null
while [ "$(thread_of a full)" != "$elsewhere" ]; do umbel a lan add "filler-$((++fillers))" >/dev/null; umbel a lan remove full; umbel a lan add full >/dev/null; done
umbel a port add full tap device=tap7 >/dev/null
refused full >/dev/null
check "a LAN with ports does not either" grep -q 'has ports on thread' /run/hosts/refusal
# shellcheck disable=SC2016 # the quotes are part of the sentence
remedy=$(sed -n 's/.*make the LAN anew with `thread: \([0-9]*\)`.*/\1/p' /run/hosts/refusal)
umbel a lan remove full
umbel a lan add full --thread "$remedy" >/dev/null
umbel a port add full tap device=tap7 >/dev/null
check "what it says helps" umbel a port add full vxlan vni=44 peers=10.0.0.2
check "there is no thread 2" fails umbel a lan add never --thread 2

# ---- A configuration -----------------------------------------------------------------------------------------------

agent_end a
lans() {
  cat <<YAML
threads: 2
lans:
  busy: {}
  red: {thread: 1$1, ports: [{name: site, transport: vxlan, vni: 42, peers: [10.0.0.2]}]}
  blue: {ports: [$2]}
YAML
}
lans '' '' >/run/hosts/lans.yaml
agent a --config /run/hosts/lans.yaml
check "a LAN of the configuration is where it is pinned" equal 1 "$(thread_of a red)"
check "another is where the fewest are" equal 0 "$(thread_of a busy)"
lans '' '{name: site, transport: vxlan, vni: 43, peers: [10.0.0.2]}' >/run/hosts/lans.yaml
check "a reload gives a LAN without ports a tunnel" umbel a reload
check "it has gone to the other thread for it" equal 1 "$(thread_of a blue)"
check "its trunk is up" within 5 trunk a up
sed -i 's/busy: {}/busy: {thread: 1}/; s/thread: 1,/thread: 0,/' /run/hosts/lans.yaml
umbel a reload >/run/hosts/reloaded
check "a LAN without ports moves where it is pinned" equal 1 "$(thread_of a busy)"
check "one with ports stays, and says so" grep -q '^red: thread 0 holds from the next start on' /run/hosts/reloaded
check "and is where it was" equal 1 "$(thread_of a red)"
agent_end a
agent a --config /run/hosts/lans.yaml
check "at the start all that share a socket go where one of them is pinned" equal "0 0 1" \
  "$(thread_of a red) $(thread_of a blue) $(thread_of a busy)"
