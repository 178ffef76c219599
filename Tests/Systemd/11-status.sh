# What an administrator sees of the service: how fast it starts, its status line, its records in the journal.
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

ip link set lo up

# ---- How fast it starts --------------------------------------------------------------------------------------------

# start_milliseconds: from the fork to READY=1.
start_milliseconds() {
  local began ready
  systemctl start umbeld || return
  began=$(systemctl show -P InactiveExitTimestampMonotonic umbeld)
  ready=$(systemctl show -P ActiveEnterTimestampMonotonic umbeld)
  echo $(((ready - began) / 1000))
  systemctl stop umbeld
}

mapfile -t starts < <(for _ in {1..7}; do start_milliseconds; done | sort -n)
echo "# started in ${starts[*]} ms"
# The median of seven.
check "it starts in less than 100 ms" at_most 99 "${starts[3]}"

# ---- Status ----------------------------------------------------------------------------------------------------------

status_line() { systemctl status umbeld | sed -n 's/^ *Status: "\(.*\)"$/\1/p'; }
status_says() { status_line | grep -q -- "$1"; }

systemctl start umbeld
started collector.log python3 "$HOSTS_DIR/frame.py" collect /run/umbel/default/bess 1
check "the status line tells of the guests" within 5 status_says '1 guest$'

# ---- Journal ---------------------------------------------------------------------------------------------------------

# records FIELD=VALUE…: as lines of JSON.
records() { journalctl --no-pager -q -o json -u umbeld "$@"; }

# field NAME: of the record on standard input.
field() { python3 -c 'import json, sys; print(json.loads(sys.stdin.readline())[sys.argv[1]])' "$1"; }

attached=c97047bcecba4efdb5ccfc20dc7675b4
check "the journal finds the guest's record by its id" within 5 test -n "$(records MESSAGE_ID=$attached)"
record=$(records MESSAGE_ID=$attached | tail -n 1)
check "the record names the LAN" equal default "$(field UMBEL_LAN <<<"$record")"
check "and the port" grep -q '^bess' <(field UMBEL_PORT <<<"$record")
check "it can be found by its LAN" equal "$(field __CURSOR <<<"$record")" \
  "$(records UMBEL_LAN=default | tail -n 1 | field __CURSOR)"

# ---- Catalogue -------------------------------------------------------------------------------------------------------

check "the catalogue of messages is taken" journalctl --update-catalog
explained() { journalctl --no-pager -q -x -u umbeld MESSAGE_ID=$attached; }
check "the record is explained in the catalogue's words" grep -q 'Defined-By: Umbel' <(explained)
check "which name the LAN in question" grep -q 'journalctl UMBEL_LAN=default' <(explained)

# ---- Many LANs -------------------------------------------------------------------------------------------------------

systemctl stop umbeld
mkdir -p /etc/umbel
{
  echo "lans:"
  for number in {1..300}; do echo "  lan-of-group-$number: {doors: [bess]}"; done
} >/etc/umbel/umbel.yaml
check "it starts with so many LANs that their status is longer than systemd takes" systemctl start umbeld
check "the status line is cut" status_says 'lan-of-group-9: 0 guests;.*…$'
