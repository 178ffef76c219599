# systemctl reload: when it returns, the configuration is in force, or it was refused and the one before it is.
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

file=/etc/umbel/umbel.yaml
mkdir -p /etc/umbel
only_one() { echo "lans: {one: {doors: [bess]}}" >"$file"; }
both() { printf 'lans:\n  one: {doors: [bess]}\n  other: {doors: [bess, vde]}\n' >"$file"; }

ip link set lo up
only_one
check "the service starts with its configuration" systemctl start umbeld
process=$(systemctl show -P MainPID umbeld)

at_once() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    both
    systemctl reload umbeld && test -S /run/umbel/other/vde/ctl || return
    only_one
    systemctl reload umbeld && fails test -e /run/umbel/other && test -S /run/umbel/one/bess || return
  done
}
check "of twenty reloads each is in force when systemctl returns" at_once

# refused: is what is in the file refused, and told?
refused() {
  fails systemctl reload umbeld && equal active/running \
    "$(systemctl show -P ActiveState umbeld)/$(systemctl show -P SubState umbeld)"
}
printf 'lans:\n  one: {colour: red}\n' >"$file"
check "a wrong one fails, and the service goes on" refused
check "the status says where" grep -q "refused ($file:2:9)" <(systemctl show -P StatusText umbeld)
check "the journal has the condition, with the file" within 5 eval \
  "journalctl -q -u umbeld MESSAGE_ID=c56ba48db9e4482aafc968aeae5b9943 UMBEL_FILE=$file -o cat | grep '$file:2:9: colour: '"
check "and what systemctl's umbel has printed" within 5 eval "journalctl -q -u umbeld _COMM=umbel -o cat | grep '^$file:2:9'"
only_one
check "with the file mended it is reloaded" systemctl reload umbeld
check "and nothing more is said of it" fails grep -q refused <(systemctl show -P StatusText umbeld)

both
kill -HUP "$process"
check "SIGHUP reloads, too" within 5 test -S /run/umbel/other/bess
check "it is the same process all the time" equal "$process" "$(systemctl show -P MainPID umbeld)"
check "the service stops" systemctl stop umbeld
