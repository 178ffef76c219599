# Super-frames of a TAP, cut for a trunk: what arrives is what was sent, and the kernel gets the segments in runs.
# Limit: 240 s, for 600 MiB that pass.
#
#   10.42.0.1 tap0 ─ host a [agent]──s1──[agent] host b ─ tap0 10.42.0.2
#                           mcast, or vxlan
#
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
# shellcheck source=Tests/Hosts/sites.sh
. "$HOSTS_DIR/sites.sh"
if ! [ -w /dev/net/tun ] || ! can_capture; then
  skip "super-frames" "TAP devices and packet sockets need root"
  exit
fi

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24

# configuration NUMBER TRUNK
configuration() {
  cat <<YAML
lans:
  lab:
    doors: []
    ports:
      - {name: site, role: trunk, $2}
      - {name: host, transport: tap, device: tap0, address: [10.42.0.$1/24, "fd42::$1/64"]}
YAML
}

# counts: what host a's trunk has sent: super-frames and their segments, runs and the datagrams in them.
counts() {
  local names="'segmentedFrames', 'segments', 'gso-runs', 'gso-frames'"
  asks a ListPorts "[' '.join(str({**p['counters'], **p['transportCounters']}.get(name, 0)) for name in ($names)) \
    for p in ports if p['name'] == 'site'][0]"
}

# passes_by WAY COMMAND…: 100 MiB from a to b arrive whole, super-frames were among them, and most of the segments went
# out in runs. How many and how large they are is TCP's business: after a loss it sends half of all as single segments.
passes_by() {
  local way=$1 before after
  before=$(counts)
  check "100 MiB by $way" "${@:2}"
  after=$(counts)
  read -r frames segments runs cut <<<"$(paste -d' ' <(tr ' ' '\n' <<<"$after") <(tr ' ' '\n' <<<"$before") |
    while read -r now old; do printf "%d " $((now - old)); done)"
  check "super-frames were cut" at_least 100 "$frames"
  check "into many segments" at_least $((5 * frames)) "$segments"
  check "most of which went out in runs" at_least $((segments * 8 / 10)) "$cut"
}

# are_full: super-frames of a known size (those of super.py) make long runs.
are_full() {
  check "all super-frames were cut" at_least 3000 "$frames"
  check "into all their segments" at_least 70000 "$segments"
  check "and the runs are of ten and more" at_least $((10 * runs)) "$cut"
}

# tagged: the same file in super-frames with a VLAN tag.
tagged() {
  local file=/run/hosts/random-100M mac received=/run/hosts/received-tagged
  mac=$(ip -n b -o link show tap0 | sed 's/.*ether \([^ ]*\).*/\1/')
  [ -p /run/hosts/answers ] || mkfifo /run/hosts/answers
  on b timeout 60 python3 "$HOSTS_DIR/super.py" receive tap0 /run/hosts/answers "$(stat -c %s $file)" >$received &
  within 10 grep -q ready $received || return
  on a timeout 60 python3 "$HOSTS_DIR/super.py" send tap0 "$mac" $file /run/hosts/answers || return
  wait $!
  equal "$(sed 's/ .*//' $file.sum)" "$(sed 1d $received)"
}

for trunk in "transport: mcast" "transport: vxlan, vni: 42, group: 239.1.1.42"; do
  way=${trunk#transport: }
  way=${way%%,*}
  configuration 1 "$trunk" >/run/hosts/a.yaml
  configuration 2 "$trunk" >/run/hosts/b.yaml
  agent a --config /run/hosts/a.yaml
  agent b --config /run/hosts/b.yaml
  for address in 10.42.0.2 fd42::2; do
    check "$way: the hosts reach each other by $address" host_pings a "$address"
  done
  passes_by "$way, IPv4" host_transfers a b 10.42.0.2 100M
  passes_by "$way, IPv6" host_transfers a b fd42::2 100M
  passes_by "$way, with a VLAN tag" tagged
  are_full
  agent_end a
  agent_end b
done
grep ' to ' "$logs/transfers.log" | sed 's/^/# /'
