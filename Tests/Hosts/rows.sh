# The kinds of attachment, each with the real program: the rows of the test matrix. A row ROW is
#
#   attach_ROW HOST NAME ADDRESS/LENGTH LAN   makes station NAME; its agent is up and has what ROW's configuration says
#   row_doors[ROW], row_ports[ROW]            the doors and ports that the agent's LAN must have; @ADDRESS@ stands for
#                                             the station's address
#   row_mtu[ROW], row_mtu_why[ROW]            the largest MTU of that peer, 9000 if not said; 1500: no jumbo, and why
#   row_stays[ROW]                            the peer needs nothing done when the agent was away
#   row_group[ROW]                            the peer is in the trunk's group and has no port
#   row_kept[ROW]                             the port is the configuration's: it is there without the peer
#   row_patience[ROW]                         seconds until the port surely has found a peer that came back
#   row_bridge[ROW]                           between the peer and the port is a bridge
#   row_offload[ROW]                          the peer's frames may be super-frames
#
# A station of a row ends with detach_ROW if there is one, else with station_end.
# shellcheck disable=SC2034,SC2154 # lib.sh and the scenarios, which source this, set and use the rest
declare -A row_doors=() row_ports=() row_mtu=() row_mtu_why=() row_stays=() row_group=() row_kept=() row_bridge=() row_patience=() row_offload=()

rows=(uml-mcast uml-daemon uml-bess uml-fd uml-tuntap vde-plug qemu-vde qemu-tap host-tap qemu-stream
  qemu-socket-connect qemu-socket-listen qemu-dgram unixgram qemu-mcast libvirt-mcast qemu-fd-stream qemu-fd-dgram
  qemu-dgram-fd)

group=239.192.168.1:1102
# An agent that is not root must be let in by the guests' own sockets, where these are files: the mode for VDE, and what
# runs the others.
vde_mode='' open_umask=()
[ -z "${HOSTS_AGENTS-}" ] || vde_mode=777 open_umask=(sh -c 'umask 0; exec "$@"' -)
small_mtu="its driver in Linux takes 1,500 bytes"

# rows_configuration NETWORK: of an agent that has what all $rows need, in LAN default. The station of the first row is
# 10.1.NETWORK.10, and so on.
rows_configuration() {
  local row n=10
  echo "lans:"
  echo "  default:"
  echo '    doors: [bess, vde, stream, dgram, {door: stream, listen: "127.0.0.1:5555"}]'
  echo "    ports:"
  echo "      - {name: trunk, transport: mcast, role: trunk, group: ${group%:*}, port: ${group#*:}}"
  for row in "${rows[@]}"; do
    [ -z "${row_ports[$row]-}" ] || echo "      - ${row_ports[$row]//@ADDRESS@/10.1.$1.$n/16}"
    n=$((n + 1))
  done
}

# ---- User Mode Linux -------------------------------------------------------------------------------------------------

# uml_known NAME INTERFACE ADDRESS/LENGTH: the guest that was started last.
uml_known() { station_known "$1" uml "$2" "$3" "${guest_pid[$1]}"; }

row_mtu[uml-mcast]=1500 row_mtu_why[uml-mcast]=$small_mtu
row_stays[uml-mcast]=1 row_group[uml-mcast]=1
attach_uml-mcast() {
  guest_mcast "$1" "$2" "$3"
  uml_known "$2" eth0 "$3"
}

row_mtu[uml-daemon]=1500 row_mtu_why[uml-daemon]=$small_mtu
row_doors[uml-daemon]=vde
attach_uml-daemon() {
  guest_start "$1" "$2" "$3" eth0 linux.uml "eth0=daemon,,unix,$(door "$1" "$4" vde)/ctl"
  uml_known "$2" eth0 "$3"
}

# The vector driver takes no more than it was started for.
attach_uml-bess() {
  guest_start "$1" "$2" "$3" vec0 linux.uml "vec0:transport=bess,dst=$(door "$1" "$4"),mtu=9000"
  uml_known "$2" vec0 "$3"
}

attach_uml-fd() {
  run_with "$1" "$4"
  guest_start "$1" "$2" "$3" vec0 "${run_words[@]}" linux.uml "vec0:transport=fd,fd={fd},mtu=9000"
  uml_known "$2" vec0 "$3"
}

# A TAP has one holder. The guest's and the agent's meet in a bridge.
row_ports[uml-tuntap]='{name: uml-tap, transport: tap, device: uml-tap, mtu: 9000, bridge: uml-bridge}'
row_mtu[uml-tuntap]=1500 row_mtu_why[uml-tuntap]=$small_mtu
row_stays[uml-tuntap]=1 row_kept[uml-tuntap]=1 row_bridge[uml-tuntap]=1
attach_uml-tuntap() {
  tap_in_bridge "$1" uml-bridge uml-guest
  guest_start "$1" "$2" "$3" eth0 linux.uml eth0=tuntap,uml-guest
  uml_known "$2" eth0 "$3"
}

# ---- TAP -------------------------------------------------------------------------------------------------------------

# bridge_for HOST BRIDGE
bridge_for() {
  ip -n "$1" link show "$2" >/dev/null 2>&1 && return
  # Frames of the host's own would spoil the accounts.
  ip netns exec "$1" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
  ip -n "$1" link add "$2" type bridge mcast_snooping 0
  ip -n "$1" link set "$2" up
}

# tap_in_bridge HOST BRIDGE TAP
tap_in_bridge() {
  ip -n "$1" tuntap add "$3" mode tap 2>/dev/null
  ip -n "$1" link set "$3" mtu 9000 master "$2" up
}

prepare_uml-tuntap() { bridge_for "$1" uml-bridge; }
prepare_qemu-tap() { bridge_for "$1" qemu-bridge; }

row_ports[qemu-tap]='{name: qemu-tap, transport: tap, device: qemu-tap, mtu: 9000, bridge: qemu-bridge}'
row_stays[qemu-tap]=1 row_kept[qemu-tap]=1 row_bridge[qemu-tap]=1
attach_qemu-tap() {
  tap_in_bridge "$1" qemu-bridge qemu-guest
  qemu_back_end "$2" "$1" "$3" tap,ifname=qemu-guest,script=no,downscript=no
}

row_ports[host-tap]='{name: host-tap, transport: tap, device: host-tap, address: @ADDRESS@}'
row_stays[host-tap]=1 row_kept[host-tap]=1 row_offload[host-tap]=1
attach_host-tap() {
  applets
  mkdir -p "/run/hosts/tmp-$1"
  station_known "$2" host host-tap "$3" "" "$1"
}

# ---- VDE -------------------------------------------------------------------------------------------------------------

row_doors[vde-plug]=vde
attach_vde-plug() {
  [ -e "/run/netns/$2" ] || station_namespace "$2"
  ip -n "$2" tuntap add eth0 mode tap
  ip -n "$2" link set eth0 address "$(station_mac "$3")" up
  ip -n "$2" address add "$3" broadcast + dev eth0
  started "station-$2.log" nsenter "--net=/run/netns/$2" -- vde_plug ${vde_mode:+-m "$vde_mode"} "vde://$(door "$1" "$4" vde)" tap://eth0
  station_known "$2" namespace eth0 "$3" $! "$2"
}

row_mtu[qemu-vde]=4082 # QEMU's back end reads 4,096 bytes.
row_doors[qemu-vde]=vde
attach_qemu-vde() { qemu_back_end "$2" "$1" "$3" "vde,sock=$(door "$1" "$4" vde)${vde_mode:+,mode=0$vde_mode}"; }

# ---- QEMU's sockets --------------------------------------------------------------------------------------------------

row_doors[qemu-stream]=stream
attach_qemu-stream() {
  qemu_back_end "$2" "$1" "$3" "stream,server=off,addr.type=unix,addr.path=$(door "$1" "$4" stream)"
}

row_doors[qemu-socket-connect]='{door: stream, listen: "127.0.0.1:5555"}'
attach_qemu-socket-connect() { qemu_back_end "$2" "$1" "$3" socket,connect=127.0.0.1:5555; }

row_ports[qemu-socket-listen]='{name: listening, transport: socket, connect: "127.0.0.1:4444"}'
row_patience[qemu-socket-listen]=35 # The agent's back-off is 30 s at most.
row_stays[qemu-socket-listen]=1 row_kept[qemu-socket-listen]=1
attach_qemu-socket-listen() { qemu_back_end "$2" "$1" "$3" socket,listen=127.0.0.1:4444; }

row_stays[qemu-dgram]=1
row_doors[qemu-dgram]=dgram
attach_qemu-dgram() {
  local own=/run/hosts/dgram-$2
  rm -f "$own"
  qemu_back_end "$2" "$1" "$3" \
    "dgram,local.type=unix,local.path=$own,remote.type=unix,remote.path=$(door "$1" "$4" dgram)" "${open_umask[@]}"
}

row_doors[unixgram]=dgram
attach_unixgram() {
  station_in_namespace "$2" "$1" "$3" "${open_umask[@]}" \
    python3 "$HOSTS_DIR/unixgram.py" "{tap}" "$(door "$1" "$4" dgram)" "/run/hosts/unixgram-$2"
}

# ---- The group -------------------------------------------------------------------------------------------------------

row_stays[qemu-mcast]=1 row_group[qemu-mcast]=1
attach_qemu-mcast() { qemu_back_end "$2" "$1" "$3" "socket,mcast=$group"; }

# A domain of libvirt as it is, run without its daemon, as a user that is not root: "root" would need libvirt's own user.
row_stays[libvirt-mcast]=1 row_group[libvirt-mcast]=1
attach_libvirt-mcast() {
  local host=$1 name=$2 address=$3 qemu_serial directory=/run/hosts/libvirt-$1
  qemu_files
  qemu_serial "$name"
  # The capabilities of QEMU that libvirt found out last time may stay.
  mkdir -p "$directory/root/etc"
  echo 'stdio_handler = "file"' >"$directory/root/etc/qemu.conf"
  cat >"$directory/domain.xml" <<XML
<domain type='qemu'>
  <name>$name</name><memory unit='MiB'>128</memory>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>/run/hosts/qemu/vmlinuz</kernel><initrd>/run/hosts/qemu/initrd</initrd>
    <cmdline>$(qemu_kernel_words eth0="$address")</cmdline>
  </os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <serial type='pipe'><source path='$qemu_serial'/><target port='0'/></serial>
    <interface type='mcast'>
      <mac address='$(station_mac "$address")'/><source address='${group%:*}' port='${group#*:}'/><model type='virtio'/>
    </interface>
    <memballoon model='none'/>
  </devices>
</domain>
XML
  chown -R 65534:65534 "$directory"
  started "libvirt-$name.log" nsenter "--net=/run/netns/$host" -- \
    setpriv --reuid 65534 --regid 65534 --clear-groups env "HOME=$directory" "XDG_RUNTIME_DIR=$directory" \
    virt-qemu-run "--root=$directory/root" "$directory/domain.xml"
  station_known "$name" qemu eth0 "$address" $!
}

# The guest is no child of what ran it.
detach_libvirt-mcast() {
  station_end "$1"
  kill -KILL "$(cat /run/hosts/libvirt-*/root/run/qemu/"$1.pid")"
}

# ---- Inherited descriptors -------------------------------------------------------------------------------------------

# run_with HOST LAN WORD…: the words that run a command with a port of that LAN.
run_with() {
  local host=$1 lan=$2
  shift 2
  run_words=("$build/umbel" --socket "$(runtime "$host")/umbel.sock" run "$@" "$lan" --)
}

attach_qemu-fd-stream() {
  run_with "$1" "$4" --as stream
  qemu_back_end "$2" "$1" "$3" "socket,fd={fd}" "${run_words[@]}"
}

attach_qemu-fd-dgram() {
  run_with "$1" "$4" --as dgram
  qemu_back_end "$2" "$1" "$3" "socket,fd={fd}" "${run_words[@]}"
}

attach_qemu-dgram-fd() {
  run_with "$1" "$4" --as seqpacket
  qemu_back_end "$2" "$1" "$3" "dgram,local.type=fd,local.str={fd}" "${run_words[@]}"
}
