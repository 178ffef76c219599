# Started on first use: by the control socket, and by a door in a place that the service does not see.
#
#   host a /tmp/uml.ctl [umbeld-a.service] ── g1, g2
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

ip link set lo up
state() { systemctl show -P ActiveState umbeld; }

check "the control socket is opened" systemctl start umbeld.socket
check "which everybody may connect to, in a directory for all" \
  equal "666 755" "$(stat -c %a /run/umbel/umbel.sock /run/umbel | xargs)"
check "the service is not started by that" equal inactive "$(state)"
check "the first who asks is answered" "$build/umbel" --socket /run/umbel/umbel.sock status
check "because the service was started" equal active "$(state)"
check "the directory is the service's" equal umbel "$(stat -c %U /run/umbel)"
check "a restart leaves the socket open" systemctl restart umbeld
check "and it is answered" "$build/umbel" --socket /run/umbel/umbel.sock status
check "the service can be ended" systemctl stop umbeld
check "and started on use again" within 5 "$build/umbel" --socket /run/umbel/umbel.sock status
systemctl stop umbeld.socket umbeld

host a
service_of_host a
cat >/run/systemd/system/umbeld-uml.socket <<'UNIT'
[Socket]
ListenStream=/tmp/uml.ctl
FileDescriptorName=default.vde
SocketUser=umbel
SocketGroup=umbel
SocketMode=0660
Service=umbeld-a.service
UNIT
systemctl daemon-reload
check "a door in /tmp is opened" systemctl start umbeld-uml.socket
guest_start a g1 10.1.0.1/24 eth0 linux.uml eth0=daemon,,unix,/tmp/uml.ctl
check "its first guest starts the service" within 20 agent_lives a
guest_bess a g2 10.1.0.2/24 "$(door a default)"
check "and is on the LAN" pings g1 10.1.0.2
