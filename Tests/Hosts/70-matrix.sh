# The matrix: every kind of attachment (rows.sh), each with the real program, by what must hold for it.
#
#   host a [agent]──s1──[agent] host b
#    │   │                │
#   row  bystander        far
#
# The row's station talks to "far". Its agent is started with what this row needs, killed and started again.
#
#   MATRIX_ROWS="vde-plug qemu-vde" Tests/Hosts/run 70     only these rows
#
# Limit: 900 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
# shellcheck source=Tests/Hosts/station.sh
. "$HOSTS_DIR/station.sh"
# shellcheck source=Tests/Hosts/qemu.sh
. "$HOSTS_DIR/qemu.sh"
# shellcheck source=Tests/Hosts/rows.sh
. "$HOSTS_DIR/rows.sh"
# shellcheck source=Tests/Hosts/table.sh
. "$HOSTS_DIR/table.sh"

columns=(ping "20 MB TCP" accounting jumbo "guest killed" "attached again" "door reopened")

if ! reason=$(stations_possible && qemu_possible); then
  skip "the matrix" "$reason"
  exit
fi

# configuration ROW ADDRESS: of an agent that this row needs. A jumbo frame is to cross the trunk as it is, in fragments;
# with too-big the sender would make smaller ones.
configuration() {
  echo "lans:"
  echo "  default:"
  echo "    doors: [bess${row_doors[$1]:+, ${row_doors[$1]}}]"
  echo "    loop-guard: off" # its probes and hellos are frames of no station
  echo "    ports:"
  echo "      - {name: trunk, transport: mcast, role: trunk, group: ${group%:*}, port: ${group#*:}, too-big: false, hello: false}"
  [ -z "${row_ports[$1]-}" ] || echo "      - ${row_ports[$1]//@ADDRESS@/$2}"
}

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
configuration far "" >/run/hosts/b.yaml
agent b --config /run/hosts/b.yaml
attach_qemu-fd-stream b far 10.1.2.1/16 default
check "the far station is up" station_up far

# ---- What the columns ask ------------------------------------------------------------------------------------------

transfers_both_ways() { station_transfers "$1" far 20 && station_transfers far "$1" 20; }

# frozen STATION: its program does not run while the far station sends more than socket and queue take: 10 MB. Nothing
# is answered: as much at once the other way is more than QEMU's hub takes (see station_namespace).
frozen() {
  local ignore=/proc/sys/net/ipv4/icmp_echo_ignore_all
  station_do "$1" "echo 1 >$ignore"
  kill -STOP "${station_pid[$1]}"
  station_do far "ping -q -c 700 -i 0.001 -W 1 -s 14000 ${station_address[$1]} >/dev/null"
  kill -CONT "${station_pid[$1]}"
  station_do "$1" "echo 0 >$ignore"
  station_pings far "$1"
}

# port_of HOST STATION: the name of the port that it is behind.
port_of() {
  local mac
  mac=$(station_ether "$2") || return
  asks "$1" ListStations "[s['port'] for s in stations if s['mac'] == '$mac'][0]"
}

# snapshot DIRECTORY STATION: what it, the far one and the agents have counted.
snapshot() {
  local host
  mkdir -p "$1"
  station_counted "$2" >"$1/station"
  station_counted far >"$1/far"
  for host in a b; do asks "$host" ListPorts "__import__('json').dumps({'ports': ports})" >"$1/$host"; done
}

# at_rest STATION: do no frames move?
at_rest() {
  snapshot /run/hosts/earlier "$1"
  sleep 0.2
  snapshot /run/hosts/before "$1"
  diff -r /run/hosts/earlier /run/hosts/before
}

# accounts STATION PORT: since the snapshot "before", is every frame accounted for?
accounts() {
  snapshot /run/hosts/after "$1"
  python3 "$HOSTS_DIR/accounts.py" /run/hosts/before /run/hosts/after "$2" "${row_offload[$row]-}" |
    tee "$logs/accounts-$1.log"
  return "${PIPESTATUS[0]}"
}

# unharmed COMMAND…: while it runs, do 2,000 frames from host b come to a bystander of host a, each of them once?
unharmed() {
  local sender guests bystander=bystander-$stations
  guests=$(asks a ListPorts 'sum(1 for p in ports if p["role"] == "guest")')
  collector a "$bystander" "$(door a default)" 2000 --source 02:00:00:00:00:77
  within 5 guest_ports a $((guests + 1)) || return
  frames b number "$(door b default)" 2000 --source 02:00:00:00:00:77 &
  sender=$!
  sleep 0.3
  "$@"
  wait "$sender"
  collected "$bystander"
}

# no_port NAME, no_station MAC: has the agent of host a none of that?
no_port() { equal False "$(asks a ListPorts "any(p['name'] == '$1' for p in ports)")"; }
no_station() { equal False "$(asks a ListStations "any(s['mac'] == '$1' for s in stations)")"; }

# ---- The rows ------------------------------------------------------------------------------------------------------

detach() {
  if declare -F "detach_$1" >/dev/null; then "detach_$1" "$2"; else station_end "$2"; fi
}

# killed ROW STATION PORT MAC
killed() {
  unharmed detach "$1" "$2" || return
  [ -n "${row_group[$1]-}${row_kept[$1]-}" ] || within 5 no_port "$3" || return
  [ -n "${row_group[$1]-}${row_bridge[$1]-}" ] || within 5 no_station "$4"
}

# attach_anew: another station of this row.
attach_anew() {
  station=$row-$((++stations))
  "attach_$row" a "$station" "$address" default
}
stations=0

row() {
  local row=$1 address=$2 station column port mac mtu=${row_mtu[$1]-9000}
  configuration "$row" "$address" >/run/hosts/a.yaml
  if declare -F "prepare_$row" >/dev/null; then "prepare_$row" a; fi
  agent a --config /run/hosts/a.yaml
  attach_anew
  cell "$row" ping station_pings "$station" far
  if [ "$checked" = FAIL ]; then
    for column in "${columns[@]:1}"; do printf '%s\t%s\tFAIL\n' "$row" "$column" >>"$cells"; done
    detach "$row" "$station"
    return
  fi
  port=$(port_of a "$station")
  mac=$(station_ether "$station")
  within 20 at_rest "$station"
  cell "$row" "20 MB TCP" transfers_both_ways "$station"
  [ -n "${row_group[$row]-}${row_bridge[$row]-}${row_offload[$row]-}" ] || frozen "$station" >/dev/null
  cell "$row" accounting within 5 accounts "$station" "$port"
  if [ "$mtu" -gt 1500 ]; then
    cell "$row" jumbo station_pings_jumbo "$station" far "$mtu"
    station_do far ip link set eth0 mtu 1500
  else
    cell_left "$row" jumbo "${row_mtu_why[$row]}"
  fi
  if [ "${station_kind[$station]}" = host ]; then
    cell_left "$row" "guest killed" "the station is the host"
    cell_left "$row" "attached again" "the station is the host"
  else
    cell "$row" "guest killed" killed "$row" "$station" "$port" "$mac"
    attach_anew
    cell "$row" "attached again" station_pings "$station" far "${row_patience[$row]-10}"
  fi
  agent_end a
  agent a --config /run/hosts/a.yaml
  if [ -z "${row_stays[$row]-}" ]; then
    detach "$row" "$station"
    attach_anew
  fi
  cell "$row" "door reopened" station_pings "$station" far "${row_patience[$row]-10}"
  detach "$row" "$station"
}

number=10
for row in ${MATRIX_ROWS-${rows[@]}}; do
  began=$SECONDS
  row "$row" "10.1.1.$((number++))/16"
  agent_end a
  echo "# $row took $((SECONDS - began)) s"
done

table "kind of attachment" "${columns[@]}"
