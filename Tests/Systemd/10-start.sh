# The service as it is installed.
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

ip link set lo up
check "the user and the group of the service are there" equal "umbel umbel" "$(id -un umbel) $(id -gn umbel)"
check "the service starts" systemctl start umbeld.service
check "it is ready when systemctl returns" equal active/running \
  "$(systemctl show -P ActiveState umbeld)/$(systemctl show -P SubState umbeld)"
check "its status is shown" grep -q 'Status: "' <(systemctl status umbeld)
check "root may ask it" "$build/umbel" --socket /run/umbel/umbel.sock status
check "it runs as its own user" equal umbel "$(ps -o user= -p "$(systemctl show -P MainPID umbeld)")"
check "its directory may be searched by all" equal "755 umbel" "$(stat -c '%a %U' /run/umbel)"
check "its doors are for the group" equal "660 umbel umbel" "$(stat -c '%a %U %G' /run/umbel/default/bess)"
rm -r /run/umbel/*
check "its sockets are deleted by somebody: a restart" systemctl restart umbeld
check "makes the control socket anew" "$build/umbel" --socket /run/umbel/umbel.sock status
check "and its doors" test -S /run/umbel/default/bess
check "it stops" systemctl stop umbeld
check "in good order" equal success "$(systemctl show -P Result umbeld)"
check "and takes its doors with it" fails test -e /run/umbel/default/bess
