# The first process of a machine, until it becomes systemd: lays an overlay over this computer's file system, puts the
# installed tree and a small boot into it, and makes it the root.
set -eu
directory=$1 root=$1/root

mount --make-rprivate /
mount -t tmpfs -o mode=755 none "$directory"
mkdir "$directory"/{upper,work,root}
mount -t overlay -o "lowerdir=/,upperdir=$directory/upper,workdir=$directory/work" none "$root"
cp -a "$MACHINE_TREE/." "$root"
# mktemp's.
chmod 755 "$root"

# ---- File systems of the kernel ------------------------------------------------------------------------------------

mount -t proc -o nosuid,nodev,noexec none "$root/proc"
# The settings of this computer are not for a container to change; those of its own networks are.
mount --bind "$root/proc/sys" "$root/proc/sys"
mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
mount -o remount,bind,ro "$root/proc/sys"
for file in sysrq-trigger kcore; do
  [ ! -e "$root/proc/$file" ] || mount --bind /dev/null "$root/proc/$file"
done
mount -t sysfs -o ro,nosuid,nodev,noexec none "$root/sys"
mount -t cgroup2 -o nosuid,nodev,noexec none "$root/sys/fs/cgroup"

mount -t tmpfs -o mode=755,nosuid none "$root/dev"
mkdir "$root"/dev/{net,pts,shm}
while read -r name major minor; do
  mknod -m 666 "$root/dev/$name" c "$major" "$minor"
done <<'DEVICES'
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
net/tun 10 200
DEVICES
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 none "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for number in 0,stdin 1,stdout 2,stderr; do ln -s "fd/${number%,*}" "$root/dev/${number#*,}"; done
mount -t tmpfs -o mode=1777,nosuid,nodev none "$root/dev/shm"
mount -t tmpfs -o mode=1777,nosuid,nodev none "$root/tmp"
# The guests' memory, which must be executable, lies in /run.
mount -t tmpfs -o mode=755,nosuid,nodev none "$root/run"

# What scenarios read, wherever the tree lies.
mkdir -p "$root"/run/tests/{tree,build,guest-linux}
mount --bind "$SYSTEMD_DIR/../.." "$root/run/tests/tree"
mount --bind "$UMBEL_BUILD" "$root/run/tests/build"
[ ! -d "$UMBEL_GUEST_LINUX" ] || mount --bind "$UMBEL_GUEST_LINUX" "$root/run/tests/guest-linux"

# ---- A small boot --------------------------------------------------------------------------------------------------

units=$root/etc/systemd/system
rm -rf "$root/.dockerenv" "$root/var/log/journal" "$units"/*.wants "$units"/*.requires
: >"$root/etc/fstab"
echo 5eed0000000000000000000000000001 >"$root/etc/machine-id"
mkdir -p "$units" "$root/etc/systemd/journald.conf.d"
printf '%s\n' '[Journal]' Storage=volatile RateLimitIntervalSec=0 ForwardToSyslog=no ForwardToConsole=no \
  >"$root/etc/systemd/journald.conf.d/umbel.conf"
for unit in systemd-{udevd,udev-trigger,hwdb-update,timesyncd,networkd,resolved,firstboot,logind,binfmt,update-utmp}.service \
  systemd-{remount-fs,random-seed,pcrphase,pcrphase-sysinit,modules-load}.service systemd-journald-audit.socket \
  kmod-static-nodes.service modprobe@.service getty.target apt-daily.timer apt-daily-upgrade.timer \
  dev-hugepages.mount dev-mqueue.mount sys-kernel-{debug,tracing,config}.mount sys-fs-fuse-connections.mount \
  proc-sys-fs-binfmt_misc.automount; do
  ln -sf /dev/null "$units/$unit"
done
printf '%s\n' '[Unit]' Requires=basic.target Wants=dbus.service 'After=basic.target dbus.service' AllowIsolate=yes \
  >"$units/umbel-test.target"

cd "$root"
mkdir .old
pivot_root . .old
umount -l /.old
rmdir /.old
# As a manager of containers does: else what systemd mounts for a service does not come to its namespace.
mount --make-rshared /
exec setpriv --bounding-set=-sys_module,-sys_rawio,-sys_time,-sys_boot -- \
  env -i container=umbel-test PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
  /lib/systemd/systemd --system --unit=umbel-test.target --show-status=0 --log-level=info
