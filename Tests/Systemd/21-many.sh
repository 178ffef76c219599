# A thousand guests live through a restart of their agent.
#
#   host a [umbeld-a.service] ── 1,000 guests at door bess
#
# Limit: 90 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

host a
echo "lans: {lab: {doors: [bess]}}" >/run/hosts/a.yaml
agent a --config /run/hosts/a.yaml
started crowd.log nsenter --net=/run/netns/a -- bash -c 'ulimit -Sn hard; exec python3 "$@"' bash \
  "$HOSTS_DIR/frame.py" crowd "$(door a lab)" 1000
crowd=$!
check "1,000 guests come" within 30 guest_ports a 1000

# stored NUMBER: does the service manager keep at least so many descriptors?
stored() { at_least "$1" "$(property a NFileDescriptorStore)"; }
check "the service manager keeps a descriptor of each" within 10 stored 1001

# gone_on HOW: another process has all of them.
gone_on() {
  check "$1: all have their ports again" within 10 guest_ports a 1000
  kill -USR1 "$crowd"
  check "$1: none has lost its connection" within 5 grep -q 'connected: 1000' "$logs/crowd.log"
  : >"$logs/crowd.log"
  check "$1: the names are those of before" equal "$names" "$(names)"
}

# names: of all ports, in short.
names() { asks a ListPorts 'sorted(p["name"] for p in ports)' | sha256sum; }
names=$(names)
began=$(date +%s%N)
systemctl restart "$(service a)"
echo "# the restart took $((($(date +%s%N) - began) / 1000000)) ms"
agent_pid[a]=$(property a MainPID)
gone_on restart
again() { [ "$(property a MainPID)" != "${agent_pid[a]}" ] && agent_lives a; }
# At once after it has said READY=1, too. After two that have not lived for a second the next one would start clean.
sleep 1.5
for number in 1 2 3; do
  [ "$number" -lt 3 ] || sleep 1.5
  systemctl kill --signal=KILL "$(service a)"
  check "the agent is started again after kill $number" within 10 again
  agent_pid[a]=$(property a MainPID)
done
gone_on kill
collector a there "$(door a lab)" 300
within 5 guest_ports a 1001
frames a number "$(door a lab)" 300
check "frames pass among them" collected there
ended "$crowd"
check "they go when they end" within 10 guest_ports a 0
few_stored() { at_most 9 "$(property a NFileDescriptorStore)"; }
check "from the store, too" within 10 few_stored
