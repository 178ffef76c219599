# A forwarding thread that is stuck: it is named in the journal, then the service manager ends the agent and starts it
# again.
#
#   host a [umbeld-a.service: LAN lab, with a port that waits for ever]
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

stuck=0b42d958c45b49139e57d895aeff18f8

host a
on a ip link set lo up
sh "$HOSTS_DIR/../Fixtures/Plugins/build" /run/hosts/plugins >/dev/null
install -m 644 /run/hosts/plugins/libumbel-bad.so /usr/local/lib/umbel/plugins/
journalctl --update-catalog
cat >/run/hosts/a.yaml <<'YAML'
lans:
  lab:
    doors: []
    ports:
      - {name: bad, transport: bad, role: guest, port: 5001, peer-port: 5002, fault: receive-sleeps, amount: 600000}
YAML
drop_in a WatchdogSec=2s
agent a --config /run/hosts/a.yaml

restarts() { property a NRestarts; }
restarted() { [ "$(restarts)" = 1 ] && agent_lives a; }

# record NUMBER MATCH… : the record's fields as JSON, counted from 1.
record() { journalctl --no-pager -q -o json "${@:2}" | sed -n "$1p"; }

# field NAME: of the record on standard input.
field() { python3 -c 'import json, sys; print(json.loads(sys.stdin.readline())[sys.argv[1]])' "$1"; }

sleep 5
check "it is fed while it is idle" equal 0 "$(restarts)"
on a python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 5002))
s.sendto(bytes.fromhex("ffffffffffff020000000001") + bytes(50), ("127.0.0.1", 5001))'
check "the service manager starts it again" within 15 restarted
said=$(record 1 "MESSAGE_ID=$stuck")
ended=$(journalctl --no-pager -q -o json _PID=1 | grep -m 1 'Watchdog timeout')
check "one record names the thread" equal "1 forward-0 lab" \
  "$(journalctl -q -o cat "MESSAGE_ID=$stuck" | wc -l) $(field UMBEL_THREAD <<<"$said") $(field UMBEL_LAN <<<"$said")"
early=$((($(field __MONOTONIC_TIMESTAMP <<<"$ended") - $(field __MONOTONIC_TIMESTAMP <<<"$said")) / 1000))
echo "# $early ms before the watchdog's end"
check "in time before the watchdog's end" at_most "$early" 500
check "which is why it was ended" test -n "$(record 1 UNIT_RESULT=watchdog)"
check "journalctl explains it" grep -q 'Thread forward-0 makes no progress' <(journalctl -q -x "MESSAGE_ID=$stuck")
check "the new one works" umbel a status
check "and is not blamed" equal "" "$(record 2 "MESSAGE_ID=$stuck")"
