# Runs a scenario in the machine that was made for it, within its time limit, and shows the logs when something failed.
scenario=$1
began=$(date +%s.%N)
limit=$(sed -n 's/^# Limit: \([0-9]*\) s.*/\1/p' "$scenario")
timeout --kill-after=5 "${limit:-60}" bash "$scenario"
status=$?
[ $status -eq 124 ] && echo "# more than ${limit:-60} s"

if [ -n "$HOSTS_VERBOSE" ] || [ $status -ne 0 ] || [ -e /run/hosts/failed ]; then
  # Where there is a journal, it is the log of the agents.
  [ ! -d /run/log/journal ] || journalctl --no-pager -q -o short-monotonic --since "@$began" >/run/hosts/logs/journal.log
  for log in /run/hosts/logs/*; do
    [ -s "$log" ] || continue
    echo "# --- the end of ${log##*/}"
    tail -n 60 "$log" | tr -d '\r' | sed 's/^/#   /'
  done
fi
exit $status
