# What clients do to the control socket is bounded, and ends with them: silence, garbage, unread replies, descriptors
# nobody asked for, LANs that go while others use them.
#
#   host a [agent]
#
# Limit: 120 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

host a
agent a
socket=$(runtime a)/umbel.sock
umbel a status >/dev/null
memory=$(anonymous_kib a)
before=$(descriptors a)

at_rest() { equal "$before" "$(descriptors a)"; }

abuse() { timeout 40 python3 "$HOSTS_DIR/abuse.py" "$1" "$socket"; }

check "300 silent clients leave 256 connected, and the others an answer" abuse silence
check "what is no message is answered by closing" abuse garbage
check "clients that do not read hold up nobody" abuse deaf
check "descriptors that nobody asked for are closed" abuse descriptors
check "clients that leave in the middle are forgotten" abuse leave
check "LANs may go while others list, attach and add ports" abuse race
check "the agent lives" agent_lives a
check "it has no more descriptors than before" within 5 at_rest
check "it has less than 16 MiB more memory" at_most $((memory + 16384)) "$(anonymous_kib a)"

kill -KILL "${agent_pid[a]}"
agent a
check "after SIGKILL it starts again over the sockets that were left" umbel a lan list
check "and its door takes guests" frames a number "$(door a default)" 1
check "a second agent in its directory is refused" fails \
  on a "$build/umbeld" --runtime-dir "$(runtime a)"
