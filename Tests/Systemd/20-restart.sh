# A restart is nothing to guests: while a transfer runs the agent is restarted, and then killed, and the next process goes
# on with what the service manager has kept.
#
#   host a [umbeld-a.service] ── g1 (bess), g2 (fd), TAP tap0
#
# Limit: 240 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
# shellcheck source=Tests/Hosts/survival.sh
. "$HOSTS_DIR/survival.sh"

survivors

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

guest_kill g1
check "a guest that leaves is gone" fails guest_lives g1
check "from the agent, too" within 5 guest_ports a 2
systemctl restart "$(service a)"
agent_pid[a]=$(property a MainPID)
check "and does not come back with the next process" guest_ports a 2
agent_end a
check "a stop ends the guests' ports for good" equal 0 "$(property a NFileDescriptorStore)"
check "nothing is left of the TAP" fails ip -n a link show tap0
