# What an agent does that has nothing to do: its ticks, and no more.
#
#   host a [agent, with a trunk and without, with one forwarding thread and with two]──s1
#
# Limit: 180 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
host a s1 10.0.0.1/24
seconds=10

# wakeups: NAME NUMBER of each task of the agent: how often it has slept.
wakeups() {
  local task
  for task in "/proc/${agent_pid[a]}/task/"*; do
    echo "$(cat "$task/comm") $(awk '/^voluntary_ctxt_switches/ {print $2}' "$task/status")"
  done
}
# woken NAME: how often a task was woken while this script slept.
woken() { awk -v name="$1" '$1 == name {n = $2 - n} END {print n}' /run/hosts/before /run/hosts/after; }

for threads in 1 2; do
  for trunk in '' '{name: site, transport: mcast}'; do
    what="$threads thread(s), $([ -n "$trunk" ] && echo a trunk || echo no trunk)"
    echo "{threads: $threads, lans: {lab: {ports: [$trunk]}}}" >/run/hosts/a.yaml
    agent a --config /run/hosts/a.yaml
    [ -z "$trunk" ] || within 5 trunk a up
    sleep 3
    wakeups >/run/hosts/before
    sleep "$seconds"
    wakeups >/run/hosts/after
    echo "# $what: $(while read -r name _; do echo "$name $(woken "$name"),"; done </run/hosts/after | tr '\n' ' ')"
    # Once a second the FDB ages. A hello goes out every two seconds: a timer, a command, its answer. The watchdog asks and
    # is answered every ten.
    check "$what: the thread of the LAN wakes for its ticks" at_most $((seconds + 8)) "$(woken forward-0)"
    check "$what: the control thread for watchdog and hellos" at_most 16 "$(woken umbeld)"
    [ "$threads" = 1 ] || check "$what: one without a LAN for the watchdog" at_most 4 "$(woken forward-1)"
    agent_end a
  done
done

# ---- busy-poll: what a core is paid for ----------------------------------------------------------------------------

# busy: ticks of 10 ms that the forwarding thread runs in the second after a frame.
busy() {
  local task before
  for task in "/proc/${agent_pid[a]}/task/"*; do
    grep -q forward-0 "$task/comm" && break
  done
  frames a number "$(door a lab)" 1
  before=$(awk '{print $14 + $15}' "$task/stat")
  sleep 1
  echo $(($(awk '{print $14 + $15}' "$task/stat") - before))
}
poll() { echo "{threads: 1, busy-poll: $1, lans: {lab: {}}}" >/run/hosts/a.yaml; }
poll 1s
agent a --config /run/hosts/a.yaml
# What else the machine does takes its share.
check "with busy-poll: 1s the thread does not sleep in the second after a frame" at_least 10 "$(busy)"
check "meanwhile it does what it is asked for" umbel a lan list
sleep 2
wakeups >/run/hosts/before
sleep 2
wakeups >/run/hosts/after
check "then it sleeps" at_least 2 "$(woken forward-0)"
poll off
check "a reload ends it" umbel a reload
check "the thread sleeps at once" at_most 5 "$(busy)"
poll auto
check "busy-poll: auto holds at once" umbel a reload
check "the thread sleeps at once after a frame that is alone" at_most 5 "$(busy)"
poll 1s
check "another brings it back" umbel a reload
check "the thread does not sleep" at_least 10 "$(busy)"
check "nothing is taken for a descriptor that is always ready" fails grep -q 'always ready' "$logs/agent-a.log"
