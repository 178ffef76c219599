# Any two kinds of attachment reach each other across two hosts: a station of every row of the matrix on each of them,
# and all agents' doors in use at once.
#
#   host a [agent]──s1──[agent] host b
#    │                       │
#   every row               every row
#
# Limit: 400 s
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

if ! reason=$(stations_possible && qemu_possible); then
  skip "all pairs" "$reason"
  exit
fi
read -ra rows <<<"${MATRIX_ROWS-${rows[*]}}"

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
stations=()
network=0
for host in a b; do
  network=$((network + 1)) n=10
  for row in "${rows[@]}"; do if declare -F "prepare_$row" >/dev/null; then "prepare_$row" "$host"; fi; done
  rows_configuration $network >/run/hosts/$host.yaml
  agent $host --config /run/hosts/$host.yaml
  for row in "${rows[@]}"; do
    "attach_$row" $host "$host-$row" "10.1.$network.$n/16" default
    stations+=("$host-$row")
    n=$((n + 1))
  done
done
for station in "${stations[@]}"; do check "$station is up" station_up "$station"; done

# Who never sends is not there for a door of datagrams.
pids=()
for station in "${stations[@]}"; do
  station_do "$station" ping -c 1 -W 1 10.1.0.1 >/dev/null &
  pids+=($!)
done
wait "${pids[@]}"

# reaches STATION OTHER…: it pings those others at once; prints those that do not answer, a line each.
reaches() {
  local from=$1 other addresses=()
  shift
  for other; do [ "$other" = "$from" ] || addresses+=("$other=${station_address[$other]}"); done
  station_do "$from" "for other in ${addresses[*]}; do
    (ping -c 3 -i 0.3 -W 3 \${other#*=} | grep -q ' 0 packets received' && echo \${other%=*}) & done; wait"
}

# Four stations at a time: what is asked is whether they talk, not how fast. What was lost while ports came up and
# addresses were asked for may be tried again.
ask_all() {
  local station running=0
  for station in "${stations[@]}"; do
    reaches "$station" "${stations[@]}" >"/run/hosts/unreached-$station" 2>&1 &
    pid=$!
    pids+=("$pid")
    running=$((running + 1))
    [ $((running % 4)) -ne 0 ] || { wait "${pids[@]}"; pids=(); }
  done
  # Without a number it would wait for the stations.
  [ ${#pids[@]} -eq 0 ] || wait "${pids[@]}"
}
pids=()
ask_all
for station in "${stations[@]}"; do
  for _ in 1 2; do
    mapfile -t others <"/run/hosts/unreached-$station"
    [ ${#others[@]} -gt 0 ] || break
    echo "# $station asks again for ${others[*]}"
    reaches "$station" "${others[@]}" >"/run/hosts/unreached-$station" 2>&1
  done
  check "$station reaches all others" equal "" "$(cat "/run/hosts/unreached-$station")"
done
python3 "$HOSTS_DIR/pairs.py" /run/hosts/unreached- "${rows[@]}" | sed 's/^/| /'
