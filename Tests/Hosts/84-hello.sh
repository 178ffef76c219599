# Agents know each other on a trunk: who is there, how far away, how much is lost; nobody else notices.
#
#   host a [agent: red, blue]──s1──[agent: red, blue] host b
#                              └───[agent: red, blue] host c
#
# Trunk "quiet" of LAN blue has hello: false.
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
cat >/run/hosts/lans.yaml <<'EOF'
lans:
  red:
    ports:
      - {name: site, transport: mcast, role: trunk, group: 239.192.168.1, port: 1102}
  blue:
    ports:
      - {name: quiet, transport: mcast, role: trunk, group: 239.192.168.2, port: 1102, hello: false}
EOF
number=1
for host in a b c; do
  host "$host" s1 "10.0.0.$number/24"
  number=$((number + 1))
  agent "$host" --config /run/hosts/lans.yaml
done

# peers HOST EXPRESSION: about the peers of LAN red.
peers() { asks "$1" ListPeers "$2"; }
# sees HOST NUMBER: are this many agents up on the trunk of LAN red?
sees() { equal "$2" "$(peers "$1" 'sum(1 for p in peers if p["lan"] == "red" and p["state"] == "up")')"; }

for host in a b c; do check "agent $host hears the two others within a second" within 1 sees "$host" 2; done
has_round_trips() {
  equal True "$(peers a 'all(0 < p.get("roundTripMicroseconds", 0) < 200000 for p in peers)')"
}
check "the round trip to each is measured" within 5 has_round_trips
check "each says its host, its LAN and its port" equal "[('$(uname -n)', 'red', 'site')]" \
  "$(peers a 'sorted({(p["host"], p["peerLan"], p["peerPort"]) for p in peers})')"
umbel a peer list red >"$logs/peers.log"
check "the table shows them" equal 2 "$(grep -c 'red/site.* up$' "$logs/peers.log")"

on_wire() { tcpdump -r "/run/hosts/$1.pcap" "udp and dst host $2" 2>/dev/null | wc -l; }
if can_capture; then
  capture b eth0 wire udp
  sleep 6
  capture_end wire
  check "each trunk says hello every two seconds" at_least 6 "$(on_wire wire 239.192.168.1)"
  check "and does not chatter" at_most 24 "$(on_wire wire 239.192.168.1)"
  check "a trunk without hello is silent on the wire" equal 0 "$(on_wire wire 239.192.168.2)"
fi
check "and knows no peers" equal 0 "$(asks a ListPeers 'sum(1 for p in peers if p["lan"] == "blue" and p.get("agent"))')"

collector b nothing "$(door b red)" 0 --seconds 5
check "a guest hears none of it" collected nothing
within 5 guest_ports b 0
collector b there "$(door b red)" 500
within 5 guest_ports b 1
frames a number "$(door a red)" 500
check "and gets the other host's frames once" collected there
check "no station is learned from a hello" equal 0 \
  "$(asks a ListStations 'sum(1 for s in stations if not s["mac"].startswith("02:00:00"))')"
check "what agents say is counted where it ends" equal True \
  "$(asks a ListPorts 'any(p["counters"]["agentFrames"] > 0 for p in ports)')"

agent_end c
silent() { equal 1 "$(peers a 'sum(1 for p in peers if p["state"] == "silent" and p.get("agent"))')"; }
check "an agent that has ended is silent after three hellos" within 9 silent
check "and the other is not" sees a 1
