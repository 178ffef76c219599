# A restart is nothing to guests: while a transfer runs the agent is restarted, and then killed, and the next process goes
# on with what the service manager has kept.
#
#   host a [umbeld-a.service] ── g1 (bess), g2 (fd), TAP tap0
#
# Limit: 150 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
needs ping

host a
cat >/run/hosts/a.yaml <<'YAML'
lans:
  lab:
    ports:
      - {name: host, transport: tap, device: tap0, address: 10.1.0.254/24}
YAML
agent a --config /run/hosts/a.yaml
guest_bess a g1 10.1.0.1/24 "$(door a lab)"
guest_run a g2 10.1.0.2/24 lab
check "both guests boot" guest_up g1 g2
check "they reach each other" pings g1 10.1.0.2
check "and the host" pings g2 10.1.0.254

# link GUEST: how often its network card has lost or found its link.
link() { guest_do "$1" cat /sys/class/net/vec0/carrier_changes; }

# device: what must not change of the TAP: number, MAC address, MTU, state, addresses.
device() { on a ip -o link show dev tap0; on a ip -o address show dev tap0; }

# names: all ports.
names() { asks a ListPorts 'sorted(p["name"] for p in ports)'; }

# counted: frames that the TAP has brought in.
counted() { asks a ListPorts 'sum(p["counters"]["receivedFrames"] for p in ports if p["name"] == "host")'; }

# longest_gap LOG: milliseconds between two replies of ping -D.
longest_gap() {
  sed -n 's/^\[\([0-9.]*\)\] .* bytes from .*/\1/p' "$1" |
    awk 'NR > 1 && $1 - last > gap {gap = $1 - last} {last = $1} END {print NR < 50 ? 99999 : int(gap * 1000)}'
}

# sent_more_than FRAMES: has the guest that sends brought in so many?
sent_more_than() {
  at_least "$1" "$(asks a ListPorts 'sum(p["counters"]["receivedFrames"] for p in ports if p["name"] == "bess-1")')"
}

# survives WHAT COMMAND…: the command ends the agent, and another process goes on.
survives() {
  local what=$1 transfer ping before gap links began
  shift
  before=$(device) links="$(link g1) $(link g2)"
  began=$(asks a ListPorts 'sum(p["counters"]["receivedFrames"] for p in ports if p["name"] == "bess-1")')
  started "ping-$what.log" nsenter --net=/run/netns/a -- ping -D -i 0.01 10.1.0.1
  ping=$!
  transfers g1 g2 10.1.0.2 100 >"/run/hosts/transfer-$what" 2>&1 &
  transfer=$!
  check "$what: a transfer begins" within 20 sent_more_than $((began + 2000))
  "$@"
  check "$what: it is still under way afterwards" kill -0 "$transfer"
  check "$what: a transfer that was under way arrives byte for byte" wait_for "$transfer" "/run/hosts/transfer-$what"
  ended "$ping" INT
  gap=$(longest_gap "$logs/ping-$what.log")
  echo "# $what: at most $gap ms without a frame"
  check "$what: at most 1 s without frames" at_most 1000 "$gap"
  check "$what: the guests' links never went down" equal "$links" "$(link g1) $(link g2)"
  check "$what: the TAP is the same, with its addresses" equal "$before" "$(device)"
  check "$what: the ports have their names" equal "['bess-1', 'host', 'run-1']" "$(names)"
}

wait_for() {
  tail --pid="$1" -f /dev/null
  cat "$2"
  [ ! -s "$2" ]
}

again() { [ "$(property a MainPID)" != "${agent_pid[a]}" ] && agent_lives a; }

restarted() {
  frames=$(counted)
  check "systemctl restart works" systemctl restart "$(service a)"
  check "it is another process" fails test "$(property a MainPID)" = "${agent_pid[a]}"
  agent_pid[a]=$(property a MainPID)
}

killed() {
  kill -KILL "${agent_pid[a]}"
  check "the agent is started again" within 10 again
  agent_pid[a]=$(property a MainPID)
}

frames=0
survives restart restarted
check "its counters have gone on" at_least "$frames" "$(counted)"
check "the journal says so" grep -q 'took over 3 ports' <(journalctl -u "$(service a)" -o cat)
survives kill killed
survives another restarted

check "a guest that leaves is gone" guest_kill g1
check "from the agent, too" within 5 guest_ports a 2
systemctl restart "$(service a)"
agent_pid[a]=$(property a MainPID)
check "and does not come back with the next process" guest_ports a 2
agent_end a
check "a stop ends the guests' ports for good" equal 0 "$(property a NFileDescriptorStore)"
check "nothing is left of the TAP" fails ip -n a link show tap0
