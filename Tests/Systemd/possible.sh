# Does this kernel give a container what systemd needs? In a mount namespace of its own.
directory=$(mktemp -d)
trap 'umount -R "$directory" 2>/dev/null; rmdir "$directory"' EXIT
mount -t tmpfs none "$directory" && mkdir "$directory"/{upper,work,root,cgroup} &&
  mount -t cgroup2 none "$directory/cgroup" &&
  mkdir "$directory/cgroup/umbel-possible" && rmdir "$directory/cgroup/umbel-possible" &&
  mount -t overlay -o "lowerdir=/,upperdir=$directory/upper,workdir=$directory/work" none "$directory/root" && exit
echo "this kernel, or the container that this is, has no overlayfs or no cgroup2 for systemd" >&2
exit 1
