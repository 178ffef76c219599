# A machine for one scenario: this computer's own systemd as the first process of namespaces of its own, on a copy of its
# file system that is thrown away (an overlay). Up in a second; what it does, this computer does not notice.
SYSTEMD_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
HOSTS_DIR=$(cd "$SYSTEMD_DIR/../Hosts" && pwd)
export SYSTEMD_DIR HOSTS_DIR HOSTS_VERBOSE=${HOSTS_VERBOSE-}

# machine_possible: says what is missing.
machine_possible() {
  local program
  [ "$(id -u)" -eq 0 ] || { echo "only root can boot systemd" >&2; return 1; }
  for program in /lib/systemd/systemd systemctl journalctl systemd-analyze dbus-daemon ip python3 cpio linux.uml busybox \
    unshare nsenter setpriv patchelf; do
    command -v "$program" >/dev/null && continue
    echo "$program is not installed; contrib/setup installs what is needed" >&2
    return 1
  done
  unshare --mount --pid --fork --cgroup bash "$SYSTEMD_DIR/possible.sh"
}

# machine SCENARIO: starts it in the background; its pid is in machine_pid. Descriptor 3 takes the verdicts.
machine() {
  setpriv --pdeathsig TERM unshare --mount bash "$SYSTEMD_DIR/boot.sh" "$1" </dev/null &
  machine_pid=$!
  trap 'kill "$machine_pid" 2>/dev/null; wait "$machine_pid"; exit 130' INT TERM HUP
}
