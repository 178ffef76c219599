# Whom the hardened service lets in. It sees no other user's processes, has a /tmp of its own, and is not root to files.
#
#   host a [umbeld-a.service] ── member, stranger
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

host a
agent a
useradd --groups umbel member
useradd stranger

# as USER COMMAND…: with the groups that the user database gives it.
as() {
  local user=$1
  shift
  nsenter --net=/run/netns/a -- setpriv --reuid "$user" --regid "$user" --init-groups -- "$@"
}

# datagram USER DIRECTORY [UMASK]: sends one frame into the door "dgram" from a socket of its own in that directory.
datagram() {
  as "$1" sh -c "umask ${3-0}; exec python3 - $(door a default dgram) $2/$1-$RANDOM" <<'PYTHON'
import socket, sys
guest = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
guest.bind(sys.argv[2])
guest.connect(sys.argv[1])
guest.send(b"\xff" * 6 + b"\2\0\0\0\0\x4b" + b"\x88\xb5" + bytes(46))
PYTHON
}

control=$(runtime a)/umbel.sock
check "a member of the group may ask it" as member "$build/umbel" --socket "$control" status
check "and join by a door that takes connections" as member python3 "$HOSTS_DIR/frame.py" number "$(door a default)" 1
check "another user may not ask it" fails as stranger "$build/umbel" --socket "$control" status
check "nor join" fails as stranger python3 "$HOSTS_DIR/frame.py" number "$(door a default)" 1

# said WORDS: the journal of the agent.
said() { journalctl -q --no-pager -o cat -u "$(service a)" | grep -- "$1"; }

own=$(door a default vde)
check "a member of the group can send a datagram" datagram member "$own"
check "and joins by it" within 5 said "dgram-[0-9]* is attached (user $(id -u member),"
check "another user cannot send one" fails datagram stranger /tmp
datagram member "$own" 077
check "it is said when the guest's socket is closed to the agent" within 5 said "refused.*is closed to the agent"
datagram member /tmp
check "or not to be seen by it" within 5 said "refused.*/tmp/member.*No such file"

# ---- A door of another group -------------------------------------------------------------------------------------------

groupadd others
echo 'lans: {default: {doors: [bess, {door: bess, path: /run/umbel-a/others, group: others}]}}' >/run/hosts/a.yaml
service_of_host a --config /run/hosts/a.yaml
check "a group that it is no member of keeps the service from starting" fails systemctl restart "$(service a)"
check "and it says what that takes" within 5 said 'to group others:.*SupplementaryGroups=others and SystemCallFilter=@chown'
drop_in a SupplementaryGroups=others SystemCallFilter=@chown
systemctl daemon-reload
check "with that it starts" systemctl restart "$(service a)"
check "and the door is the group's" equal "660 others" "$(stat -c '%a %G' /run/umbel-a/others)"
