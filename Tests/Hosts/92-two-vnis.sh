# One UDP port and several owners: two LANs share it, a VXLAN device of the kernel has it first, another user's agent
# takes it without being root.
#
#   host a [agent: LANs red 42, blue 43]──s1──[agent] host b
#                                         ├── host c: sends datagrams of both VNIs from one socket
#                                         └── host d: kernel's vx9, then [agent of nobody: red]
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
# shellcheck source=Tests/Hosts/sites.sh
. "$HOSTS_DIR/sites.sh"

segment s1
for n in 1 2 3 4; do host "$(cut -c $n <<<abcd)" s1 10.0.0.$n/24; done

# configuration PEERS: of an agent with both LANs, which one of its two threads has to run.
configuration() {
  cat <<YAML
threads: 2
lans:
  other: {}
  red:
    ports:
      - {name: site, transport: vxlan, vni: 42, peers: [$1]}
  blue:
    ports:
      - {name: site, transport: vxlan, vni: 43, peers: [$1]}
YAML
}
configuration 10.0.0.2,10.0.0.4 >/run/hosts/a.yaml
configuration 10.0.0.1 >/run/hosts/b.yaml
agent a --config /run/hosts/a.yaml
agent b --config /run/hosts/b.yaml
for host in a b; do check "both trunks of host $host are up" within 10 trunk "$host" up; done

# ---- Two LANs ------------------------------------------------------------------------------------------------------

# listen NAME: to both LANs of host a. What a LAN hears of the other has the numbers and the source of its own frames.
listen() {
  for lan in red blue; do
    within 10 door_ports a 0 $lan bess
    collector a "$1-$lan" "$(door a $lan)" 300
    within 10 door_ports a 1 $lan bess
  done
}

listen agents
frames b number "$(door b red)" 300 &
frames b number "$(door b blue)" 300 &
wait $!
for lan in red blue; do check "LAN $lan hears its own 300 frames" collected agents-$lan; done
listen silence
frames b number "$(door b red)" 300
check "what is sent to one LAN comes to it" collected silence-red
check "and not to the other" grep '^0 of 300 came, 0 of them more than once, 0 damaged, 0 not expected' \
  <(collected silence-blue)

# In one call, and so in one buffer of the receiver: datagrams of both VNIs in turn, of one 5-tuple.
listen mixed
on c python3 - 10.0.0.1 300 <<'PYTHON'
import socket, struct, sys
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.setsockopt(socket.IPPROTO_UDP, 103, 8 + 64)  # UDP_SEGMENT, <linux/udp.h>
sender.connect((sys.argv[1], 4789))
datagrams = [
    struct.pack("!BxxxI6s6sHI", 8, vni << 8, b"\xff" * 6, bytes.fromhex("020000000001"), 0x88B5, i) + bytes([i & 0xFF]) * 46
    for i in range(int(sys.argv[2])) for vni in (42, 43)
]
for i in range(0, len(datagrams), 60):
    sender.send(b"".join(datagrams[i:i + 60]))
PYTHON
for lan in red blue; do check "LAN $lan hears its 300 of 600 datagrams" collected mixed-$lan; done
# transport_counter COUNTER: of all VXLAN ports of host a.
transport_counter() { counted a "p['transportCounters'].get('$1', 0)"; }
check "they came in buffers of many" at_least 600 "$(transport_counter gro-frames)"

# ---- The port is the kernel's --------------------------------------------------------------------------------------

kernel_vxlan d vx9 9 10.49.0.4/24 remote 10.0.0.1 dev eth0
directory=/run/hosts/d
mkdir -m 700 "$directory"
cat >/run/hosts/d.yaml <<'YAML'
lans:
  red:
    ports:
      - {name: site, transport: vxlan, vni: 42, peers: [10.0.0.1]}
YAML
if [ -n "${HOSTS_UNPRIVILEGED-}" ]; then
  user=(unshare --user --map-user=65534 --map-group=65534)
else
  chown 65534:65534 "$directory"
  user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
fi
started agent-d.log nsenter --net=/run/netns/d -- "${user[@]}" \
  "$build/umbeld" --runtime-dir "$directory" --config /run/hosts/d.yaml
agent_pid[d]=$!
check "an agent of another user than root starts" within 10 test -S "$directory/umbel.sock"

# waits_for PATTERN: does its trunk wait, and say for what?
waits_for() {
  asks d ListPorts "[(p['state'], p['text']) for p in ports if p['name'] == 'site'][0]" |
    tee /dev/stderr | grep -q "'waiting'.*$1"
}
check "its trunk waits for the port" within 5 vxlan_port d red waiting
check "and says that a device of the kernel has it" waits_for vx9
ip -n d link delete vx9
check "without that device it comes up" within 10 vxlan_port d red up
within 10 door_ports a 0 red bess
collector a nobody "$(door a red)" 300
within 10 door_ports a 1 red bess
frames d number "$(door d red)" 300
check "its frames come to the others once" collected nobody

# A program is named as well.
ended "${agent_pid[d]}" TERM
started holder.log nsenter --net=/run/netns/d -- python3 -c '
import socket, signal
holder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
holder.bind(("", 4789))
print("ready", flush=True)
signal.pause()'
holder=$!
within 10 grep -q ready "$logs/holder.log"
agent d --config /run/hosts/d.yaml
check "a program that has the port is named" within 5 waits_for "python3.*$holder"
ended $holder
check "without it the trunk comes up" within 10 vxlan_port d red up
