# Reload: what differs in the configuration changes, and nothing else does.
# Limit: 240 s, for forty reloads while frames are counted.
#
#   guests ─ host a [agent: default, and now and then lab]──s1──[agent: default] host b ─ guests
#              │ tap0, tap1
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
file=/run/hosts/a.yaml

# configuration: what is on the input, for the agent of host a.
configuration() { cat >"$file.new" && mv "$file.new" "$file"; }

# reloads LINE…: does a reload succeed and print exactly these lines?
reloads() {
  local output
  output=$(umbel a reload 2>&1) || { echo "status $?: $output"; return 1; }
  equal "$(printf '%s\n' "$@")" "$output"
}

# port LAN NAME EXPRESSION: of a port p of host a.
port() { asks a ListPorts "[$3 for p in ports if p['lan'] == '$1' and p['name'] == '$2'][0]"; }

port_is() { equal "$3" "$(port "$1" "$2" 'p["state"]')"; }

ifindex() { ip -n a -o link show "$1" | cut -d: -f1; }

default_lan() {
  cat <<'YAML'
lans:
  default:
    ports: [{name: mcast, transport: mcast}]
YAML
}

with_lab() {
  default_lan
  cat <<'YAML'
  lab:
    doors: [bess, vde, dgram, {door: bess, path: /run/hosts/lab.sock, mode: 0600}]
    ports:
      - {name: mcast, transport: mcast, group: 239.192.168.7}
      - {name: site, transport: vxlan, vni: 7, peers: 10.0.0.2}
YAML
}

default_lan | configuration
agent a --config "$file"
agent b
check "the agents hear each other" within 10 eval "asks a ListPeers 'len(peers)' | grep -qx 1"

# ---- Nothing changes -----------------------------------------------------------------------------------------------

before=$(umbel a port list --json | grep -v seconds)
open=$(descriptors a)
check "the same configuration changes nothing" reloads "nothing changed"
(echo "# moved"; default_lan) | configuration
check "nor does one that has only moved in its file" reloads "nothing changed"
check "no port is another" equal "$(grep '"number"' <<<"$before")" "$(umbel a port list --json | grep '"number"')"
check "no descriptor is left over" equal "$open" "$(descriptors a)"

check "an agent without any file reads that there is none" equal "nothing changed" "$(umbel b reload)"
mkdir /run/hosts/lans.d
echo "lans: {beside: {doors: [bess]}}" >/run/hosts/lans.d/beside.yaml
check "a file beside it is read" reloads "beside: added"
rm -r /run/hosts/lans.d
check "and missed when it goes" reloads "beside: removed"

# ---- Another LAN comes and goes while frames pass ------------------------------------------------------------------

count=25000
collector a local "$(door a default)" "$count" --seconds 60
collector b across "$(door b default)" "$count" --seconds 60
collector a back "$(door a default)" "$count" --seconds 60 --source 02:00:00:00:00:02
within 10 guest_ports a 2
within 10 guest_ports b 1
number=$(port default mcast 'p["number"]')
started sender.log nsenter --net=/run/netns/a -- \
  python3 "$HOSTS_DIR/frame.py" number "$(door a default)" "$count" --rate 1000
sender=$!
started sender.log nsenter --net=/run/netns/b -- \
  python3 "$HOSTS_DIR/frame.py" number "$(door b default)" "$count" --rate 1000 --source 02:00:00:00:00:02

lab_comes_and_goes() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    with_lab | configuration
    reloads "lab: added" || return
    port_is lab mcast up && port_is lab site up && test -S "$(door a lab)" && test -S /run/hosts/lab.sock || return
    default_lan | configuration
    reloads "lab: removed" || return
    fails test -e "$(runtime a)/lab" && fails test -e /run/hosts/lab.sock || return
  done
}
check "twenty reloads add and remove a LAN with trunks and doors" lab_comes_and_goes
check "frames have passed meanwhile" kill -0 "$sender"
for name in local across back; do
  check "of $count frames, a thousand a second, none is lost and none doubled: $name" collected "$name"
done
check "the trunk is the port that it was" equal "$number" "$(port default mcast 'p["number"]')"

# ---- A configuration that is wrong ---------------------------------------------------------------------------------

# refused PLACE WORD: is what is on the input refused with that line:column and an explanation with that word, in the words
# of check-config, and is the agent as it was?
refused() {
  local output status=0 before
  before=$(asks a ListPorts 'sorted((p["lan"], p["name"], p["number"]) for p in ports)')
  configuration
  output=$(umbel a reload 2>&1) || status=$?
  echo "$output"
  equal 78 "$status" && grep -q "^$file:$1: .*$2" <<<"$output" || return
  on a "$build/umbel" check-config "$file" 2>&1 | grep -vxF -f <(printf '%s\n' "$output") && return 1
  equal "$before" "$(asks a ListPorts 'sorted((p["lan"], p["name"], p["number"]) for p in ports)')"
}

twenty_are_refused() {
  for n in 1 2 3 4 5; do
    { default_lan; echo "    colour: red$n"; } | refused 4:5 "is not an option of a LAN" || return
    default_lan | sed 's/transport: mcast/&, ttl: 300/' | refused 3:50 "0 to 255" || return
    { with_lab; echo "      - {transport: mcats}"; } | refused 9:21 mcast || return
    { with_lab; echo "  lab: {}"; } | refused 9:3 "given twice" || return
  done
}
check "twenty wrong configurations are refused, with file, line and column" twenty_are_refused
check "the status tells" eval "umbel a status | grep 'refused (.*a.yaml:9:3)'"
check "and so does the service manager's" agent_says a "STATUS=.*refused (.*a.yaml:9:3)"
passes a after-refusals default default "the agent still serves" 200
rm "$file"
check "a file that is gone is refused, too" eval "umbel a reload 2>&1 | grep 'a.yaml: cannot be read'"
default_lan | configuration
check "with the file corrected nothing has changed" reloads "nothing changed"
check "and nothing is said of a refusal any more" fails eval "umbel a status | grep refused"

# ---- Options that change while a port runs -------------------------------------------------------------------------

default_lan | sed 's/transport: mcast/&, ttl: 9, storm-unknown: 5/; $a\    ageing: 60s' | configuration
number=$(port default mcast 'p["number"]')
collector b live "$(door b default)" 4000 --seconds 15
within 10 guest_ports b 1
started sender.log nsenter --net=/run/netns/a -- \
  python3 "$HOSTS_DIR/frame.py" number "$(door a default)" 4000 --rate 1000
sleep 0.5
can_capture && capture b eth0 ttl udp and dst 239.192.168.1
check "a TTL and an ageing time change" reloads "default: changed" "default/mcast: changed"
check "and no frame is lost by it" collected live
check "the port is the same" equal "$number" "$(port default mcast 'p["number"]')"
check "and lists what it was given" equal "['9'] ['5']" "$(port default mcast \
  'str(p["options"]["ttl"]) + " " + str(p["options"]["storm-unknown"])')"
if can_capture; then
  capture_end ttl
  check "frames leave with the new TTL" at_least 100 \
    "$(tcpdump -vnr /run/hosts/ttl.pcap 'src 10.0.0.1 and ip[8] = 9' 2>/dev/null | grep -c 239.192.168.1)"
else
  skip "frames leave with the new TTL" "tcpdump needs root"
fi

with_lab | configuration
umbel a reload >/dev/null
number=$(port lab site 'p["number"]')
with_lab | sed 's/peers: 10.0.0.2/peers: [10.0.0.2, 10.0.0.3]/' | configuration
check "peers of a VXLAN trunk change" reloads "lab/site: changed"
check "the trunk is the same port" equal "$number" "$(port lab site 'p["number"]')"
check "and has both" equal "['10.0.0.2', '10.0.0.3']" "$(port lab site 'p["options"]["peers"]')"
with_lab | sed 's/peers: 10.0.0.2/port: 4790, &/' | configuration
check "another UDP port opens it anew" reloads "lab/site: reopened"
check "and it is up" port_is lab site up

# ---- Doors ---------------------------------------------------------------------------------------------------------

collector a guest "$(door a lab)" 300 --seconds 20
within 10 door_ports a 1 lab bess
collector a datagrams "dgram:$(door a lab dgram)" 300 --seconds 20
within 10 door_ports a 1 lab dgram
with_lab | sed 's/0600/0666/; s/\[bess, vde, dgram/[{door: bess, mode: 0600}, stream/; s/vni: 7/&, port: 4790/' | configuration
check "doors come, go, and change" reloads \
  "lab door bess: changed" "lab door bess=/run/hosts/lab.sock: changed" "lab door dgram: removed" \
  "lab door stream: added" "lab door vde: removed"
check "one has its new mode" equal 600 "$(stat -c %a "$(door a lab)")"
check "and another its own" equal 666 "$(stat -c %a /run/hosts/lab.sock)"
check "the datagram socket is still open, without a name" on a grep -q lab/dgram /proc/net/unix
check "what went is no longer there" fails test -e "$(door a lab vde/ctl)"
check "nor is the datagram socket" fails test -e "$(door a lab dgram)"
check "what came is there" test -S "$(door a lab stream)"
check "the guests have stayed" eval "door_ports a 1 lab bess && door_ports a 1 lab dgram"
frames a number "$(door a lab)" 300
check "one hears what is sent" collected guest
check "and one that came by a datagram socket that is gone" collected datagrams
is_gone() { frames a number "$(door a lab)" 1 && fails on a grep -q lab/dgram /proc/net/unix; }
check "with its last guest that socket ends" within 5 is_gone
with_lab | sed 's/vde, dgram, //; s/path: .run.hosts.lab.sock/path: \/nowhere\/lab.sock/; s/vni: 7/&, port: 4790/' | configuration
check "a door that cannot be opened is said, and the others are" eval "umbel a reload |
  grep -x 'lab door bess=/nowhere/lab.sock: /nowhere/lab.sock cannot be made: its directory does not exist.*'"
check "the others are as they should be" equal 660 "$(stat -c %a "$(door a lab)")"

# ---- Devices, groups and LANs change hands -------------------------------------------------------------------------

two_lans() {
  cat <<YAML
lans:
  red:
    ports: [{name: site, transport: mcast, group: 239.192.168.$1}, {name: v, transport: vxlan, vni: $1, peers: 10.0.0.2}]
  blue:
    ports: [{name: site, transport: mcast, group: 239.192.168.$2}, {name: v, transport: vxlan, vni: $2, peers: 10.0.0.2}]
YAML
}
two_lans 1 2 | configuration
check "one configuration takes the place of another" reloads \
  "blue: added" "default: removed" "lab: removed" "red: added"
two_lans 2 1 | configuration
check "trunks swap their groups and networks" reloads \
  "blue/site: reopened" "blue/v: reopened" "red/site: reopened" "red/v: reopened"
check "and all are up" trunk a up
two_lans 2 1 | sed 's/name: site/name: other/' | configuration
check "another name is another port" reloads \
  "blue/other: added" "blue/site: removed" "red/other: added" "red/site: removed"
check "with the same group" equal "['239.192.168.2']" "$(port red other 'p["options"]["group"]')"
check "and up" trunk a up

if [ -w /dev/net/tun ]; then
  taps() {
    cat <<YAML
lans:
  red:
    ports: [{name: host, transport: tap, device: $1, address: 192.168.1.254/24$3}]
  blue:
    ports: [{name: host, transport: tap, device: $2, address: 192.168.2.254/24}]
YAML
  }
  taps tap0 tap1 "" | configuration
  umbel a reload >/dev/null
  check "TAPs are up" within 5 port_is red host up
  index=$(ifindex tap0) number=$(port red host 'p["number"]')
  taps tap0 tap1 ", storm-broadcast: 7, loop-guard: off" | configuration
  check "what the agent itself does at a TAP changes" reloads "red/host: changed"
  check "the device is the same" equal "$index" "$(ifindex tap0)"
  check "and the port" equal "$number" "$(port red host 'p["number"]')"
  taps tap1 tap0 "" | configuration
  check "two LANs swap their TAPs" reloads "blue/host: reopened" "red/host: reopened"
  check "both are up" eval "within 5 port_is red host up && within 5 port_is blue host up"
  check "one has the other's address" eval "ip -n a address show tap1 | grep 192.168.1.254"
  printf 'lans:\n  blue:\n    ports: [{name: mine, transport: tap, device: tap1}]\n' | configuration
  check "a TAP of a LAN that ends goes to another" reloads "blue/host: removed" "blue/mine: added" "red: removed"
  check "and is up" within 5 port_is blue mine up
else
  skip "TAP devices" "/dev/net/tun is closed to this user"
fi

# ---- What was made by hand -----------------------------------------------------------------------------------------

default_lan | configuration
umbel a reload >/dev/null
# Of one UDP port with a tunnel of LAN default: on its thread.
umbel a lan add hand --door bess --thread 0 >/dev/null
umbel a port add hand vxlan vni=9 peers=10.0.0.2 --name site >/dev/null
umbel a port add default vxlan vni=8 peers=10.0.0.2 --name site >/dev/null
collector a kept "$(door a hand)" 300 --seconds 20
within 10 door_ports a 1 hand bess
check "what was made by hand is left alone" reloads "nothing changed"
{ default_lan; printf '  hand:\n    doors: [bess]\n    ports: [{name: site, transport: vxlan, vni: 9, peers: 10.0.0.2}]\n'; } |
  configuration
check "until the configuration names it" reloads "hand: adopted" "hand/site: adopted"
frames a number "$(door a hand)" 300
check "its guests stay" collected kept
{ default_lan; printf '  hand:\n    ports: [{name: other, transport: vxlan, vni: 8, peers: 10.0.0.2}]\n'; } | configuration
check "what a port made by hand has is not taken from it" eval "umbel a reload |
  grep 'hand/other cannot be opened: default/site has vni 8'"
umbel a port remove default site
check "once that is free, it is opened" reloads "hand/other: added"
umbel a port remove default mcast
check "what was removed by hand comes back" reloads "default/mcast: added"
collector a named "$(door a default)" 300 --seconds 20
name=$(within 10 door_ports a 1 default bess && asks a ListPorts '[p["name"] for p in ports if p["name"].startswith("bess")][0]')
default_lan | sed "s/name: mcast/name: $name/" | configuration
check "a guest whose name the configuration wants gets another" eval "umbel a reload |
  grep 'default/$name is the configuration.s: the guest of that name is bess-'"
frames a number "$(door a default)" 300
check "and stays" collected named

# ---- Signals, several at once, and what takes a restart -------------------------------------------------------------

{ echo "threads: 3"; default_lan; } | configuration
check "another number of threads takes a restart, and says so" eval "umbel a reload | grep '^threads: 3 holds from the next'"
: >"$logs/notify-a.log"
{ default_lan; printf '  late: {doors: [bess]}\n'; } | configuration
kill -HUP "${agent_pid[a]}"
check "SIGHUP reloads" within 5 test -S "$(door a late)"
within 5 agent_says a READY=1
check "the service manager hears of the beginning, with the time, and of the end" \
  equal "RELOADING=1 MONOTONIC_USEC READY=1" "$(grep -oE '^(RELOADING=1|MONOTONIC_USEC|READY=1)' "$logs/notify-a.log" | xargs)"
check "and the journal of what was done" grep -q 'read again: late added' "$logs/agent-a.log"
several() {
  local pids=() pid
  for _ in 1 2 3 4 5 6 7 8; do
    umbel a reload >>/run/hosts/several &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || return; done
}
default_lan | configuration
check "several may ask at once" several
check "and one reload did it" equal 1 "$(sort /run/hosts/several | uniq -c | awk '/late: removed/ {print $1}')"
echo "lans: [" | configuration
kill -HUP "${agent_pid[a]}"
check "what SIGHUP finds wrong is in the journal, with the file" \
  within 5 grep -q 'a.yaml:2:1: is not YAML.*file=.*a.yaml' "$logs/agent-a.log"
check "the agent lives" agent_lives a
