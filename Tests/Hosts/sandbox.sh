# The first process of a scenario's machine: prepares it, runs the scenario within its time limit, and shows the logs
# when something failed. When this process ends, every process, namespace and file of the scenario is gone.
set -u
scenario=$1
# Debian's programs, whatever else the user has installed.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

# A /run of its own: named network namespaces, runtime directories, logs and the guests' memory, which must be executable.
mount -t tmpfs -o mode=755,nosuid,nodev none /run || exit
mkdir -p /run/hosts/logs /run/hosts/build
# Copied, the programs belong to root, as plugins must, and are within reach of other users wherever the tree lies.
for file in "$UMBEL_BUILD"/{umbeld,umbel,*.so}; do
  [ -f "$file" ] && cp "$file" /run/hosts/build/
done

limit=$(sed -n 's/^# Limit: \([0-9]*\) s.*/\1/p' "$scenario")
timeout --kill-after=5 "${limit:-60}" bash "$scenario"
status=$?
[ $status -eq 124 ] && echo "# more than ${limit:-60} s"

if [ -n "$HOSTS_VERBOSE" ] || [ $status -ne 0 ] || [ -e /run/hosts/failed ]; then
  for log in /run/hosts/logs/*; do
    [ -s "$log" ] || continue
    echo "# --- the end of ${log##*/}"
    tail -n 60 "$log" | tr -d '\r' | sed 's/^/#   /'
  done
fi
exit $status
