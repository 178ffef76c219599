# Agents as services of the machine's systemd. Tests/Hosts/lib.sh sources this at its end where HOSTS_AGENTS names it: its
# own functions that start and end agents are replaced, and scenarios of either directory run with the shipped unit.
#
#   agent a --config FILE       service umbeld-a, a copy of umbeld.service in the network of host a
#   drop_in a LINE…             lines for that service's [Service], before it is started
#
# The agent of the machine's own network is umbeld.service itself.
# shellcheck disable=SC2034 # lib.sh, which sources this, uses agent_pid

# service HOST
service() { echo "umbeld-$1.service"; }

runtime() { echo "/run/umbel-$1"; }

# property HOST NAME: of its service, as "systemctl show" has it.
property() { systemctl show --property "$2" --value "$(service "$1")"; }

# lines_for HOST FILE LINE…: of [Service], in a drop-in.
lines_for() {
  local directory file=$2
  directory=/run/systemd/system/$(service "$1").d
  shift 2
  mkdir -p "$directory"
  printf '%s\n' '[Service]' "$@" >"$directory/$file.conf"
}

# drop_in HOST LINE…: as many as you like, the later ones win.
drop_in() { lines_for "$1" "$(printf 'own-%03d' $((++drop_ins)))" "${@:2}"; }
drop_ins=0

# service_of_host HOST [OPTION…]: makes its unit, with the options of umbeld.
service_of_host() {
  local host=$1 unit=/usr/local/lib/systemd/system/umbeld.service
  shift
  lines_for "$host" host "NetworkNamespacePath=/run/netns/$host" \
    RuntimeDirectory= "RuntimeDirectory=umbel-$host" ConfigurationDirectory= "ConfigurationDirectory=umbel-$host" \
    ExecStart= "ExecStart=$(sed -n 's/^ExecStart=//p' $unit) $*"
  cp $unit "/run/systemd/system/$(service "$host")"
  systemctl daemon-reload
}

# agent HOST [OPTION…]
agent() {
  service_of_host "$@"
  systemctl start "$(service "$1")" || fatal "the agent of host $1 starts"
  agent_pid[$1]=$(property "$1" MainPID)
}

agent_lives() { [ "$(property "$1" ActiveState)" = active ]; }

agent_end() { systemctl stop "$(service "$1")"; }

# Its last word, while lib.sh's own remembers all.
agent_says() { property "$1" StatusText | grep -qi -- "$2"; }
