# Doors where the administrator wants them: flat paths, TCP addresses; and a crowd that says nothing.
#
#   host a [agent: red, blue] ── QEMU without a guest, by TCP and by paths
#
# Limit: 180 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

needs vde_plug qemu-system-x86_64

host a
cat >/run/hosts/doors.yaml <<'YAML'
lans:
  red:
    doors:
      - bess
      - vde
      - {door: vde, path: /run/hosts/uml.ctl}
      - {door: stream, listen: "127.0.0.1:5555"}
      - {door: stream, listen: "192.0.2.1:5556"}
      - {door: stream, listen: "[::1]:5557"}
  blue:
YAML
# What an earlier switch has left, and somebody else at one of the addresses.
python3 -c 'import socket; socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).bind("/run/hosts/uml.ctl")'
started squatter.log nsenter --net=/run/netns/a -- python3 -c '
import socket, time
s = socket.socket(socket.AF_INET6)
s.bind(("::1", 5557))
s.listen()
print("ready", flush=True)
time.sleep(1000)'
squatter=$!
within 5 grep -q ready "$logs/squatter.log"
agent a --config /run/hosts/doors.yaml

# lines TEXT: is this in the list of LANs?
listed() { umbel a lan list | grep -qF -- "$1"; }

blue_stream="stream,server=off,addr.type=unix,addr.path=$(door a blue stream)"

# ---- Places ------------------------------------------------------------------------------------------------------------

check "each place of a door is listed" listed /run/hosts/uml.ctl
check "the directory of the door vde is for its clients to write in, not to tidy" \
  equal 1770 "$(stat -c %a "$(runtime a)/red/vde")"
check "a door whose address this host does not have waits" listed "192.0.2.1:5556 (waiting: this host does not have"
check "so does one whose address another program has" listed "[::1]:5557 (waiting: another program listens there"
ip -n a address add 192.0.2.1/24 dev lo
ended "$squatter"
check "both open by themselves" within 40 fails listed waiting

hub a "stream,server=off,addr.type=inet,addr.host=127.0.0.1,addr.port=5555" "$blue_stream"
check "a QEMU comes in by TCP" within 10 door_ports a 1 red stream
check "it is known by its address" equal True \
  "$(asks a ListPorts "[p['peer']['address'].startswith('127.0.0.1:') for p in ports if p['lan'] == 'red'][0]")"
passes a tcp-there red blue "frames pass" 1000 --size 1514
passes a tcp-back blue red "and back" 1000 --size 1514
ended "$hub"
check "when the QEMU is gone, so is its port" within 5 door_ports a 0 red stream
started six.log nsenter --net=/run/netns/a -- python3 -c '
import socket, time
s = socket.create_connection(("::1", 5557))
time.sleep(1000)'
six=$!
check "another comes in by IPv6" within 10 door_ports a 1 red stream
ended "$six"
within 5 door_ports a 0 red stream

# ---- A crowd -----------------------------------------------------------------------------------------------------------

# On the flat path: 1,000 connections that have said half a request, and come again when they are closed.
started crowd.log nsenter --net=/run/netns/a -- python3 -c '
import socket, sys, time
def connected():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.connect("/run/hosts/uml.ctl")
    s.sendall(b"\xce\xfa\xed\xfe\3\0\0\0")
    return s
crowd = [connected() for _ in range(1000)]
print("ready", flush=True)
time.sleep(1000)'
crowd=$!
within 20 grep -q ready "$logs/crowd.log"
hub a "vde,sock=$(runtime a)/red/vde" "$blue_stream"
check "a guest comes in beside 1,000 connections that say nothing" within 3 door_ports a 1 red vde
passes a crowd red blue "and its frames pass" 1000 --size 1514
before=$EPOCHREALTIME
python3 - <<'PYTHON'
import socket, struct, os
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.settimeout(5)
s.connect("/run/hosts/uml.ctl")
s.sendall(struct.pack("=IIIH108s", 0xFEEDFACE, 3, 0, socket.AF_UNIX, b"\0doors-test"))
print(len(s.recv(200)))
PYTHON
check "one at the door of the crowd is answered at once" at_most 1000000 \
  $((${EPOCHREALTIME/./} - ${before/./}))
check "the journal tells of the crowd in few words" at_most 1 "$(grep -c 'have not finished their handshake' "$logs/agent-a.log")"
ended "$crowd"
ended "$hub"
within 10 door_ports a 0 red vde

# ---- By command --------------------------------------------------------------------------------------------------------

check "a LAN may be added with doors at such places" \
  umbel a lan add green --door bess --door bess=/run/hosts/flat --door stream=127.0.0.1:5558
check "it has them" listed 127.0.0.1:5558
check "a second at the same path is refused, and says why" \
  eval 'umbel a lan add again --door bess=/run/hosts/flat 2>&1 | grep -q "is in use: something answers there"'
check "the first has kept its door" test -S /run/hosts/flat
umbel a lan remove green
check "the socket goes with its LAN" fails test -e /run/hosts/flat
agent_end a
check "and with the agent" fails test -e /run/hosts/uml.ctl
