# Runs the scenarios of a directory, each in a machine of its own; sourced by the programs called "run". They set
#
#   scenarios             the directory
#   machine_possible      a function: can machines be made here? Says what is missing.
#   machine SCENARIO      a function: starts one in the background, its pid in machine_pid; descriptor 3 takes the verdicts
#
# and call run_scenarios with their arguments; the comment at their head is what --help shows.
# shellcheck disable=SC2154 # what they set
allow_skips=
patterns=()

usage() {
  sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
  exit "$1"
}

selected() {
  [ ${#patterns[@]} -eq 0 ] && return
  local pattern
  for pattern in "${patterns[@]}"; do
    case $1 in *"$pattern"*) return ;; esac
  done
  return 1
}

# read_options ARGUMENT…
read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      -v) export HOSTS_VERBOSE=1 ;;
      --allow-skips) allow_skips=1 ;;
      -h | --help) usage 0 ;;
      -*) usage 64 >&2 ;;
      *) patterns+=("$1") ;;
    esac
    shift
  done
}

# run_scenarios: all that were selected; returns whether all is well.
run_scenarios() {
  local file scenario name began results passed failed skipped
  # Without a name, the file is gone with this process, however that ends.
  file=$(mktemp)
  exec 3>>"$file"
  exec 4<"$file"
  rm "$file"

  for scenario in "$scenarios"/[0-9][0-9]-*.sh; do
    name=${scenario##*/} name=${name%.sh}
    selected "$name" || continue
    echo "# $name"
    began=$SECONDS
    machine "$scenario"
    wait "$machine_pid" || echo "not ok $name ended with status $?" | tee -a /dev/fd/3
    echo "# $name took $((SECONDS - began)) s"
  done

  results=$(cat <&4)
  passed=$(grep -c '^ok ' <<<"$results")
  failed=$(grep -c '^not ok ' <<<"$results")
  skipped=$(grep -c '^skip ' <<<"$results")
  if [ $((passed + failed + skipped)) -eq 0 ]; then
    echo "$0: no scenario's name holds: ${patterns[*]}" >&2
    failed=1
  fi
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ] && { [ "$skipped" -eq 0 ] || [ -n "$allow_skips" ]; }
}
