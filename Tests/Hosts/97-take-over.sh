# One agent goes on in the place of another, without a service manager that keeps anything: "umbeld --take-over". Guests
# notice nothing; one that does not finish leaves all as it was.
#
#   host a [agent, then another] ── g1 (bess), g2 (fd), TAP tap0
#
# With two forwarding threads, and LANs on both.
#
# Limit: 240 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
# shellcheck source=Tests/Hosts/survival.sh
. "$HOSTS_DIR/survival.sh"

survivors
thread_of() { asks a ListLans "[l['forwardingThread'] for l in lans if l['name'] == '$1'][0]"; }
# Made first, east was where the fewest are, and has followed west.
umbel a lan add east >/dev/null
umbel a lan add west --thread 0 >/dev/null
for lan in west east; do
  umbel a port add "$lan" vxlan port=4790 "vni=$([ $lan = west ] && echo 44 || echo 45)" peers=127.0.0.2 >/dev/null
done
check "a LAN has followed one that is pinned" equal "0 0" "$(thread_of west) $(thread_of east)"
umbel a lan add other --door bess >/dev/null
umbel a lan add third --thread 1 >/dev/null
check "both forwarding threads have a LAN" equal "0 1 1" "$(thread_of lab) $(thread_of other) $(thread_of third)"
for vni in 42 43; do
  umbel a port add "$([ $vni = 42 ] && echo other || echo third)" vxlan "vni=$vni" peers=127.0.0.2 >/dev/null
done
collector a third "$(door a third)" 400 --seconds 120
umbel a port add other tap device=tap9 >/dev/null

# another [OPTION…]: an agent that takes over.
another() {
  nsenter --net=/run/netns/a -- "$build/umbeld" --take-over --runtime-dir "$(runtime a)" "$@"
}

goes_on_in() { equal "$1" "$(asks a Status processId)"; }

taken_over() {
  local former=${agent_pid[a]}
  started agent-a.log nsenter --net=/run/netns/a -- "$build/umbeld" --take-over --runtime-dir "$(runtime a)" \
    --config /run/hosts/a.yaml
  agent_pid[a]=$!
  check "the first process ends by itself" within 10 fails kill -0 "$former"
  wait "$former"
  check "in good order" equal 0 $?
  check "the second answers in its place" within 5 goes_on_in "${agent_pid[a]}"
}

frames=$(counted)
stations=$(asks a ListStations 'sorted((s["mac"], s["port"]) for s in stations if s["lan"] == "lab")')
survives take-over taken_over
check "its counters have gone on" at_least "$frames" "$(counted)"
check "its stations are known" equal "$stations" \
  "$(asks a ListStations 'sorted((s["mac"], s["port"]) for s in stations if s["lan"] == "lab")')"
check "a LAN that was made by hand is there, with its ports" equal "['tap-1', 'vxlan-1']" \
  "$(asks a ListPorts 'sorted(p["name"] for p in ports if p["lan"] == "other")')"
check "LANs that share a socket and were made by hand are together, where one is pinned" equal "1 1" \
  "$(thread_of other) $(thread_of third)"
check "so are those of which the pinned one was made later" equal "0 0" "$(thread_of west) $(thread_of east)"
check "the tunnels are there" equal 4 "$(asks a ListPorts 'sum(p["transport"] == "vxlan" for p in ports)')"
frames a number "$(door a third)" 400
check "a guest of a LAN on the second thread goes on" collected third
sed -i 's/^threads: 2/threads: 1/' /run/hosts/a.yaml
taken_over
check "a LAN that was pinned to a thread that there is not any more is on another" equal 0 "$(thread_of third)"
check "with its ports" equal "['vxlan-1']" \
  "$(asks a ListPorts 'sorted(p["name"] for p in ports if p["lan"] == "third")')"
check "the runtime directory is still held: no other agent begins there" fails \
  nsenter --net=/run/netns/a -- "$build/umbeld" --runtime-dir "$(runtime a)"

# ---- What does not finish ------------------------------------------------------------------------------------------

echo "lans: {lab: {ports: [{name: host, transport: tap, devise: tap0}]}}" >/run/hosts/broken.yaml
check "a process whose configuration is wrong does not take over" fails another --config /run/hosts/broken.yaml
check "the agent goes on" goes_on_in "${agent_pid[a]}"
collector a kept "$(door a lab)" 200
within 5 guest_ports a 5
python3 "$HOSTS_DIR/varlink.py" "$(runtime a)/umbel.sock" TakeOver 'names[0][:7]' >"$logs/begun.log"
check "a process that begins and goes away does not take over" grep -q 'umbel-s' "$logs/begun.log"
check "the agent goes on, and says why" within 5 grep -q 'has not taken over: it is gone' "$logs/agent-a.log"
frames a number "$(door a lab)" 200
check "and carries frames as before" collected kept
check "its guests have noticed nothing" pings g1 10.1.0.2
as_other() { setpriv --reuid 65534 --regid 65534 --clear-groups "$build/umbeld" --take-over --runtime-dir "$(runtime a)"; }
check "another user cannot take over" fails on a as_other
agent_end a
check "it ends as any" fails agent_lives a
check "nothing is left of the TAP" fails ip -n a link show tap0
