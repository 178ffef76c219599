# A table out of verdicts: rows by columns, printed at the end of a scenario and again by contrib/test.
#
#   cell vde-plug ping station_pings g1 g2      a verdict "vde-plug: ping" as check gives it, and ok or FAIL in the table
#   cell_left vde-plug jumbo "reason"           "-" in the table: what this peer cannot do is no verdict
#   table "title" ping jumbo                    prints it, each line begun with "| ", and the reasons below it
# shellcheck disable=SC2154 # lib.sh, which is sourced before this, sets $logs
cells=/run/hosts/cells

# cell ROW COLUMN COMMAND…
cell() {
  local row=$1 column=$2
  shift 2
  check "$row: $column" "$@"
  printf '%s\t%s\t%s\n' "$row" "$column" "$checked" >>"$cells"
}

# cell_left ROW COLUMN REASON
cell_left() { printf '%s\t%s\t-\t%s\n' "$1" "$2" "$3" >>"$cells"; }

# table TITLE COLUMN…
table() {
  touch "$cells"
  python3 "$HOSTS_DIR/table.py" "$cells" "$@" | sed 's/^/| /'
}
