# What passes a LAN is captured: as many frames as the ports count, each with what became of it. Who reads too slowly
# loses copies, never traffic. The flight recorder has what was before a fault.
#
#   host a [agent: lab, record]──s1──[agent: lab] host b
#     collectors, senders, a guest that hangs       senders
#
# Limit: 240 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

needs tshark capinfos tcpdump script
segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
# Without hellos: nothing but the frames below passes the trunk.
for host in a b; do
  cat >/run/hosts/$host.yaml <<'YAML'
lans:
  lab:
    record: 4M
    queue: 128K
    ports:
      - {name: site, transport: mcast, role: trunk, hello: false}
YAML
  agent $host --config /run/hosts/$host.yaml
  check "the trunk of agent $host is up" within 5 trunk $host up
done

# captures NAME ARGUMENT…: starts a capture of lab into NAME.pcapng; its pid is in capturing[NAME].
declare -A capturing=()
captures() {
  local name=$1
  shift
  started "capture-$name.log" nsenter --net=/run/netns/a -- "$build/umbel" --socket "$(runtime a)/umbel.sock" \
    capture lab -w "/run/hosts/$name.pcapng" "$@"
  capturing[$name]=$!
  # The first blocks are written when every frame is recorded.
  within 10 test -s "/run/hosts/$name.pcapng" || fatal "capture $name does not begin"
}

# captured NAME: ends it with ^C.
captured() { ended "${capturing[$1]}" INT; }

# reads_whole NAME: do tshark and capinfos read all of a file without a complaint? What tshark finds of each packet is then
# in NAME.packets: interface, direction (1: in, 2: out), comment, source.
reads_whole() {
  tshark -r "/run/hosts/$1.pcapng" -T fields -e frame.interface_name -e frame.packet_flags_direction -e frame.comment \
    -e eth.src >"/run/hosts/$1.packets" 2>"$logs/tshark-$1.log"
  equal "0 " "$? $(grep -v 'Running as user' "$logs/tshark-$1.log")" && capinfos "/run/hosts/$1.pcapng"
}

# packets NAME CONDITION: how many of them are so, in the words of awk.
packets() {
  awk -F '\t' "{interface = \$1; direction = \$2; comment = \$3; from = \$4} $2 {n++} END {print n + 0}" \
    "/run/hosts/$1.packets"
}

# site COUNTER: of the trunk of host a.
site() { asks a ListPorts "next(p['counters']['$1'] for p in ports if p['name'] == 'site')"; }
site_is() { equal "$2" "$(site "$1")"; }
site_dropped() { asks a ListPorts "sum(next(p['drops'] for p in ports if p['name'] == 'site').values())"; }

# ---- As many as the ports count --------------------------------------------------------------------------------------

captures all
captures few --mac 02:00:00:00:00:07 --ethertype 0x88b5 --count 5
captures trunk --port site --snaplen 64
collector a one "$(door a lab)" 500
within 10 door_ports a 1 lab bess
frames b number "$(door b lab)" 500
check "500 frames come by the trunk" collected one
within 10 door_ports a 0 lab bess
# Nobody is left who could get these.
frames b number "$(door b lab)" 50
check "50 come to nobody" within 5 site_is receivedFrames 550
frames a number "$(door a lab)" 300 --source 02:00:00:00:00:07
check "300 go out by the trunk" within 5 site_is sentFrames 300
captured all
captured trunk
check "tshark reads the whole capture without a complaint" reads_whole all
check "as many inbound packets as the trunk has received" equal "$(site receivedFrames)" \
  "$(packets all 'interface == "site" && direction == 1')"
check "as many outbound packets as it has sent" equal "$(site sentFrames)" \
  "$(packets all 'interface == "site" && direction == 2')"
check "as many with a reason as it has dropped" equal "$(site_dropped)" \
  "$(packets all 'interface == "site" && comment == "dropped: no-recipients"')"
check "those are 50" equal 50 "$(site_dropped)"
check "a guest that came later is an interface of its own" equal 500 \
  "$(packets all 'interface == "bess-1" && direction == 2')"
check "tshark reads what was captured of one port" reads_whole trunk
check "it has the frames of that port, and no others" equal "850 850" \
  "$(packets trunk 'interface == "site"') $(packets trunk 1)"
ends_by_itself() { ! kill -0 "${capturing[few]}" 2>/dev/null; }
check "a capture of a number of frames ends by itself" within 10 ends_by_itself
check "tshark reads what was captured of one station" reads_whole few
check "it has the frames of that station, and no others" equal "5 5" \
  "$(packets few 'from == "02:00:00:00:00:07"') $(packets few 1)"

# ---- What was before a fault -----------------------------------------------------------------------------------------

since() { umbel a capture lab --since 10min -w /run/hosts/since.pcapng; }
check "the flight recorder is read" since
check "tshark reads it without a complaint" reads_whole since
check "it has each frame once, and where it went" equal "500 300" \
  "$(packets since 'interface == "site" && comment == "forwarded to all ports"') $(
    packets since 'interface == "bess-2" && comment == "forwarded to all ports"')"
check "and those that came to nobody, with the reason" equal 50 "$(packets since 'comment == "dropped: no-recipients"')"
started hang.log nsenter --net=/run/netns/a -- python3 "$HOSTS_DIR/frame.py" hang "$(door a lab)" \
  --source 02:00:00:00:00:99
hung=$!
within 10 door_ports a 1 lab bess
frames a number "$(door a lab)" 6000 --size 1500 --rate 10000
ended "$hung"
check "a guest that does not read leaves" within 10 door_ports a 0 lab bess
since >/dev/null 2>&1
check "tshark reads what was before the fault" reads_whole since
check "what its queue had no room for is there, with the reason" at_least 500 \
  "$(packets since 'interface == "bess-3" && comment == "dropped: queue-full"')"
before() { awk -F '\t' '$3 ~ /queue-full/ {exit} $3 ~ /forwarded/ {n++} END {print n + 0}' /run/hosts/since.packets; }
check "and the frames before it" at_least 100 "$(before)"

# ---- A reader that is too slow ---------------------------------------------------------------------------------------

captures slow --buffer 64K --snaplen 128
kill -STOP "${capturing[slow]}"
passes a beside lab lab "while a reader is stopped, 5,000 frames arrive, each once" 5000 --rate 5000
kill -CONT "${capturing[slow]}"
captured slow
check "tshark reads what it has" reads_whole slow
lost=$(sed -n 's/.*; \([0-9,]*\) more were lost.*/\1/p' "$logs/capture-slow.log" | tr -d ,)
check "it has lost copies, and says so" at_least 5000 "${lost:-0}"
check "what it has and what it has lost is all there was" equal 15000 "$((lost + $(packets slow 1)))"

# ---- A port that comes again ---------------------------------------------------------------------------------------

umbel a port add --name second lab mcast group=239.192.168.9 hello=false >"$logs/second.log"
second_sent() { equal "$1" "$(asks a ListPorts "next(p['counters']['sentFrames'] for p in ports if p['name'] == 'second')")"; }
second_up() { equal up "$(asks a ListPorts "next(p['state'] for p in ports if p['name'] == 'second')")"; }
check "a second trunk is up" within 10 second_up
captures second --port second
frames a number "$(door a lab)" 30
check "30 frames go out by it" within 5 second_sent 30
umbel a port remove lab second
umbel a port add --name second lab mcast group=239.192.168.9 hello=false >>"$logs/second.log"
check "it is there again" within 10 second_up
frames a number "$(door a lab)" 20
check "20 more do" within 5 second_sent 20
captured second
check "tshark reads what was captured of it" reads_whole second
check "it has the frames of both, and no others" equal "50 50" \
  "$(packets second 'interface == "second"') $(packets second 1)"
umbel a port remove lab second

# ---- How it is used --------------------------------------------------------------------------------------------------

terminal() {
  script -qec "nsenter --net=/run/netns/a -- $build/umbel --socket $(runtime a)/umbel.sock capture lab" /dev/null |
    grep -q -- '-w - | tcpdump -n -r -'
}
check "on a terminal it says what to do instead" terminal
check "a LAN without a flight recorder says how to get one" \
  eval "umbel a lan add bare >/dev/null && umbel a capture bare --since 30s -w - 2>&1 | grep -q 'record: 8M'"
check "the list of LANs shows the recorder" eval "umbel a lan list | grep -q '^lab .* 4.0 MiB'"

mkdir -p /run/hosts/extcap
cp "$HOSTS_DIR/../../contrib/wireshark/umbel-extcap" /run/hosts/extcap
# In this machine alone.
mount --bind /run/hosts/extcap "$(tshark -G folders 2>/dev/null | sed -n 's/^Extcap path:[[:space:]]*//p')"
export PATH=$build:$PATH UMBEL_SOCKET
UMBEL_SOCKET=$(runtime a)/umbel.sock
check "Wireshark lists the LANs" eval "on a tshark -D 2>/dev/null | grep -q 'umbel-lab (Umbel LAN lab)'"
started tshark.log nsenter --net=/run/netns/a -- tshark -n -i umbel-lab -c 20 -T fields -e frame.interface_name
live=$!
# As long as nothing is captured, nothing is shown.
feeds() {
  frames a number "$(door a lab)" 20 --source 02:00:00:00:00:07
  ! kill -0 "$live" 2>/dev/null
}
check "tshark reads frames as they come" within 20 feeds
check "as many as it was asked for" equal 20 "$(grep -c '^bess-\|^site' "$logs/tshark.log")"
