# A configuration that is wrong: the file, line and column, what is allowed, exit status 78, and nothing started.
#
#   host a
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

host a
[ -x "$build/umbeld" ] || fatal "there is no $UMBEL_BUILD/umbeld: build it first (swift build -c release)"

# refused LINE WORD: does the configuration on the input fail at this line, with that word in the explanation?
refused() {
  local line=$1 word=$2 status output file=/run/hosts/bad.yaml
  cat >"$file"
  rm -rf /run/hosts/bad
  output=$(on a timeout 5 "$build/umbeld" --config "$file" --runtime-dir /run/hosts/bad 2>&1)
  status=$?
  printf '%s\n' "$output"
  equal 78 "$status" || return
  grep -qE "bad\.yaml:$line:[0-9]+: .*$word" <<<"$output" || { echo "no word of line $line and $word"; return 1; }
  fails test -e /run/hosts/bad/umbel.sock || return
  on a "$build/umbel" check-config "$file" 2>&1
  equal 78 $?
}

check "an unknown key" refused 3 colour <<'EOF'
lans:
  lab:
    colour: red
EOF
check "a value of the wrong type" refused 4 port <<'EOF'
lans:
  lab:
    ports:
      - {name: site, transport: mcast, role: trunk, group: 239.192.168.1, port: many}
EOF
check "a group that is not multicast" refused 4 group <<'EOF'
lans:
  lab:
    ports:
      - {name: site, transport: mcast, role: trunk, group: 192.168.1.1, port: 1102}
EOF
check "a TTL over 255" refused 4 255 <<'EOF'
lans:
  lab:
    ports:
      - {name: site, transport: mcast, role: trunk, group: 239.192.168.1, port: 1102, ttl: 256}
EOF
check "two LANs of one name" refused 3 lab <<'EOF'
lans:
  lab: {}
  lab: {}
EOF
check "the same group twice" refused 7 239.192.168.1 <<'EOF'
lans:
  one:
    ports:
      - {name: site, transport: mcast, role: trunk, group: 239.192.168.1, port: 1102}
  two:
    ports:
      - {name: site, transport: mcast, role: trunk, group: 239.192.168.1, port: 1102}
EOF
check "a transport that does not exist" refused 4 mcats <<'EOF'
lans:
  lab:
    ports:
      - {name: site, transport: mcats}
EOF
check "not YAML at all" refused 2 "" <<'EOF'
lans: [
EOF

started agent-nofile.log nsenter --net=/run/netns/a -- "$build/umbeld" --config /run/hosts/absent.yaml
status=0
wait $! || status=$?
check "a configuration file that is not there" equal 78 "$status"
