# "umbel run LAN -- linux.uml … eth0=mcast …": the HOWTO's words on the guest's command line, carried out on sockets.
#
#   host a [agent] LAN default, 239.192.168.1:1102 ── g1 eth0=mcast   g2 the same with --native   g5 eth0=daemon
#                  LAN lab,     239.1.1.1:4711 ────── g3 eth0=mcast,,239.1.1.1,4711   g4 bess
#                                     └── g8 eth0=daemon,,unix,PATH by its kernel, g9 by umbel run
#                  LAN taps ── the host itself by TAPs of its guests: g6 eth0=tuntap with a network, g7 with ip=
#
# Limit: 300 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

# run_words NAME ADDRESS/LENGTH INTERFACE "OPTION… LAN" WORD…: a guest by "umbel run".
run_words() {
  local name=$1 address=$2 interface=$3 arguments
  read -ra arguments <<<"$4"
  shift 4
  guest_start a "$name" "$address" "$interface" "$build/umbel" --socket "$(runtime a)/umbel.sock" \
    run "${arguments[@]}" -- linux.uml "$@"
}

says() { grep -qF -- "$2" "$logs/guest-$1.log"; }

# lan_of NAME LAN: is the port of this guest in that LAN?
in_lan() { asks a ListPorts "[p['lan'] for p in ports if p['name'] == '$1']" | grep -qF "'$2'"; }

segment s1
host a s1 10.0.0.1/24
cat >/run/hosts/words.yaml <<'YAML'
lans:
  default:
    ports:
      - mcast
  lab:
    ports:
      - "mcast,,239.1.1.1,4711,2"
      - "daemon,,unix,/run/hosts/uml.ctl"
  taps: {}
YAML
agent a --config /run/hosts/words.yaml

run_words g1 10.1.0.1/24 vec0 default eth0=mcast,fe:fd:0:0:0:1
run_words g2 10.1.0.2/24 eth0 "--native default" eth0=mcast
run_words g3 10.2.0.3/24 vec0 default eth0=mcast,,239.1.1.1,4711
guest_bess a g4 10.2.0.4/24 "$(door a lab)"
run_words g5 10.1.0.5/24 vec0 "--name five default" eth0=daemon ip=10.1.0.5::::g5:eth0:off

check "a guest with eth0=mcast reaches one whose kernel reads the word itself" pings g1 10.1.0.2
check "it has the MAC that its word names" equal fe:fd:00:00:00:01 "$(guest_do g1 cat /sys/class/net/vec0/address)"
check "that the NIC is called vec0 is said" says g1 'umbel: Inside the guest eth0 is vec0'
check "a guest with --native is on eth0, and nothing is said" fails says g2 umbel:
check "a word with another group joins the LAN that has it" pings g3 10.2.0.4
check "and this is said" says g3 'umbel: eth0=mcast,,239.1.1.1,4711 joins LAN lab, which has 239.1.1.1:4711.'
check "eth0=daemon is on the LAN as well" pings g5 10.1.0.1
check "a guest with ip= has the MAC that follows from it" \
  equal fe:fd:0a:01:00:05 "$(guest_do g5 cat /sys/class/net/vec0/address)"
check "its port has the name that was asked for" in_lan five default

guest_start a g8 10.2.0.8/24 eth0 linux.uml eth0=daemon,,unix,/run/hosts/uml.ctl
run_words g9 10.2.0.9/24 vec0 default eth0=daemon,,unix,/run/hosts/uml.ctl
check "a daemon word of the configuration is a switch for eth0=daemon" pings g8 10.2.0.4
check "umbel run finds the LAN by the switch that the word names" pings g9 10.2.0.8
guest_kill g8
guest_kill g9
check "both leave" within 5 guest_ports a 4

check "a group that no LAN has is refused with the remedy" \
  grep -qF 'eth0=mcast,,239.9.9.9: no LAN has 239.9.9.9:1102; LAN default has 239.192.168.1:1102.' \
  <(umbel a run default -- true eth0=mcast,,239.9.9.9 2>&1)
check "a fault in a word is underlined" grep -qFx '              ^^^^^^^^' \
  <(umbel a run default -- true eth0=mcast,,10.0.0.1 2>&1)
check "a dry run prints the command with the numbers it would have" equal \
  "echo $(umbel a run default -- echo eth0=mcast '{fd:dgram}' 2>/dev/null)" \
  "$(umbel a run --dry-run default -- echo eth0=mcast '{fd:dgram}' 2>/dev/null)"
check "and makes no port" within 5 guest_ports a 4

# ---- The host, by a TAP that belongs to the guest

tap_ports() { equal "$1" "$(asks a ListPorts "sum(1 for p in ports if p['transport'] == 'tap')")"; }

run_words g6 10.3.0.6/24 vec0 taps eth0=tuntap,,,10.3.0.254/24
run_words g7 10.4.0.7/24 vec0 taps eth0=tuntap,utap7,,10.4.0.254 ip=10.4.0.7::::g7:eth0:off
check "a guest with eth0=tuntap reaches the host at the address that its word names" pings g6 10.3.0.254
check "the host reaches the guest" on a busybox ping -c 2 -W 2 10.3.0.6
check "a guest with ip= reaches the host by a TAP with an address alone" pings g7 10.4.0.254
check "the host has a route to that guest" on a busybox ping -c 2 -W 2 10.4.0.7
check "the TAP has the name that the word says" on a ip link show utap7
guest_kill g6
guest_kill g7
check "the TAPs end with their guests" within 5 tap_ports 0
check "and leave no device" fails on a ip link show utap7

for name in g1 g3 g5; do guest_kill "$name"; done
check "the ports end with their guests" within 5 guest_ports a 1
