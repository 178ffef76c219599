# Sites: other ends of a VXLAN, routed segments, and what a host sends to another, byte by byte.
#
#   router r                                  a host that passes packets on; "plug" gives it interfaces
#   route_by a 10.0.1.254                     where that host sends what is not for its segment
#   kernel_vxlan b vx0 42 10.1.0.2/24 …       a VXLAN device of the kernel; the words are those of "ip link"
#   check "…" host_pings a 10.1.0.2
#   check "…" host_transfers a b 10.1.0.2 20M random bytes over TCP, from host to host
#
# shellcheck disable=SC2154 # lib.sh, which is sourced before this, sets $logs

# router NAME
router() {
  host "$1"
  on "$1" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
}

# route_by HOST ADDRESS
route_by() { ip -n "$1" route add default via "$2"; }

# kernel_vxlan HOST DEVICE VNI ADDRESS/LENGTH WORD…
kernel_vxlan() {
  local host=$1 device=$2 vni=$3 address=$4
  shift 4
  ip -n "$host" link add "$device" type vxlan id "$vni" dstport 4789 "$@" || return
  ip -n "$host" address add "$address" dev "$device"
  ip -n "$host" link set "$device" up
}

# offloads HOST INTERFACE on|off: what the kernel leaves to a card, checksums and segments. A veth has none of them to do:
# super-packets and unfinished checksums cross it as they are. Its other end is in "wires".
offloads() {
  local words=(tx "$3" gso "$3" gro "$3" tso "$3" tx-udp-segmentation "$3")
  on "$1" ethtool -K "$2" "${words[@]}" >/dev/null
  on wires ethtool -K "$1-$2" "${words[@]}" >/dev/null
}

# capture_heads HOST INTERFACE NAME FILTER…: a capture that loses nothing, for "packets" to count.
capture_heads() { capture "${@:1:3}" -s 128 -B 32768 "${@:4}"; }

# capture_whole NAME: ends a capture when tcpdump has written all that came.
capture_whole() {
  within 10 capture_caught_up "$1" || return
  capture_end "$1"
}

# By its own account, which it gives when it is sent this signal.
capture_caught_up() {
  kill -USR1 -- "-${capture_pid[$1]}"
  sleep 0.1
  tail -n 1 "$logs/tcpdump-$1.log" | awk '{print; exit $2 + $10 != $5}'
}

# packets NAME FILTER…: how many of a capture there are.
packets() { tcpdump --count -nr "/run/hosts/$1.pcap" "${@:2}" 2>/dev/null | sed 's/ packets\?//'; }

# vxlan_port HOST LAN STATE: is the LAN's VXLAN trunk in that state?
vxlan_port() {
  equal "['$3']" "$(asks "$1" ListPorts \
    "[p['state'] for p in ports if p['lan'] == '$2' and p['transport'] == 'vxlan']")"
}

# counted HOST EXPRESSION: a sum over the agent's ports p, for example 'p["drops"].get("foreign-vni", 0)'.
counted() { asks "$1" ListPorts "sum($2 for p in ports)"; }

# ---- Commands for check --------------------------------------------------------------------------------------------

# host_pings HOST ADDRESS [BYTES]: three in a row are answered; what was sent while a port came up may be lost.
host_pings() {
  local words=(-s "${3-56}" "$2")
  within 10 on "$1" busybox ping -c 1 -W 1 "${words[@]}" && on "$1" busybox ping -c 3 -i 0.2 -W 2 "${words[@]}"
}

# host_transfers FROM TO ADDRESS SIZE [SECONDS]: ADDRESS is of TO; SIZE is one of head's. What arrives has the digest of
# what was sent.
host_transfers() {
  local from=$1 to=$2 address=$3 size=$4 file=/run/hosts/random-$4 received=/run/hosts/received-$2 began
  [ -e "$file" ] || head -c "$size" /dev/urandom >"$file"
  [ -e "$file.sum" ] || sha256sum <"$file" >"$file.sum"
  # nc takes the end of its input for a farewell, so that the receiver's must not end.
  [ -p /run/hosts/never ] || mkfifo /run/hosts/never
  on "$to" timeout "${5-60}" busybox nc -l -p 5001 <>/run/hosts/never | sha256sum >"$received" &
  within 10 eval "on $to ss -lnt | grep ':5001 '" || return
  began=$(date +%s%N)
  on "$from" timeout "${5-60}" busybox nc "$address" 5001 <"$file"
  wait $!
  echo "$from to $address: $size in $((($(date +%s%N) - began) / 1000000)) ms" >>"$logs/transfers.log"
  equal "$(cat "$file.sum")" "$(cat "$received")"
}
