# The door "dgram": guests on bound datagram sockets, where no connection says who comes and goes.
#
#   host a [agent: red] ── QEMU without a guest: dgram, stream ── [agent: blue]
#
# Limit: 180 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

needs qemu-system-x86_64

host a
cat >/run/hosts/dgram.yaml <<'YAML'
lans:
  red:
  blue:
YAML
agent a --config /run/hosts/dgram.yaml

# A QEMU that joins both LANs. It says nothing by itself: the first frame from blue makes it known at red's door.
both_lans() {
  hub a "dgram,local.type=unix,local.path=/run/hosts/qemu.red,remote.type=unix,remote.path=$(door a red dgram)" \
    "stream,server=off,addr.type=unix,addr.path=$(door a blue stream)"
  within 10 door_ports a 1 blue stream
  frames a number "$(door a blue)" 1 --size 64
}

# counted COUNTER: at red's door.
counted() { asks a ListLans "[d['transportCounters'].get('$1', 0) for l in lans if l['name'] == 'red' for d in l['doors'] if d['name'] == 'dgram'][0]"; }

# ---- QEMU --------------------------------------------------------------------------------------------------------------

both_lans
check "a QEMU has a port when it has sent something" within 5 door_ports a 1 red dgram
passes a there red blue "2,000 frames reach it" 2000 --size 1514
passes a back blue red "and 2,000 come from it" 2000 --size 1514
passes a jumbo red blue "so do frames of 9,216 bytes" 500 --size 9216 --rate 1000
passes a jumbo-back blue red "and back" 500 --size 9216 --rate 1000
check "nothing was dropped" equal "[]" \
  "$(asks a ListPorts "[p['drops'] for p in ports if sum(p['drops'].values())]")"
check "but frames of before it had a port, and they are counted" at_least 1 "$(counted early-frame)"
ended "$hub"
check "when the QEMU is killed, its port ends" within 5 door_ports a 0 red dgram
both_lans
check "when it is back, it has one again" within 5 door_ports a 1 red dgram
passes a again red blue "and frames reach it" 500
ended "$hub"
within 5 door_ports a 0 red dgram

# ---- Other clients -----------------------------------------------------------------------------------------------------

# What libkrun and vfkit do: connected, with a greeting that is no frame.
cat >/run/hosts/unixgram.py <<'PYTHON'
import os, socket, sys, time
door = sys.argv[1]
frame = b"\xff" * 6 + b"\2\0\0\0\0\x4b" + b"\x88\xb5" + bytes(46)
guest = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
guest.bind("/run/hosts/krun-" + sys.argv[2])
guest.connect(door)
guest.send(b"VFKT")
print("ready", flush=True)
for line in sys.stdin:
    if line == "frame\n":
        guest.send(frame)
    if line == "child\n" and os.fork() == 0:
        guest.send(frame)
        os._exit(0)
    if line == "leave\n":
        break
PYTHON
mkfifo /run/hosts/krun
exec {krun}<>/run/hosts/krun
nsenter --net=/run/netns/a -- python3 /run/hosts/unixgram.py "$(door a red dgram)" 1 </run/hosts/krun \
  >"$logs/krun.log" 2>&1 3>&- &
check "a greeting is enough for a port" within 5 door_ports a 1 red dgram
frames_of() { asks a ListPorts "[p['counters']['receivedFrames'] for p in ports if p['lan'] == 'red' and p['name'].startswith('dgram')]"; }
check "and is no frame" equal "[0]" "$(frames_of)"
echo frame >&"$krun"
arrived() { equal "$1" "$(frames_of)"; }
check "a frame is one" within 5 arrived "[1]"
pid_of() { asks a ListPorts "[p['peer']['processId'] for p in ports if p['lan'] == 'red' and p['name'].startswith('dgram')]"; }
first=$(pid_of)
echo child >&"$krun"
another() { ! equal "$first" "$(pid_of)" >/dev/null && door_ports a 1 red dgram; }
check "the same address with other credentials is another guest" within 5 another
check "whose predecessor has left" within 5 grep -q "another process has the guest's address now" "$logs/agent-a.log"
echo leave >&"$krun"
check "a guest that ends has no port any more" within 5 door_ports a 0 red dgram

before=$(counted unnamed-sender)
on a python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for _ in range(3): s.sendto(bytes(60), sys.argv[1])' "$(door a red dgram)"
unnamed() { equal $((before + 3)) "$(counted unnamed-sender)"; }
check "a sender without a name is counted and has no port" within 5 unnamed
# shellcheck disable=SC2016 # the inner shell expands it
on a sh -c 'cd /run/hosts && python3 -c "
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(\"relative\")
s.sendto(bytes(60), sys.argv[1])" "$1"' sh "$(door a red dgram)"
check "one with a relative name is told what to do" within 5 grep -q 'bound to a relative path' "$logs/agent-a.log"

# ---- Many --------------------------------------------------------------------------------------------------------------

on a python3 - "$(door a red dgram)" <<'PYTHON'
import socket, sys, time
door = sys.argv[1]
def guest(i):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind("\0many-%d" % i)
    s.sendto(b"VFKT", door)
    return s
for round in range(3):
    crowd = [guest(round * 1000 + i) for i in range(200)]
    time.sleep(0.2)
    for s in crowd:
        s.close()
    time.sleep(16)
PYTHON
check "of 600 guests that have come and gone in three crowds, none is left" within 20 door_ports a 0 red dgram
agent_end a
check "the socket goes with the agent" fails test -e "$(door a red dgram)"
