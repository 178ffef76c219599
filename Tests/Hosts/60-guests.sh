# Running guests: found, listed with their LANs, plugged into another and unplugged; what they tell the agent.
#
#   host a [agent: LAN default, LAN lab]
#    │   │   │   │
#    g1  g2  g3  g4     g1: bess on default, announces itself; g2: eth0=mcast; g3: bess on lab, announces itself;
#                       g4: by umbel run on lab
#
# Limit: 300 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
host a s1 10.0.0.1/24
agent a
umbel a lan add lab >/dev/null
notify=mconsole=notify:$(runtime a)/notify
guest_start a g1 10.1.0.1/24 vec0 linux.uml "vec0:transport=bess,dst=$(door a default)" "$notify"
guest_mcast a g2 10.1.0.2/24
guest_start a g3 10.2.0.3/24 vec0 linux.uml "vec0:transport=bess,dst=$(door a lab)" "$notify" panic=1
guest_run a g4 10.2.0.4/24 lab
guest_up g1 g2 g3 g4 >/dev/null
native=(--uml-dir /run/hosts/guest-g2)

# listed EXPRESSION [OPTION…]: a value out of what "guest list" finds, in which g is the list of guests by name.
listed() {
  local expression=$1
  shift
  umbel a guest list --json "$@" | python3 -c "
import json, sys
reply = json.load(sys.stdin)
g = {guest['umid']: guest for guest in reply['guests']}
def devices(name): return [(d['name'], d.get('lan'), d.get('isUp')) for d in g[name]['devices']]
print($expression)"
}

lists() { equal "$1" "$(listed "${@:2}")"; }

check "guests that announced themselves are listed, wherever their uml_dir is" lists "['g1', 'g3']" "sorted(g)"
check "a guest's device is on the LAN of its port" lists "[('vec0', 'default', True)]" "devices('g1')"
port_of_g3=$(asks a ListPorts "[p['name'] for p in ports if p.get('peer', {}).get('processId') == ${guest_pid[g3]}][0]")
check "its port is the agent's" lists "$port_of_g3" "g['g3']['devices'][0]['port']"
check "umbel top shows its name at that port" eval \
  "umbel a top lab --once --interval 100ms | grep -q '^$port_of_g3 (g3) '"
check "its process is the one that runs" lists "${guest_pid[g1]}" "g['g1']['processId']"
check "guests are found in a directory that is named" lists "['g1', 'g2', 'g3']" "sorted(g)" "${native[@]}"
check "a native guest is on the LAN of its group" lists "[('eth0', 'default', True)]" "devices('g2')" "${native[@]}"
check "a guest of umbel run is on its LAN" \
  lists "[('vec0', 'lab', True)]" "devices('g4')" --uml-dir /run/hosts/guest-g4

alone() {
  on a "$build/umbel" --socket /nowhere guest list "${native[@]}" >/run/hosts/alone
  grep -q '^g2 ' /run/hosts/alone && grep -q '^LANs are not known: No agent answers' /run/hosts/alone
}
check "without an agent guests are listed, and that LANs are not known is said" alone

elsewhere() { "$build/umbel" --socket "$(runtime a)/umbel.sock" guest list | grep '^g1 .* 6\.'; }
check "a guest answers in another network namespace, too" elsewhere
check "and nothing is left in its directory by that" \
  find /run/hosts/guest-g1/g1 -name '.*' -exec false {} +

kill -STOP "${guest_pid[g2]}"
check "a guest that is stopped is listed as one that does not answer" lists silent "g['g2']['console']" "${native[@]}"
kill -CONT "${guest_pid[g2]}"

sentence="uml_mconsole is told the same version"
if command -v uml_mconsole >/dev/null; then
  # Its socket has an abstract name, so that it is heard in the guest's network namespace only.
  release=$(on a timeout 5 uml_mconsole /run/hosts/guest-g1/g1/mconsole version 2>/dev/null | awk '{print $4}')
  check "$sentence" lists "$release" "g['g1']['kernel']"
else
  skip "$sentence" "uml-utilities is not installed"
fi

umbel a guest plug g1 lab >/run/hosts/plugged
check "a guest gets an interface on another LAN while it runs" grep -q 'Guest g1 has vec1 on LAN lab' /run/hosts/plugged
check "it is down, and its LAN is known" lists "('vec1', 'lab', False)" "devices('g1')[1]"
guest_do g1 'ip address add 10.2.0.1/24 dev vec1 && ip link set vec1 up'
check "the guest reaches the other LAN's guests by it" pings g1 10.2.0.3
check "it is listed with its port" lists "bess-2" "g['g1']['devices'][1]['port']"
check "the guest is still on its first LAN" pings g1 10.1.0.2

refused() { ! umbel a guest unplug g1 vec1 2>/run/hosts/refusal && grep -q "$1" /run/hosts/refusal; }
check "an interface that is up is not removed, and the guest says why" refused 'Device is currently open'
check "the remedy is said" refused 'ip link set vec1 down'
guest_do g1 ip link set vec1 down
check "one that is down is removed" umbel a guest unplug g1 vec1
check "it is gone from the guest" fails guest_do g1 test -e /sys/class/net/vec1
check "and from the list" lists "['vec0']" "[d['name'] for d in g['g1']['devices']]"
check "what a guest has not cannot be removed" fails umbel a guest unplug g1 vec7

check "a native interface is made" umbel a guest plug g1 default --native --mac 02:00:00:00:00:41
guest_do g1 'ip address add 10.4.0.1/24 dev eth0 && ip link set eth0 up'
guest_do g2 'ip address add 10.4.0.2/24 dev eth0'
check "it is in the LAN's group" pings g1 10.4.0.2
check "it has the address that was asked for" guest_do g1 'grep -q 02:00:00:00:00:41 /sys/class/net/eth0/address'

nearest() {
  ! umbel a guest plug g9 lab 2>/run/hosts/refusal && grep -q 'There is no guest "g9". Did you mean' /run/hosts/refusal
}
check "for a guest that is none, the nearest is named" nearest

says() { grep -q "$1" "$logs/agent-a.log"; }
guest_do g1 'echo a word of the guest >/proc/mconsole'
check "what a user of a guest says is in the journal" within 5 says 'guest g1 says .*a word of the guest'
echo 'echo c >/proc/sysrq-trigger' >/run/hosts/guest-g3/crash.do
echo crash >&"${guest_input[g3]}"
check "a guest's panic is in the journal" within 10 says 'guest g3 has panicked'
check "a guest that ended is forgotten by the agent" within 10 equal "['g1']" \
  "$(sleep 2; asks a ListGuests '[guest["name"] for guest in guests]')"

guest_kill g1
check "a guest that was killed is gone from the list" within 5 lists "['g2']" "sorted(g)" "${native[@]}"
guest_kill g2
check "what it left behind is no guest" within 5 lists "[]" "sorted(g)" "${native[@]}"
