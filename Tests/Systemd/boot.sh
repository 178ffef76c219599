# Boots a machine, runs a scenario in it, and takes it down. In a mount namespace of its own; what outlives a process, two
# directories and a cgroup, goes at the end, also when this process is told to end.
set -u
scenario=$1
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

directory=$(mktemp -d /tmp/umbel-machine.XXXXXX)
# A container's own may be read-only.
groups=$directory.groups
group=$groups/${directory##*/}
outer='' first='' inside=''

take_down() {
  trap - EXIT
  # The kernel ends every process of the machine together with its first.
  [ -z "$first" ] || kill -KILL "$first" 2>/dev/null
  [ -z "$outer" ] || { kill -KILL "$outer" 2>/dev/null; wait "$outer" $inside 2>/dev/null; }
  for _ in {1..50}; do
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
    [ -d "$group" ] || break
    sleep 0.1
  done
  umount "$groups"
  rm -f "$directory.log"
  rmdir "$groups" "$directory"
}
trap take_down EXIT
trap 'exit 143' INT TERM HUP

fatal() {
  echo "not ok $1" | tee -a /dev/fd/3
  [ ! -s "$directory.log" ] || sed 's/^/#   /' "$directory.log"
  exit 1
}

# within SECONDS COMMAND…
within() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" 2>/dev/null; do
    [ "$SECONDS" -le "$deadline" ] && kill -0 "$outer" || return
    sleep 0.02
  done
}

has_first() { first=$(ps -o pid= --ppid "$outer" | tr -d ' ') && [ -n "$first" ]; }

# in_machine COMMAND…
in_machine() { nsenter --target "$first" --all -- "$@"; }

{ mkdir "$groups" && mount -t cgroup2 none "$groups" && mkdir "$group"; } || fatal "a cgroup can be made"
(
  echo "$BASHPID" >"$group/cgroup.procs"
  exec setpriv --pdeathsig KILL unshare --pid --mount --cgroup --net --uts --ipc --fork --kill-child \
    bash "$SYSTEMD_DIR/first.sh" "$directory" >"$directory.log" 2>&1
) 3>&- &
outer=$!
within 30 has_first || fatal "the machine has a first process"
within 30 test -S "/proc/$first/root/run/systemd/private" || fatal "systemd starts"
# "degraded" is good enough: this computer's own services are none of ours.
within 30 in_machine systemctl is-system-running --wait --quiet || in_machine systemctl --failed --no-legend | sed 's/^/# /'

tests=/run/tests/tree/Tests
in_machine env HOSTS_DIR=$tests/Hosts SYSTEMD_DIR=$tests/Systemd UMBEL_BUILD=/run/tests/build \
  UMBEL_GUEST_LINUX=/run/tests/guest-linux bash $tests/Systemd/inside.sh "$tests/Systemd/${scenario##*/}" &
inside=$!
wait "$inside"
