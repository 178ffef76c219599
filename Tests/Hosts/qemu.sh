# QEMU: its network back ends without a guest, and guests that boot Debian's kernel.
#
# Without a guest ("-M none"), a hub joins the back end under test to a TAP in a network of its own: frames pass QEMU's
# real code, and a kernel's TCP is at the far side, in 33 MB and some milliseconds.
#
#   qemu_back_end g1 a 10.1.0.1/16 stream,addr.type=unix,addr.path=/run/…    words of -netdev, all but "id="
#   qemu_guest g2 a eth0=10.1.0.2/16 -netdev … -device …                     a guest; see guest/init-serial
#   qemu_do g2 ip link                                                        a command of the guest, once it is up
# shellcheck disable=SC2154 # lib.sh, which is sourced before this, sets $logs and $build
declare -A qemu_pid=()

qemu_without_guest=(qemu-system-x86_64 -M none -nodefaults -display none)

# qemu_back_end NAME HOST ADDRESS/LENGTH NETDEV [COMMAND…]: COMMAND is what runs QEMU.
qemu_back_end() {
  local name=$1 host=$2 address=$3 netdev=$4
  shift 4
  station_in_namespace "$name" "$host" "$address" "$@" "${qemu_without_guest[@]}" \
    -netdev "$netdev,id=lan" -netdev "hubport,id=near,hubid=0,netdev=lan" \
    -netdev "tap,id=far,fd={tap}" -netdev "hubport,id=other,hubid=0,netdev=far"
}

# ---- Guests --------------------------------------------------------------------------------------------------------

# The kernel that contrib/setup has unpacked.
qemu_kernel() { find "$UMBEL_GUEST_LINUX/boot" -name 'vmlinuz-*' 2>/dev/null | head -n 1; }

qemu_possible() {
  [ -n "$(qemu_kernel)" ] && return
  echo "there is no kernel in $UMBEL_GUEST_LINUX; contrib/setup fetches it"
  return 1
}

# Kernel and initrd where every user may read them.
qemu_files() {
  [ -e /run/hosts/qemu/initrd ] && return
  local root=/run/hosts/qemu-root module
  mkdir -p "$root"/{bin,dev,proc,sys,tmp,modules} /run/hosts/qemu
  cp "$(command -v busybox)" "$root/bin/busybox"
  ln -s busybox "$root/bin/sh"
  install -m 755 "$HOSTS_DIR/guest/init-serial" "$root/init"
  for module in virtio virtio_ring virtio_pci virtio_pci_modern_dev virtio_pci_legacy_dev failover net_failover virtio_net
  do
    find "$UMBEL_GUEST_LINUX/lib/modules" -name "$module.ko" -exec cp {} "$root/modules" \;
  done
  (cd "$root" && find . | cpio --quiet -o -H newc) >/run/hosts/qemu/initrd
  cp "$(qemu_kernel)" /run/hosts/qemu/vmlinuz
  chmod 755 /run/hosts /run/hosts/qemu
}

# qemu_serial NAME: the pipes of a guest's serial port, PATH.in and PATH.out, at $qemu_serial.
qemu_serial() {
  qemu_serial=/run/hosts/qemu/$1
  rm -f "$qemu_serial".{in,out}
  mkfifo -m 666 "$qemu_serial".{in,out}
  : >"$logs/guest-$1.log"
  started "guest-$1.log" cat "$qemu_serial.out"
}

qemu_kernel_words() { echo "console=ttyS0 quiet loglevel=0 panic=-1 umbel.addresses=$1"; }

# qemu_guest NAME HOST ADDRESSES WORD…: WORDs are those of the command line that make its network; ADDRESSES are
# INTERFACE=ADDRESS/LENGTH, with commas between.
qemu_guest() {
  local name=$1 host=$2 addresses=$3 qemu_serial
  shift 3
  qemu_files
  qemu_serial "$name"
  started "qemu-$name.log" nsenter "--net=/run/netns/$host" -- "${qemu_runner[@]}" qemu-system-x86_64 \
    -M pc -accel tcg -m 128 -nodefaults -display none -no-reboot -serial "pipe:$qemu_serial" \
    -kernel /run/hosts/qemu/vmlinuz -initrd /run/hosts/qemu/initrd -append "$(qemu_kernel_words "$addresses")" "$@"
  # shellcheck disable=SC2034 # for callers
  qemu_pid[$name]=$!
}
# What runs the next guest, for example "umbel run".
qemu_runner=()

qemu_up() { within 60 grep -q 'UMBEL-GUEST: ready' "$logs/guest-$1.log"; }

# qemu_do NAME COMMAND…
qemu_do() {
  local name=$1 command line status deadline=$((SECONDS + ${guest_seconds:-60}))
  shift
  qemu_up "$name" || return
  command=$(mktemp -u XXXXXXXX)
  echo "$command ${*//$'\n'/ }" >"/run/hosts/qemu/$name.in"
  until line=$(grep -a "UMBEL-DID $command [0-9]* .*\.\$" "$logs/guest-$name.log"); do
    if [ "$SECONDS" -gt "$deadline" ]; then
      echo "guest $name does not answer"
      return 124
    fi
    sleep 0.05
  done
  read -r _ _ status line <<<"${line% .}"
  base64 -d <<<"$line"
  return "$status"
}
