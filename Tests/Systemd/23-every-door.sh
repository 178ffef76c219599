# A restart of the service, and its end by SIGKILL, with a guest of every kind: who has a port keeps it, and needs nothing
# done. Streams go on over a restart; an agent that is killed was in the middle of a frame.
#
#   host a [umbeld-a.service]
#    │
#   every row that has a port
#
# Limit: 300 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
# shellcheck source=Tests/Hosts/station.sh
. "$HOSTS_DIR/station.sh"
# shellcheck source=Tests/Hosts/qemu.sh
. "$HOSTS_DIR/qemu.sh"
# shellcheck source=Tests/Hosts/rows.sh
. "$HOSTS_DIR/rows.sh"

if ! reason=$(stations_possible && qemu_possible); then
  skip "a guest of every kind" "$reason"
  exit
fi

segment s1
host a s1 10.0.0.1/24
for row in "${rows[@]}"; do if declare -F "prepare_$row" >/dev/null; then "prepare_$row" a; fi; done
rows_configuration 1 >/run/hosts/a.yaml
agent a --config /run/hosts/a.yaml
n=10
stations=()
for row in "${rows[@]}"; do
  if [ -z "${row_group[$row]-}" ]; then
    "attach_$row" a "a-$row" "10.1.1.$n/16" default
    stations+=("a-$row")
  fi
  n=$((n + 1))
done
for station in "${stations[@]}"; do check "$station is up" station_up "$station"; done
anchor=${stations[0]}

# reaches STATION: the anchor answers it.
reaches() { station_do "$1" ping -c 1 -W 1 "${station_address[$anchor]}" >/dev/null; }

# all_reach WHEN STATION…
all_reach() {
  local when=$1 station
  shift
  for station; do
    [ "$station" = "$anchor" ] || check "$when: $station reaches $anchor" within 15 reaches "$station"
  done
}

# ports: all with their names; and those of kinds that know no streams.
ports() { asks a ListPorts 'sorted(p["name"] for p in ports)'; }
lasting() {
  asks a ListPorts 'sorted(p["name"] for p in ports if p["transport"] != "socket" or p["name"].split("-")[0] in ("bess", "vde", "dgram"))'
}

# left SINCE: guests whose ports have ended since then.
left() { journalctl -q -o cat -u "$(service a)" --since "$1" | grep 'has left'; }

all_reach before "${stations[@]}"
before=$(ports)
since=$(date '+%F %T.%6N')
systemctl restart "$(service a)"
agent_pid[a]=$(property a MainPID)
all_reach "after a restart" "${stations[@]}"
check "all ports have the names of before" equal "$before" "$(ports)"
check "no guest has left" equal "" "$(left "$since")"

before=$(lasting)
kill -KILL "${agent_pid[a]}"
again() { [ "$(property a MainPID)" != "${agent_pid[a]}" ] && agent_lives a; }
check "the agent is started again" within 10 again
others=()
for station in "${stations[@]}"; do case $station in *stream* | *socket-connect | *socket-listen) ;; *) others+=("$station") ;; esac done
all_reach "after a kill" "${others[@]}"
check "ports that are no streams have the names of before" equal "$before" "$(lasting)"
