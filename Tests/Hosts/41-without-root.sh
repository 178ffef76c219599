# Another user than root runs an agent of its own, in $XDG_RUNTIME_DIR.
#
#   host a [agent of nobody]──s1──[agent] host b
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
agent b

directory=/run/hosts/nobody
mkdir -m 700 "$directory"
if [ -n "${HOSTS_UNPRIVILEGED-}" ]; then
  # Not root outside; a user namespace within this one gives up what root may do inside.
  user=(unshare --user --map-user=65534 --map-group=65534)
else
  chown 65534:65534 "$directory"
  user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
fi
nobody=(nsenter --net=/run/netns/a -- "${user[@]}" env "XDG_RUNTIME_DIR=$directory")

# A careful user's umask is about files; the doors, and the way to them, have modes of their own.
# shellcheck disable=SC2016 # the inner shell expands it
started agent-a.log "${nobody[@]}" sh -c 'umask 077; exec "$1"' - "$build/umbeld"
agent_pid[a]=$!
check "an agent of another user than root starts" within 10 test -S "$directory/umbel/umbel.sock"
modes() { equal "755 755" "$(stat -c %a "$directory/umbel" "$directory/umbel/default" | xargs)"; }
check "others may pass to its doors, whatever the umask" within 10 modes
check "its user may ask it, without saying where it is" within 5 "${nobody[@]}" "$build/umbel" status

collector b there "$(door b default)" 500
check "the agent of the other host has a guest" within 5 guest_ports b 1
check "a guest of that user reaches the other host" \
  "${nobody[@]}" python3 "$HOSTS_DIR/frame.py" number "$directory/umbel/default/bess" 500
check "each frame arrives once" collected there

kill "${agent_pid[a]}" || fatal "the agent is gone"
check "it ends when told to" within 5 fails agent_lives a
check "and takes its sockets with it" within 2 fails test -e "$directory/umbel/default/bess"
