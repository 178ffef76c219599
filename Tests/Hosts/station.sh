# Stations of a LAN, whatever they are made of: a network namespace of their own behind a real program's network back
# end, a guest in User Mode Linux, a guest in QEMU, or a host itself. Each has one interface, an address, busybox and
# its sh. Which kinds of attachment there are is in rows.sh.
#
#   station_in_namespace g1 a 10.1.0.1/16 COMMAND…   COMMAND moves frames between "{tap}", a TAP's descriptor, and a LAN
#   station_do g1 ping -c 1 10.1.0.2                 a line of shell, when the station is up
#   station_end g1                                   as a crash, with SIGKILL
#
# The functions that make stations return at once; station_do waits.
# shellcheck disable=SC2154 # lib.sh, which is sourced before this, sets $logs and $build
declare -A station_kind=() station_interface=() station_pid=() station_address=() station_place=()

# stations_possible: can TAPs be made here? Says why not.
stations_possible() {
  { : <>/dev/net/tun; } 2>/dev/null && return
  echo "/dev/net/tun cannot be opened"
  return 1
}

# Where a station's shell finds busybox under all its names.
applets() {
  [ -d /run/hosts/applets ] && return
  mkdir /run/hosts/applets
  busybox --install -s /run/hosts/applets
}

# station_namespace NAME: the network of a station that is no guest.
station_namespace() {
  applets
  ip netns add "$1"
  ip netns exec "$1" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
  # QEMU 7.2's hub lets a frame overtake one that a stream has taken half of, and aborts ("iov_copy: Assertion"). A small
  # TCP window fits into the socket's buffer, so that no frame is taken by halves. Network cards do not need this.
  ip netns exec "$1" sh -c 'echo 4096 16384 65536 >/proc/sys/net/ipv4/tcp_wmem'
  ip -n "$1" link set lo up
  mkdir -p "/run/hosts/tmp-$1"
}

# station_mac ADDRESS/LENGTH: a hardware address out of the IP address.
station_mac() {
  local bytes
  IFS=./ read -ra bytes <<<"$1"
  printf '02:00:%02x:%02x:%02x:%02x\n' "${bytes[@]:0:4}"
}

# station_known NAME KIND INTERFACE ADDRESS/LENGTH PID [NAMESPACE]
station_known() {
  # Its end is no news for this shell.
  [ -z "$5" ] || disown "$5"
  station_kind[$1]=$2 station_interface[$1]=$3 station_address[$1]=${4%/*} station_pid[$1]=$5 station_place[$1]=${6-}
}

# station_in_namespace NAME HOST ADDRESS/LENGTH COMMAND…: COMMAND runs in the network of HOST.
station_in_namespace() {
  local name=$1 host=$2 address=$3
  shift 3
  [ -e "/run/netns/$name" ] || station_namespace "$name"
  started "station-$name.log" nsenter "--net=/run/netns/$name" -- \
    python3 "$HOSTS_DIR/tap.py" eth0 "$(station_mac "$address")" "$address" nsenter "--net=/run/netns/$host" -- "$@"
  station_known "$name" namespace eth0 "$address" $! "$name"
}

# station_up NAME: waits until it can run commands.
station_up() {
  case ${station_kind[$1]} in
    namespace) within 10 ip netns exec "$1" test -e "/sys/class/net/${station_interface[$1]}/address" ;;
    host) within 10 ip -n "${station_place[$1]}" link show "${station_interface[$1]}" ;;
    uml) guest_up "$1" ;;
    qemu) qemu_up "$1" ;;
  esac
}

# station_do NAME COMMAND…: runs a line of shell there; prints what it prints, returns its status. $tmp is a directory.
station_do() {
  local name=$1
  shift
  case ${station_kind[$name]} in
    namespace | host)
      station_up "$name" && nsenter "--net=/run/netns/${station_place[$name]}" -- \
        env PATH=/run/hosts/applets "tmp=/run/hosts/tmp-${station_place[$name]}" \
        timeout "${guest_seconds:-60}" sh -c "$*" </dev/null
      ;;
    uml) guest_do "$name" "tmp=/tmp; $*" ;;
    qemu) qemu_do "$name" "tmp=/tmp; $*" ;;
  esac
}

station_lives() {
  case ${station_kind[$1]} in
    host) ip -n "${station_place[$1]}" link show "${station_interface[$1]}" ;;
    *) kill -0 "${station_pid[$1]}" 2>/dev/null ;;
  esac
}

# station_end NAME
station_end() {
  local pid=${station_pid[$1]-}
  [ -z "$pid" ] || { ended "$pid"; tail "--pid=$pid" -f /dev/null; }
  [ "${station_kind[$1]-}" != namespace ] || ip -n "$1" link delete eth0 2>/dev/null
}

# station_counted NAME: frames that its interface has received, sent, received and dropped.
station_counted() {
  local figures
  # A namespace's /sys would be that of the network that it was mounted in; /proc/net is that of the reader.
  figures=$(station_do "$1" cat /proc/net/dev) || return
  awk -v "interface=${station_interface[$1]}:" '$1 == interface {print $3, $11, $5}' <<<"$figures"
}

# station_ether NAME: the hardware address that it has.
station_ether() { station_do "$1" ip link show "${station_interface[$1]}" | awk '$1 == "link/ether" {print $2}'; }

# ---- Commands for check --------------------------------------------------------------------------------------------

# station_pings FROM TO [SECONDS]: three in a row are answered; what was sent while a port came up may be lost.
station_pings() {
  local address=${station_address[$2]}
  station_up "$1" && station_up "$2" || return
  within "${3-10}" station_do "$1" ping -c 1 -W 1 "$address" && station_do "$1" ping -c 3 -i 0.2 -W 2 "$address"
}

# station_pings_jumbo FROM TO BYTES: frames of BYTES of payload are answered, and came in one piece.
station_pings_jumbo() {
  local name address=${station_address[$2]}
  for name in "$1" "$2"; do
    station_do "$name" "ip link show ${station_interface[$name]} | grep -q 'mtu $3 ' ||
      ip link set ${station_interface[$name]} mtu $3" || return
  done
  within 5 station_do "$1" ping -c 1 -W 1 -s $(($3 - 28)) "$address" &&
    station_do "$1" ping -c 3 -i 0.2 -W 2 -s $(($3 - 28)) "$address"
}

# station_transfers FROM TO MEBIBYTES: random bytes over TCP; both ends must have the same number and digest of them.
station_transfers() {
  local from=$1 to=$2 mebibytes=$3 listener sent received began
  local guest_seconds=60
  station_up "$from" && station_up "$to" || return
  # nc takes the end of its input for a farewell, so that the receiver's must not end.
  station_do "$to" "rm -f \$tmp/in*; mkfifo \$tmp/in \$tmp/in.never; sha256sum <\$tmp/in >\$tmp/in.sum &
    nc -l -p 5001 <>\$tmp/in.never | tee \$tmp/in | wc -c; wait; cat \$tmp/in.sum" >"/run/hosts/received-$to" &
  listener=$!
  within 10 station_do "$to" "netstat -lnt 2>/dev/null | grep ':5001 .*LISTEN'" || return
  began=$(date +%s%N)
  sent=$(station_do "$from" "rm -f \$tmp/out*; mkfifo \$tmp/out; sha256sum <\$tmp/out >\$tmp/out.sum &
    dd if=/dev/urandom bs=64k count=$((mebibytes * 16)) 2>/dev/null | tee \$tmp/out |
    nc ${station_address[$to]} 5001; wait; cat \$tmp/out.sum")
  wait "$listener"
  received=$(cat "/run/hosts/received-$to")
  echo "$from to $to: $mebibytes MiB in $((($(date +%s%N) - began) / 1000000)) ms" >>"$logs/transfers.log"
  equal "$((mebibytes << 20))"$'\n'"$sent" "$received"
}
