# Loops made outside of a LAN: one guest port is shut, and the LAN goes on.
# Limit: 240 s, for a back-off of half a minute.
#
#   host a [agent: lab]──────────s1──────────[agent: lab] host b
#     │ tap1  │ tap2                            │ tap3
#     ├─ br0 ─┘                                 │
#     └─ eth1 ────────────── s2 ──────── eth1 ─ br0
#
# First br0 of host a joins tap1 and tap2, then s2 joins tap1 and tap3; each time while frames go round already.
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
if ! [ -w /dev/net/tun ]; then
  skip "TAP devices" "/dev/net/tun is closed to this user"
  exit
fi

segment s1
segment s2
number=1
for host in a b; do
  host "$host" s1 "10.0.0.$number/24"
  on "$host" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
  plug "$host" eth1 s2 "10.0.1.$number/24"
  ip -n "$host" address flush dev eth1
  ip -n "$host" link add br0 type bridge mcast_snooping 0
  ip -n "$host" link set br0 up
  number=$((number + 1))
done
cat >/run/hosts/a.yaml <<'EOF'
lans:
  lab:
    ports:
      - {name: site, transport: mcast, role: trunk, interface: eth0}
      - {name: one, transport: tap, device: tap1}
      - {name: two, transport: tap, device: tap2}
EOF
cat >/run/hosts/b.yaml <<'EOF'
lans:
  lab:
    ports:
      - {name: site, transport: mcast, role: trunk, interface: eth0}
      - {name: three, transport: tap, device: tap3}
EOF
agent a --config /run/hosts/a.yaml
agent b --config /run/hosts/b.yaml
ports_up() { equal True "$(asks "$1" ListPorts 'all(p["state"] == "up" for p in ports)')"; }
for host in a b; do check "the ports of agent $host are up" within 5 ports_up "$host"; done
know_each_other() { equal 1 "$(asks a ListPeers 'sum(1 for p in peers if p["state"] == "up" and p.get("agent"))')"; }
check "the agents know each other" within 3 know_each_other

# shut NUMBER: how many guest ports are shut, of both hosts?
shut() {
  local host sum=0
  for host in a b; do
    sum=$((sum + $(asks "$host" ListPorts 'sum(1 for p in ports if "because of a loop" in p["text"])')))
  done
  equal "$1" "$sum"
}

# milliseconds COMMAND…: until it succeeds, at most ten seconds.
milliseconds() {
  local began
  began=$(date +%s%N)
  within 10 "$@" >/dev/null
  echo $((($(date +%s%N) - began) / 1000000))
}

# numbered NAME: begins to send 8,000 numbered broadcasts in eight seconds from a guest of host a to one of host b.
numbered() {
  collector b "$1" "$(door b lab)" 8000 --seconds 11 --source 02:00:00:00:00:0a
  within 5 door_ports b 1 lab bess
  started "number-$1.log" nsenter --net=/run/netns/a -- \
    python3 "$HOSTS_DIR/frame.py" number "$(door a lab)" 8000 --rate 1000 --source 02:00:00:00:00:0a
  sleep 1
}

# lost NAME: how many of them did not come?
lost() {
  tail --pid="${collector_pid[$1]}" -f /dev/null
  echo $((8000 - $(sed -n 's/^\([0-9]*\) of .*/\1/p' "$logs/collector-$1.log")))
  within 5 door_ports b 0 lab bess
}

# closes LOOP COMMAND…: the command makes a loop, in which the broadcasts go round.
closes() {
  local loop=$1 took
  shift
  numbered "$loop"
  "$@"
  took=$(milliseconds shut 1)
  check "$loop: one port is shut within three seconds" at_most 3000 "$took"
  check "$loop: the other guests lose less than a second of frames" at_most 1000 "$(lost "$loop")"
  check "$loop: it is still one port" shut 1
}

for tap in tap1 tap2; do ip -n a link set "$tap" master br0; done
ip -n a link set tap2 nomaster
closes "two TAPs in a bridge" ip -n a link set tap2 master br0
check "it is the higher of the two" equal two \
  "$(asks a ListPorts '",".join(p["name"] for p in ports if "because of a loop" in p["text"])')"
check "the journal names both" grep -q 'lab/two is shut: it and lab/one are joined outside' "$logs/agent-a.log"
check "the status tells it" grep -q 'two is shut (loop)' <(umbel a status)
ip -n a link set tap2 nomaster
opened=$(milliseconds shut 0)
check "it stays shut for a while when the loop is gone" at_least 5000 "$opened"
check "and is open again after half a minute" within 40 shut 0
check "the journal says so" grep -q 'lab/two is open again' "$logs/agent-a.log"

ip -n a link set eth1 master br0
ip -n b link set tap3 master br0
closes "two hosts' TAPs on one network" ip -n b link set eth1 master br0
check "the journal of one agent names both" equal 1 \
  "$(cat "$logs"/agent-[ab].log | grep -c 'is shut: it and port .* of LAN lab at host .* are joined outside')"
ip -n b link set eth1 nomaster
check "the port is open again when the loop is gone" within 70 shut 0
collector b after "$(door b lab)" 500
within 5 door_ports b 1 lab bess
frames a number "$(door a lab)" 500
check "and the LAN is as it was" collected after
