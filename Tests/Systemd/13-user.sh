# One user's agent, by the unit of users under that user's own service manager.
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

ip link set lo up
useradd mary
directory=/run/hosts/mary
install -d -o mary -m 700 $directory
systemd-run --quiet --unit=manager-of-mary -p User=mary -p Delegate=yes -E XDG_RUNTIME_DIR=$directory \
  /lib/systemd/systemd --user

# mary COMMAND…
mary() { setpriv --reuid mary --regid mary --init-groups env XDG_RUNTIME_DIR=$directory "$@"; }

check "the user's manager knows the unit" within 10 mary systemctl --user cat umbeld.service
check "the service starts" mary systemctl --user start umbeld.service
check "it is ready when systemctl returns" equal running "$(mary systemctl --user show -P SubState umbeld)"
check "its user may ask it without saying where it is" mary "$build/umbel" status
started collector.log setpriv --reuid mary --regid mary --clear-groups \
  python3 "$HOSTS_DIR/frame.py" collect $directory/umbel/default/bess 10
within 5 grep -q ready "$logs/collector.log"
check "guests of that user reach each other" \
  mary python3 "$HOSTS_DIR/frame.py" number $directory/umbel/default/bess 10
check "with each frame once" within 5 grep -qx 'all is well' "$logs/collector.log"
check "it ends" mary systemctl --user stop umbeld.service
check "and takes its directory with it" fails test -e $directory/umbel
