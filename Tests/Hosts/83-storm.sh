# Storm control: a guest that floods is held at the limit of its port, the rest of the LAN does not notice, and the
# journal names the port.
#
#   host a [agent: lab, storm-broadcast 100; free]──s1──[agent: lab] host b
#     storm, quiet: guests of lab, bess                  collectors, bess
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
cat >/run/hosts/a.yaml <<'YAML'
lans:
  lab:
    storm-broadcast: 100
    ports:
      - {name: site, transport: mcast, role: trunk}
  free:
    ports: []
YAML
cat >/run/hosts/b.yaml <<'YAML'
lans:
  lab:
    ports:
      - {name: site, transport: mcast, role: trunk}
YAML
agent a --config /run/hosts/a.yaml
agent b --config /run/hosts/b.yaml
for host in a b; do check "the trunk of agent $host is up" within 5 trunk "$host" up; done

# held: frames that the guests of lab have brought in beyond their limits.
held() { asks a ListPorts "sum(p['drops'].get('storm-broadcast', 0) for p in ports if p['lan'] == 'lab')"; }
holds() { at_least "$1" "$(held)"; }

# trunk_counts HOST COUNTER: of the trunk of that host.
trunk_counts() { asks "$1" ListPorts "sum(p['counters']['$2'] for p in ports if p['role'] == 'trunk')"; }

# ---- A guest floods ------------------------------------------------------------------------------------------------

collector b quiet "$(door b lab)" 100 --source 02:00:00:00:00:07 --seconds 15
within 10 door_ports b 1 lab bess
before=$(trunk_counts b receivedFrames)
began=$SECONDS
frames a number "$(door a lab)" 16000 --rate 2000 &
storm=$!
check "a guest that floods is held at its port, and counted" within 5 holds 1000
frames a number "$(door a lab)" 100 --source 02:00:00:00:00:07 --rate 40
check "frames of another guest arrive meanwhile, each once" collected quiet
within 5 holds 10000 || true
check "ten thousand of the flood have been held" holds 10000
wait "$storm"
# A hundred a second, up to twice that in one, and those of the other guest.
most=$((before + 100 * (SECONDS - began + 3) + 100))
check "no more than the limit has reached the other host" at_most "$most" "$(trunk_counts b receivedFrames)"
check "the journal names the port and the option" \
  grep -q 'lab/bess-.* brings in more than 100 broadcasts a second.*storm-broadcast' "$logs/agent-a.log"
check "it says so once" equal 1 "$(grep -c 'brings in more than' "$logs/agent-a.log")"

# ---- What may flood ------------------------------------------------------------------------------------------------

passes a free free free "with the usual limits, 4,000 broadcasts at 2,000 a second pass" 4000 --rate 2000

# ---- The option ----------------------------------------------------------------------------------------------------

# option NAME: of the port that was added.
option() { asks a ListPorts "[p['options']['$1'][0] for p in ports if p['name'] == 'added'][0]"; }

if [ -w /dev/net/tun ]; then
  umbel a port add lab tap --name added device=tap9 storm-broadcast=7 >/dev/null
  check "a port may have a limit of its own" equal 7 "$(option storm-broadcast)"
  check "and the usual ones beside it" equal 100000 "$(option storm-unknown)"
else
  skip "a port may have a limit of its own" "/dev/net/tun is closed to this user"
fi
refused() { umbel a port add lab tap device=tap8 hello=on 2>&1 | grep -q 'is an option of trunk ports'; }
check "an option that a guest does not have is refused with the role that has it" refused
check "the options of every port are listed with a transport's" \
  eval "umbel a transport list tap | grep -q '^storm-broadcast *integer *20000'"
