# Another process takes over from a service that runs, and is the service from then on. It has to be in the service's
# control group, where systemd accepts it: a restart is the simpler way.
#
#   host a [umbeld-a.service, then another process] ── a guest at door bess
#
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

host a
echo "lans: {lab: {doors: [bess]}}" >/run/hosts/a.yaml
agent a --config /run/hosts/a.yaml
collector a there "$(door a lab)" 300
within 5 guest_ports a 1
group=/sys/fs/cgroup$(property a ControlGroup)
# shellcheck disable=SC2016 # the inner shell expands it
started taking-over.log nsenter --net=/run/netns/a -- bash -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' - "$group" \
  setpriv --reuid umbel --regid umbel --clear-groups --inh-caps +net_admin --ambient-caps +net_admin \
  "$build/umbeld" --take-over --runtime-dir "$(runtime a)" --config /run/hosts/a.yaml
another=$!
main_process() { equal "$another" "$(property a MainPID)"; }
check "the other process is the service's main process" within 10 main_process
check "the service is active" agent_lives a
check "it answers" within 5 equal "$another" "$(asks a Status processId)"
frames a number "$(door a lab)" 300
check "its guest has noticed nothing" collected there
check "it speaks to the service manager" within 10 grep -q 'lab:' <(property a StatusText)
collector a further "$(door a lab)" 300
within 5 guest_ports a 1
systemctl restart "$(service a)"
check "the service manager keeps what it leaves: the next process has the guest" within 5 guest_ports a 1
frames a number "$(door a lab)" 300
check "and carries its frames" collected further
