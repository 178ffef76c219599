# What it means that guests survive the end of their agent.
#
#   survivors                   makes host a with LAN lab: guests g1 (bess, 10.1.0.1) and g2 (handed over, 10.1.0.2), and
#                               TAP tap0 as port "host"; the configuration is /run/hosts/a.yaml
#   survives WHAT COMMAND…      the command ends the agent while they are at work
# shellcheck disable=SC2154 # lib.sh, which comes before, sets $logs
survivors() {
  needs ping
  host a
  cat >/run/hosts/a.yaml <<'YAML'
threads: 2
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
}

# link GUEST: how often its network card has lost or found its link.
link() { guest_do "$1" cat /sys/class/net/vec0/carrier_changes; }

# device: what must not change of the TAP: number, MAC address, MTU, state, addresses.
device() { on a ip -o link show dev tap0; on a ip -o address show dev tap0; }

# names: all ports of the LAN.
names() { asks a ListPorts 'sorted(p["name"] for p in ports if p["lan"] == "lab")'; }

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

# transfers_to_host MEBIBYTES: random bytes over TCP from g2 to the host, by its TAP.
transfers_to_host() {
  # shellcheck disable=SC2034 # guest_do reads guest_seconds
  local listener sent guest_seconds=240
  on a python3 - >/run/hosts/received-host <<'PYTHON' &
import hashlib, socket
with socket.create_server(("10.1.0.254", 5002)) as server, server.accept()[0] as connection:
    digest = hashlib.sha256()
    while data := connection.recv(65536):
        digest.update(data)
print(digest.hexdigest() + "  -")
PYTHON
  listener=$!
  within 10 on a sh -c 'ss -lnt | grep -q :5002' || return
  sent=$(guest_do g2 "mkfifo /tmp/host; sha256sum </tmp/host >/tmp/host.sum &
    dd if=/dev/urandom bs=64k count=$(($1 * 16)) 2>/dev/null | tee /tmp/host | nc 10.1.0.254 5002; wait
    cat /tmp/host.sum; rm /tmp/host*")
  wait "$listener"
  equal "$sent" "$(cat /run/hosts/received-host)"
}

# survives WHAT COMMAND…: the command ends the agent, and another process goes on.
survives() {
  local what=$1 transfer to_host ping before gap links began
  shift
  before=$(device) links="$(link g1) $(link g2)"
  began=$(asks a ListPorts 'sum(p["counters"]["receivedFrames"] for p in ports if p["name"] == "bess-1")')
  started "ping-$what.log" nsenter --net=/run/netns/a -- ping -D -i 0.01 10.1.0.1
  ping=$!
  transfers g1 g2 10.1.0.2 30 >"/run/hosts/transfer-$what" 2>&1 &
  transfer=$!
  transfers_to_host 30 >"/run/hosts/host-$what" 2>&1 &
  to_host=$!
  check "$what: a transfer begins" within 20 sent_more_than $((began + 2000))
  "$@"
  check "$what: it is still under way afterwards" kill -0 "$transfer"
  check "$what: so is one to the host by its TAP" kill -0 "$to_host"
  check "$what: a transfer that was under way arrives byte for byte" wait_for "$transfer" "/run/hosts/transfer-$what"
  check "$what: so does the one to the host" wait_for "$to_host" "/run/hosts/host-$what"
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
