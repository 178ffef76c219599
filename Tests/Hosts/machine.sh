# A machine for one scenario: namespaces for mounts, processes and networks that the kernel takes down together with the
# first process in them, so that nothing is left over however a scenario ends. Works for root, and for everybody else
# where the kernel gives user namespaces.
HOSTS_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export HOSTS_DIR HOSTS_VERBOSE=${HOSTS_VERBOSE-}

machine_namespaces=(--mount --net --pid --fork --kill-child --mount-proc)
if [ "$(id -u)" -ne 0 ]; then
  machine_namespaces+=(--user --map-root-user)
  export HOSTS_UNPRIVILEGED=1
fi

# machine_possible: says what is missing.
machine_possible() {
  local program
  for program in ip tcpdump python3 cpio linux.uml busybox unshare nsenter setpriv; do
    PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null && continue
    echo "$program is not installed; contrib/setup installs what is needed" >&2
    return 1
  done
  unshare "${machine_namespaces[@]}" true && return
  echo "this kernel gives namespaces to root only: run it as root" >&2
  return 1
}

# machine SCENARIO: starts it in the background; its pid is in machine_pid. Descriptor 3 takes the verdicts.
# unshare ignores SIGINT and SIGTERM for as long as its child lives; SIGKILL takes the whole machine with it, and comes
# by itself when the caller dies without a word.
machine() {
  setpriv --pdeathsig KILL unshare "${machine_namespaces[@]}" bash "$HOSTS_DIR/sandbox.sh" "$1" </dev/null &
  machine_pid=$!
  trap 'kill -KILL "$machine_pid" 2>/dev/null; exit 130' INT TERM HUP
}
