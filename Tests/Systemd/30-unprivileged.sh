# The drop-in "unprivileged": no capability at all. The host joins by a persistent TAP device of the service's user.
#
#   host a [tap0]──[umbeld-a.service]──g1
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
# shellcheck source=Tests/Hosts/station.sh
. "$HOSTS_DIR/station.sh"
# shellcheck source=Tests/Hosts/qemu.sh
. "$HOSTS_DIR/qemu.sh"
# shellcheck source=Tests/Hosts/rows.sh
. "$HOSTS_DIR/rows.sh"

host a
on a "$build/umbel" tap create tap0 --user umbel
ip -n a address add 10.1.0.1/24 dev tap0
ip -n a link set tap0 up
cat >/run/hosts/a.yaml <<'YAML'
lans:
  default:
    ports:
      - {name: host, transport: tap, device: tap0}
YAML
drop_in a "$(grep -v '^\[' /usr/local/share/umbel/unprivileged.conf)"
agent a --config /run/hosts/a.yaml
# capabilities SET: of the agent, in hexadecimal.
capabilities() { awk "/^Cap$1:/ {print \$2}" "/proc/${agent_pid[a]}/status"; }
check "the agent has no capability" equal "0000000000000000 0000000000000000" "$(capabilities Prm) $(capabilities Bnd)"
check "its TAP device is attached" \
  within 5 equal "['up']" "$(asks a ListPorts '[p["state"] for p in ports if p["name"] == "host"]')"
attach_qemu-stream a g1 10.1.0.2/24 default
check "frames pass between the host and a guest" within 10 station_do g1 ping -c 3 -i 0.2 -W 2 10.1.0.1
check "root is root to it, in spite of its own user namespace" umbel a status
check "a member of its group is one" \
  setpriv --reuid nobody --regid nogroup --groups umbel "$build/umbel" --socket /run/umbel-a/umbel.sock status
check "another user is not let in" fails \
  setpriv --reuid nobody --regid nogroup --clear-groups "$build/umbel" --socket /run/umbel-a/umbel.sock status
