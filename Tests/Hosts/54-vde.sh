# The door "vde", with the programs that use it. Two LANs of one host meet only where a program joins them.
#
#   host a [agent: red] ── vde_plug, or QEMU ── [agent: blue]
#                    └─ g1 eth0=daemon at a flat path, g2 bess
#
# Limit: 240 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

needs vde_plug qemu-system-x86_64

host a
cat >/run/hosts/vde.yaml <<'YAML'
lans:
  red:
    doors: [bess, vde, {door: vde, path: /run/hosts/uml.ctl}]
  blue:
YAML
agent a --config /run/hosts/vde.yaml

# with NAME COMMAND…: starts a program of host a.
with() {
  local name=$1
  shift
  started "$name.log" nsenter --net=/run/netns/a -- "$@"
  program_pid[$name]=$!
}
declare -A program_pid=()

# told HOST LAN EXPRESSION: the values of an expression for each of the LAN's guest ports at the door "vde".
told() { asks "$1" ListPorts "sorted($3 for p in ports if p['lan'] == '$2' and p['name'].startswith('vde'))"; }

drops() { asks a ListPorts "sum(sum(p['drops'].values()) for p in ports if p['lan'] == '$1' and p['name'].startswith('vde'))"; }

# ---- vde_plug: a cable of libvdeplug between the two doors ---------------------------------------------------------------

with cable vde_plug "vde://$(door a red vde)" "vde://$(door a blue vde)"
check "vde_plug has a port in each LAN" within 10 guest_ports a 2
check "its description is shown" within 5 equal "[True]" "$(told a red "'vdeplug: user=' in p['text']")"
passes a plug red blue "2,000 frames pass vde_plug, each once" 2000 --size 1514
passes a jumbo red blue "frames of 9,216 bytes pass vde_plug" 200 --size 9216 --rate 1000
passes a back blue red "and the other way" 2000
check "nothing was dropped" equal "0 0" "$(drops red) $(drops blue)"
check "it has removed its own sockets" equal "1" "$(find "$(door a red vde)" -name 'port-*' | wc -l)"
ended "${program_pid[cable]}"
check "a vde_plug killed with SIGKILL has no port any more" within 5 guest_ports a 0
check "and its socket is gone" within 5 equal "$(door a red vde)/ctl" "$(find "$(door a red vde)" -type s -not -name '.*')"

# ---- QEMU: vde and stream on a hub, no guest -----------------------------------------------------------------------------

with qemu qemu-system-x86_64 -M none -nodefaults -display none \
  -netdev "vde,id=red,sock=$(door a red vde)" -netdev hubport,id=one,hubid=0,netdev=red \
  -netdev "stream,id=blue,server=off,addr.type=unix,addr.path=$(door a blue stream)" \
  -netdev hubport,id=two,hubid=0,netdev=blue
check "QEMU has a port in each LAN" within 20 guest_ports a 2
check "it says who it is" within 5 equal "[True]" "$(told a red "': QEMU user=' in p['text']")"
check "its largest frame is known" equal "[4096]" "$(told a red "p['largestFrame']")"
passes a qemu blue red "2,000 frames pass from QEMU's vde back end" 2000 --size 1514
passes a largest red blue "frames of 4,096 bytes pass to it" 200 --size 4096 --rate 1000
before=$(drops red)
within 10 door_ports a 0 blue bess
collector a none "$(door a blue)" 0 --size 4097 --seconds 3
within 10 door_ports a 1 blue bess
frames a number "$(door a red)" 200 --size 4097 --rate 1000
check "longer ones do not, not even cut" collected none
check "each of them is counted as dropped" equal $((before + 200)) "$(drops red)"
ended "${program_pid[qemu]}"
check "a QEMU that is killed has no port any more" within 5 guest_ports a 0

# ---- Clients that do not behave ------------------------------------------------------------------------------------------

with crowd python3 "$HOSTS_DIR/vde.py" idle "$(door a red vde)" 40
within 10 grep -q ready "$logs/crowd.log"
check "malformed requests are refused" python3 "$HOSTS_DIR/vde.py" malformed "$(door a red vde)"
with cable vde_plug "vde://$(door a red vde)" "vde://$(door a blue vde)"
check "a guest comes in beside 40 that never finish their request" within 10 guest_ports a 2
passes a beside red blue "and loses nothing" 500
ended "${program_pid[cable]}"
ended "${program_pid[crowd]}"
within 10 guest_ports a 0
check "nothing is left in the directory" within 5 equal "ctl" "$(find "$(door a red vde)" -type s -printf '%f\n' | grep -v '^\.')"

# ---- User Mode Linux -----------------------------------------------------------------------------------------------------

guest_start a g1 10.1.0.1/24 eth0 linux.uml eth0=daemon,,unix,/run/hosts/uml.ctl
guest_bess a g2 10.1.0.2/24 "$(door a red)"
check "eth0=daemon at a path of its own, as uml_switch had it, reaches a guest of another door" pings g1 10.1.0.2
check "20 MiB arrive from it byte for byte" transfers g1 g2 10.1.0.2 20
check "and at it" transfers g2 g1 10.1.0.1 20
check "its largest frame is known" equal "[1526]" "$(told a red "p['largestFrame']")"
guest_kill g1
check "when it is killed its port ends" within 5 guest_ports a 1

# ---- The door opens again ------------------------------------------------------------------------------------------------

agent_end a
agent a --config /run/hosts/vde.yaml
with again vde_plug "vde://$(door a red vde)" "vde://$(door a blue vde)"
check "after the agent's restart the doors are open again" within 10 equal "[True]" "$(told a red "p['state'] == 'up'")"
passes a again red blue "and frames pass" 500
agent_end a
check "when the agent ends, so does vde_plug" within 5 fails kill -0 "${program_pid[again]}"
check "and nothing of the LAN is left" fails test -e "$(runtime a)/red"
check "nor its socket elsewhere" fails test -e /run/hosts/uml.ctl
