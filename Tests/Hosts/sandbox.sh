# The first process of a scenario's machine: prepares it and runs the scenario. When this process ends, every process,
# namespace and file of the scenario is gone.
set -u
# Debian's programs, whatever else the user has installed.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

# A /run of its own: named network namespaces, runtime directories, logs and the guests' memory, which must be executable.
mount -t tmpfs -o mode=755,nosuid,nodev none /run || exit
mkdir -p /run/hosts/logs /run/hosts/build
# Copied, the programs belong to root, as plugins must, and are within reach of other users wherever the tree lies.
for file in "$UMBEL_BUILD"/{umbeld,umbel,umbel-web,umbel-load,*.so}; do
  [ -f "$file" ] && cp "$file" /run/hosts/build/
done
# shellcheck source=Tests/Hosts/scenario.sh
. "$HOSTS_DIR/scenario.sh"
