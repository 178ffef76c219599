# Mirrors: a port that gets copies of others' frames, exactly as often as asked for, and sends nothing into the LAN.
# Limit: 120 s.
#
#   sender, receiver (bess) ─┐
#  host w ─ br-web ─ tap web ┼─ host a [agent: lab] ── tap mon0, mon1: the monitors
#  host d ─ br-db ─── tap db ┘         └──s1── [agent: lab] host b ─ collector
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
if ! [ -w /dev/net/tun ] || ! can_capture; then
  skip "mirrors" "needs TAP devices and tcpdump"
  exit
fi
# shellcheck source=Tests/Hosts/sites.sh
. "$HOSTS_DIR/sites.sh"

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
on a sysctl -qw net.ipv6.conf.default.disable_ipv6=1
# beyond HOST BRIDGE ADDRESS: a host on a bridge of host a.
beyond() {
  ip -n a link add "$2" type bridge mcast_snooping 0
  ip -n a link set "$2" up
  host "$1"
  ip link add eth0 netns "$1" type veth peer name "to-$1" netns a
  ip -n a link set "to-$1" master "$2" up
  ip -n "$1" address add "$3" dev eth0
  ip -n "$1" link set eth0 up
}
beyond w br-web 192.168.0.1/24
beyond d br-db 192.168.0.2/24
file=/run/hosts/a.yaml

# configuration MIRRORS
configuration() {
  cat >"$file" <<YAML
lans:
  lab:
    ports:
      - {name: site, transport: mcast, role: trunk}
      - {name: web, transport: tap, device: web0, bridge: br-web}
      - {name: db, transport: tap, device: db0, bridge: br-db}
      - {name: monitor, transport: tap, device: mon0}
      - {name: second, transport: tap, device: mon1}
    mirror: $1
YAML
}

lab_of_b() { echo "lans: {lab: {ports: [{name: site, transport: mcast, role: trunk}]}}"; }

configuration "{from: web, to: monitor}"
agent a --config "$file"
lab_of_b >/run/hosts/b.yaml
agent b --config /run/hosts/b.yaml
up() { equal 4 "$(asks a ListPorts "sum(1 for p in ports if p['transport'] == 'tap' and p['state'] == 'up')")"; }
check "the ports are up" within 10 up
# Each in a host of its own, so that the kernel answers by that device alone. No IPv6: it would speak unasked.
for pair in "web0 w 192.168.0.1/24" "db0 d 192.168.0.2/24"; do
  read -r device host address <<<"$pair"
  ip -n a link set "$device" netns "$host"
  on "$host" sysctl -qw "net.ipv6.conf.$device.disable_ipv6=1"
  ip -n "$host" address add "$address" dev "$device"
  ip -n "$host" link set "$device" up
done
on a sysctl -qw net.ipv6.conf.mon0.disable_ipv6=1 net.ipv6.conf.mon1.disable_ipv6=1
within 10 up
check "the hosts behind the ports reach each other" within 10 on w busybox ping -c 1 -W 1 192.168.0.2

# sees NAME DEVICE REQUESTS ANSWERS: twenty pings from web to db. How often is each seen at the device?
sees() {
  capture_heads a "$2" "$1" icmp
  on w busybox ping -c 20 -i 0.02 -W 2 192.168.0.2 >/dev/null || return
  within 10 eval "[ \$(packets $1 'icmp[0] == 0') -ge $4 ] && [ \$(packets $1 'icmp[0] == 8') -ge $3 ]"
  capture_whole "$1"
  equal "$3 requests, $4 answers" "$(packets "$1" 'icmp[0] == 8') requests, $(packets "$1" 'icmp[0] == 0') answers"
}

# moves MIRRORS LINE…: does a reload with these mirrors print that?
moves() {
  configuration "$1"
  shift
  equal "$(printf '%s\n' "$@")" "$(umbel a reload 2>&1)"
}

# ---- Each frame as often as asked for ------------------------------------------------------------------------------

check "with both directions, each frame of the source is seen once" sees both mon0 20 20
check "another direction is put into force by a reload" moves "{from: web, direction: in, to: monitor}" "lab: changed"
check "in: what comes from the source" sees in mon0 20 0
check "another" moves "{from: web, direction: out, to: monitor}" "lab: changed"
check "out: what goes to the source" sees out mon0 0 20
check "two sources, by a pattern as well" moves "{from: [w*, db], to: monitor}" "lab: changed"
check "a frame from one to the other is seen as it comes in and as it goes out" sees pair mon0 40 40
check "the same mirrors change nothing" moves "{from: [w*, db], to: monitor}" "nothing changed"
check "two monitors" moves "[{from: web, direction: in, to: monitor}, {from: db, direction: in, to: second}]" \
  "lab: changed"
check "the first sees one source" sees first mon0 20 0
check "the second the other" sees second mon1 0 20

# ---- By command ----------------------------------------------------------------------------------------------------

# refused STATUS WORD ARGUMENT…: does "umbel mirror" end so, with that word?
refused() {
  local wanted=$1 word=$2 output status
  shift 2
  output=$(umbel a mirror "$@" 2>&1)
  status=$?
  echo "$output"
  equal "$wanted" "$status" && grep -q -- "$word" <<<"$output"
}

check "no mirrors" moves "[]" "lab: changed"
check "a monitor without a mirror is a station like others" within 5 on w busybox ping -c 1 -W 1 192.168.0.2
check "a mirror is added by hand, of a port that does not exist yet" equal \
  "Port monitor of LAN lab gets copies of: nothing yet; no such port yet: guest-9." \
  "$(umbel a mirror add lab --from guest-9 --direction out --to monitor)"
check "a second to the same target is refused" refused 73 "umbel mirror remove lab monitor" add lab --from web --to monitor
check "so is a trunk" refused 64 "a trunk" add lab --from web --to site
check "a target as source" refused 64 "cannot be a source" add lab --from monitor --to second
check "and a source as target" refused 64 "cannot be a target" add lab --from web --to guest-9
check "what is not there cannot be removed" refused 66 "Its mirrors are to: monitor" remove lab mon
check "the list shows it" eval "umbel a mirror list | grep -q '^lab *monitor *out *guest-9 *- *hand *no such port'"
check "the port is shown as what it is" eval "umbel a port list lab | grep -q 'up: mirror of guest-9'"

# A guest of that name comes.
capture_heads a mon0 late ether proto 0x88b5
started guest.log nsenter --net=/run/netns/a -- "$build/umbel" --socket "$(runtime a)/umbel.sock" \
  run --name guest-9 --as seqpacket lab -- sh -c 'exec sleep 60' '{fd}'
guest=$!
within 10 eval "asks a ListMirrors \"[m['sources'] for m in mirrors]\" | grep -q guest-9"
within 10 door_ports a 0 lab bess
frames a number "$(door a lab)" 30
check "a guest that comes later is copied from its first frame on" within 5 eval \
  "[ \$(packets late) = 30 ]"
capture_end late
ended "$guest"
umbel a mirror remove lab monitor
check "a mirror that is removed is gone" equal 0 "$(asks a ListMirrors 'len(mirrors)')"

# ---- One way -------------------------------------------------------------------------------------------------------

umbel a mirror add lab --from web --from site --to monitor >/dev/null
mac=$(ip -n a -o link show mon0 | sed 's/.*ether \([^ ]*\).*/\1/')
capture_heads d eth0 near ether host "$mac"
ip -n a address add 192.168.0.9/24 dev mon0
check "what a monitor sends is answered by nobody" fails on a busybox ping -c 2 -i 0.2 -W 1 -I mon0 192.168.0.2
check "and counted" at_least 1 "$(counted a 'p["drops"].get("mirror-port", 0)')"
# What comes after it has come.
on w busybox ping -c 1 -W 1 192.168.0.2 >/dev/null
capture_whole near
check "not a frame of it came" equal 0 "$(packets near)"
check "and no other host has heard of its station" equal "" "$(umbel b fdb lab | grep "$mac")"
ip -n a address delete 192.168.0.9/24 dev mon0

# A monitor that does not read: a guest of a door, stopped.
started hang.log nsenter --net=/run/netns/a -- python3 "$HOSTS_DIR/frame.py" hang "$(door a lab)" \
  --source 02:00:00:00:00:99
hung=$!
within 10 door_ports a 1 lab bess
slow=$(asks a ListPorts "[p['name'] for p in ports if p['name'].startswith('bess')][0]")
umbel a mirror add lab --from 'bess*' --from site --direction both --to "$slow" >/dev/null
kill -STOP "$hung"
# lost: frames for other ports that found no room, or could not be sent.
lost() {
  counted a "sum(p['drops'].get(r, 0) for r in ('queue-full', 'send-failed')) * (p['name'] not in ('$slow', 'monitor'))"
}
lost=$(lost)
collector b far "$(door b lab)" 20000 --size 1000 --seconds 40
within 10 door_ports b 1 lab bess
frames a number "$(door a lab)" 20000 --size 1000 --rate 8000
check "while a monitor does not read, all traffic arrives, each frame once" collected far
check "what it did not take is dropped there" at_least 1000 \
  "$(counted a "p['drops'].get('queue-full', 0) * (p['name'] == '$slow')")"
check "and nowhere else" equal "$lost" "$(lost)"

# ---- Another process -----------------------------------------------------------------------------------------------

former=${agent_pid[a]}
capture_heads d eth0 after ether host "$mac"
started agent-a.log nsenter --net=/run/netns/a -- "$build/umbeld" --take-over --runtime-dir "$(runtime a)" --config "$file"
agent_pid[a]=$!
check "another agent takes over" within 10 fails kill -0 "$former"
check "with the mirrors that were made by hand" within 5 eval \
  "asks a ListMirrors \"sorted(m['to'] for m in mirrors if not m['configured'])\" | grep -q \"$slow.*monitor\""
ip -n a address add 192.168.0.9/24 dev mon0
check "the monitor still sends to nobody" fails on a busybox ping -c 2 -i 0.2 -W 1 -I mon0 192.168.0.2
ip -n a address delete 192.168.0.9/24 dev mon0
within 10 on w busybox ping -c 1 -W 1 192.168.0.2
capture_whole after
check "not one frame, in between either" equal 0 "$(packets after)"
check "and sees what it saw" sees taken mon0 20 20

# ---- What is wrong -------------------------------------------------------------------------------------------------

configuration "{from: web, to: site}"
check "a mirror to a trunk is refused with line and column" eval \
  "umbel a reload 2>&1 | grep -q 'a.yaml:9:29: to: site is a trunk'"
check "and the mirror by hand is as before" equal 2 "$(asks a ListMirrors 'len(mirrors)')"
check "a mirror of what is not there is no failure" moves "{from: nobody, to: second}" "lab: changed" \
  "lab: mirror to second: no such port yet: nobody."
