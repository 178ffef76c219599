# The door "stream", and ports that are clients of a QEMU that listens. Two LANs of one host meet only in a QEMU.
#
#   host a [agent: red] ── QEMU without a guest ── [agent: blue]
#
# Limit: 180 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

needs qemu-system-x86_64

host a
cat >/run/hosts/stream.yaml <<'YAML'
lans:
  red:
    doors: [bess, stream, {door: stream, listen: "127.0.0.1:5555"}]
  blue:
    ports:
      - {name: unix, transport: socket, connect: /run/hosts/qemu.sock}
      - {name: tcp, transport: socket, connect: "localhost:4444"}
YAML
agent a --config /run/hosts/stream.yaml

red_stream="stream,server=off,addr.type=unix,addr.path=$(door a red stream)"

# state NAME: of a port of blue.
state() { asks a ListPorts "[p['state'] for p in ports if p['name'] == '$1'][0]"; }
is() { equal "$2" "$(state "$1")"; }

# both NAME SENTENCE [OPTION…]: frames pass both ways.
both() {
  local name=$1 sentence=$2
  shift 2
  passes a "$name-there" red blue "$sentence" 2000 "$@"
  passes a "$name-back" blue red "and back" 2000 "$@"
}

check "a port whose server is away waits" within 5 is unix waiting
check "and says for whom" equal True \
  "$(asks a ListPorts "'/run/hosts/qemu.sock does not take a connection' in [p['text'] for p in ports if p['name'] == 'unix'][0]")"
check "so does one of a TCP server" within 5 is tcp waiting

hub a "$red_stream" "stream,server=on,addr.type=unix,addr.path=/run/hosts/qemu.sock"
check "when a QEMU listens at the path, the port comes up by itself" within 40 is unix up
both unix "2,000 frames pass QEMU's stream back ends" --size 1514
both jumbo "so do frames of 9,216 bytes" --size 9216 --rate 1000
ended "$hub"
check "when the QEMU is killed, the port waits" within 5 is unix waiting
check "and the port of the door ends" within 5 door_ports a 0 red
rm -f /run/hosts/qemu.sock

hub a socket,connect=127.0.0.1:5555 "socket,listen=127.0.0.1:4444"
check "TCP does as well, at a door and at a server with a name" within 40 is tcp up
check "the guest at the door is known by its address" equal True \
  "$(asks a ListPorts "[p['text'] for p in ports if p['lan'] == 'red'][0].startswith('connected from 127.0.0.1:')")"
both tcp "2,000 frames pass over TCP" --size 1514
ended "$hub"
check "when the QEMU is killed, the port waits" within 5 is tcp waiting
hub a "$red_stream" "socket,listen=127.0.0.1:4444"
check "when it is back, the port comes up by itself" within 40 is tcp up
both again "and frames pass" --size 1514
drops=$(asks a ListPorts "[p['drops'] for p in ports if sum(p['drops'].values()) and p['state'] == 'up']")
check "nothing was dropped where frames passed" equal "[]" "$drops"
ended "$hub"
check "when the QEMU is gone, so is its port at the door" within 5 door_ports a 0 red
