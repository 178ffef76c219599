# Guests: real kernels in User Mode Linux, with an initrd of busybox. See guest/init for how they take commands.
#
#   guest_mcast a g1 10.1.0.1/24              eth0=mcast on host a
#   guest_bess  a g2 10.1.0.2/24 PATH         vec0 on the socket PATH
#   guest_run   a g3 10.1.0.3/24 default      vec0 by "umbel run default"
#   guest_do g1 ping -c 3 10.1.0.2            a command of the guest, once it is up
#
# The functions that start guests return at once: guests boot side by side, and guest_do waits.
# shellcheck disable=SC2154 # lib.sh, which sources this file, sets $logs and $build
declare -A guest_pid=() guest_input=()

initrd() {
  [ -e /run/hosts/initrd ] && return
  local root=/run/hosts/root
  mkdir -p "$root"/{bin,dev,proc,shared,sys,tmp}
  cp "$(command -v busybox)" "$root/bin/busybox"
  ln -s busybox "$root/bin/sh"
  gcc -O2 -static -o "$root/init" "$HOSTS_DIR/guest/first-fork.c" || fatal "first-fork.c does not compile"
  install -m 755 "$HOSTS_DIR/guest/init" "$root/init.sh"
  (cd "$root" && find . | cpio --quiet -o -H newc) >/run/hosts/initrd
}

# guest_start HOST NAME ADDRESS/LENGTH INTERFACE COMMAND…: COMMAND runs linux.uml, with the words added that all need.
guest_start() {
  local host=$1 name=$2 address=$3 interface=$4 shared=/run/hosts/guest-$2 input
  shift 4
  initrd
  mkdir -p "$shared"
  mkfifo "$shared/input"
  printf 'ip address add %s broadcast + dev %s && ip link set %s up\n' "$address" "$interface" "$interface" \
    >"$shared/setup"
  exec {input}<>"$shared/input"
  guest_input[$name]=$input
  TMPDIR=/run/hosts setsid nsenter "--net=/run/netns/$host" -- "$@" \
    mem=64M root=/dev/ram0 initrd=/run/hosts/initrd rdinit=/init quiet "umbel.shared=$shared" \
    "uml_dir=$shared" "umid=$name" con0=null,fd:1 con1=fd:0,null con=null ssl=null \
    <>"$shared/input" >"$logs/guest-$name.log" 2>&1 3>&- {input}>&- &
  guest_pid[$name]=$!
}

# guest_mcast HOST NAME ADDRESS/LENGTH [MAC[,GROUP[,PORT[,TTL]]]]
guest_mcast() { guest_start "$1" "$2" "$3" eth0 linux.uml "eth0=mcast,${4-}"; }

# guest_bess HOST NAME ADDRESS/LENGTH PATH [MAC]
guest_bess() { guest_start "$1" "$2" "$3" vec0 linux.uml "vec0:transport=bess,dst=$4${5:+,mac=$5}"; }

# guest_run HOST NAME ADDRESS/LENGTH LAN [MAC]
guest_run() {
  guest_start "$1" "$2" "$3" vec0 "$build/umbel" --socket "$(runtime "$1")/umbel.sock" \
    run "$4" -- linux.uml "vec0:transport=fd,fd={fd}${5:+,mac=$5}"
}

# guest_up NAME…: waits until these guests have booted and have their addresses.
guest_up() {
  local name
  for name in "$@"; do
    within 60 guest_settled "$name"
    grep -q 'UMBEL-GUEST: ready' "$logs/guest-$name.log" && continue
    echo "guest $name does not come up"
    return 1
  done
}

# Succeeds, too, when the guest is gone: the caller must not wait for it.
guest_settled() { grep -q 'UMBEL-GUEST: ready' "$logs/guest-$1.log" || ! guest_lives "$1"; }

guest_lives() { kill -0 "${guest_pid[$1]}" 2>/dev/null; }

# guest_do NAME COMMAND…: runs a line of shell in the guest; prints what it prints, returns its status.
guest_do() {
  local name=$1 shared=/run/hosts/guest-$1 deadline command
  shift
  guest_up "$name" || return
  deadline=$((SECONDS + ${guest_seconds:-60}))
  command=$(mktemp -u XXXXXXXX)
  echo "$*" >"$shared/$command.do"
  echo "$command" >&"${guest_input[$name]}"
  until [ -e "$shared/$command.rc" ]; do
    if [ "$SECONDS" -gt "$deadline" ] || ! guest_lives "$name"; then
      echo "guest $name does not answer"
      return 124
    fi
    sleep 0.02
  done
  cat "$shared/$command.out"
  return "$(cat "$shared/$command.rc")"
}

# guest_kill NAME: as a crash, with SIGKILL. User Mode Linux is a family of processes.
guest_kill() { ended "${guest_pid[$1]}"; }

# ---- Commands for check --------------------------------------------------------------------------------------------

# pings FROM ADDRESS: three in a row are answered; the first second may be lost to ports that are just coming up.
pings() { within 10 guest_do "$1" ping -c 1 -W 1 "$2" && guest_do "$1" ping -c 3 -i 0.2 -W 2 "$2"; }

# transfers FROM TO ADDRESS MEBIBYTES: random bytes over TCP; both ends must have the same number and digest of them.
transfers() {
  local from=$1 to=$2 address=$3 mebibytes=$4 listener sent received began
  local guest_seconds=240
  guest_up "$from" "$to" || return
  # nc takes the end of its input for a farewell, so that the receiver's must not end.
  guest_do "$to" "mkfifo /tmp/in /tmp/in.never; sha256sum </tmp/in >/tmp/in.sum &
    nc -l -p 5001 <>/tmp/in.never | tee /tmp/in | wc -c; wait
    cat /tmp/in.sum; rm /tmp/in*" >"/run/hosts/received-$to" &
  listener=$!
  within 10 guest_do "$to" "netstat -lnt 2>/dev/null | grep ':5001 .*LISTEN'" || return
  began=$(date +%s%N)
  sent=$(guest_do "$from" "mkfifo /tmp/out; sha256sum </tmp/out >/tmp/out.sum &
    dd if=/dev/urandom bs=64k count=$((mebibytes * 16)) 2>/dev/null | tee /tmp/out | nc $address 5001; wait
    cat /tmp/out.sum; rm /tmp/out*")
  wait "$listener"
  received=$(cat "/run/hosts/received-$to")
  echo "$mebibytes MiB in $((($(date +%s%N) - began) / 1000000)) ms" >>"$logs/transfers.log"
  equal "$((mebibytes << 20))"$'\n'"$sent" "$received"
}
