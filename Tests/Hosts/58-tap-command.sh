# umbel tap in place of tunctl, and an agent without root on what it made.
# Limit: 90 s.
#
#   host a [agent of nobody: lab, tap0]
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
if ! [ -w /dev/net/tun ]; then
  skip "umbel tap" "/dev/net/tun is closed to this user"
  exit
fi

host a
tap() { on a "$build/umbel" tap "$@"; }

devices() { ip -n a -br link | awk '{print $1}'; }

# refused STATUS WORD COMMAND…: does it end so, with that word, and make no device?
refused() {
  local wanted=$1 word=$2 before output status
  shift 2
  before=$(devices)
  output=$("$@" 2>&1)
  status=$?
  printf '%s\n' "$output"
  equal "$wanted" "$status" && grep -q -- "$word" <<<"$output" && equal "$before" "$(devices)"
}

check "without a name it is the next free one" equal "tap0 is persistent and owned by root." "$(tap create)"
check "--brief prints the name and nothing else" equal tap1 "$(tap create --brief --user nobody)"
check "so does -b" equal tap2 "$(tap create -b --group daemon)"
check "a name, a MAC address from the address, an MTU" equal "lab0 is persistent and owned by nobody." \
  "$(tap create lab0 --user 65534 --address 192.168.0.254/24 --mtu 1400)"
check "the device is set up so" eval "ip -n a -o link show lab0 | grep -q 'UP.*mtu 1400.*fe:fd:c0:a8:00:fe' &&
  ip -n a -o address show lab0 | grep -q '192.168.0.254/24 brd 192.168.0.255'"
check "a list shows names and owners" equal "TAP OWNER GROUP
lab0 nobody -
tap0 root -
tap1 nobody -
tap2 - daemon" "$(tap list | awk '{print $1, $2, $3}')"
check "tunctl sees the same device" eval "ip -n a -d link show lab0 | grep -q 'tun type tap .*persist on user nobody'"

check "a device that is there changes its owner" equal "tap1 is persistent and owned by daemon." \
  "$(tap create tap1 --user daemon)"
check "a name of 16 bytes is refused" refused 64 "16 bytes" tap create sixteen-bytes-xx
check "an odd first byte of a MAC address is refused" refused 64 "even" tap create x0 --mac 01:00:00:00:00:01
check "what is no TAP is refused" refused 73 "not a TAP" tap create lo
check "a bridge that is not there leaves no device behind" refused 66 "no bridge" tap create x0 --bridge br9
check "deleting what is not there is an error, and makes nothing" refused 66 "no nosuch" tap delete nosuch
check "deleting another interface is an error" refused 66 "not a TAP" tap delete lo

cat >/run/hosts/root.yaml <<'EOF'
lans:
  lab:
    ports:
      - {name: host, transport: tap, device: tap0}
EOF
agent a --config /run/hosts/root.yaml
check "a device in use is not deleted, and who uses it is told" refused 73 "umbeld (process ${agent_pid[a]})" \
  tap delete tap0
check "nor made again" refused 73 umbeld tap create tap0
check "the list tells it as well" eval "tap list | grep -q 'tap0.*umbeld (${agent_pid[a]})'"
agent_end a
for device in tap0 tap1 tap2; do check "$device is deleted" equal "$device is deleted." "$(tap delete "$device")"; done
check "and gone" equal "lab0" "$(ip -n a -br link | awk '/tap|lab/ {print $1}')"

# An agent without root. Elsewhere /dev/net/tun is open to all; here it is this machine's own.
mount -t tmpfs none /dev/net && mknod -m 666 /dev/net/tun c 10 200
directory=/run/hosts/nobody
mkdir -m 700 "$directory"
cat >/run/hosts/nobody.yaml <<'EOF'
lans:
  lab:
    ports:
      - {name: host, transport: tap, device: lab0, address: [192.168.0.254/24, 192.168.1.254/24]}
      - {name: other, transport: tap, device: lab1}
EOF
chown 65534:65534 "$directory"
nobody=(nsenter --net=/run/netns/a -- setpriv --reuid 65534 --regid 65534 --clear-groups
  env "XDG_RUNTIME_DIR=$directory")
started agent-nobody.log "${nobody[@]}" "$build/umbeld" --config /run/hosts/nobody.yaml
within 10 test -S "$directory/umbel/umbel.sock"
ports() { "${nobody[@]}" "$build/umbel" port list; }
check "an agent without root attaches the device of its user" within 5 eval "ports | grep -q 'host .* up: lab0'"
check "and names the command for what it may not do" eval \
  "ports | grep -q 'sudo ip address add 192.168.1.254/24 dev lab0'"
check "and for a device that it may not make" eval "ports | grep -q 'sudo umbel tap create lab1 --user 65534'"
tap create lab1 --user 65534 >/dev/null
check "once that is run, the port is up" within 5 eval "ports | grep -q 'other .* up: lab1'"
