# A VXLAN over a path that loses packets, doubles them, changes their order, brings old ones and cut ones; and ten million
# random datagrams at its port, from a stranger.
#
#   10.42.0.1 tap0 ─ host a [agent]──s1── router r: nft, weather.py ──s2──[agent] host b ─ tap0 10.42.0.2
#                                    │
#                                 host x: rain
#
# Limit: 240 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
# shellcheck source=Tests/Hosts/sites.sh
. "$HOSTS_DIR/sites.sh"
if ! [ -w /dev/net/tun ]; then
  skip "VXLAN over bad paths" "/dev/net/tun is closed to this user"
  exit
fi
needs ethtool nft gcc

segment s1
segment s2
router r
plug r eth1 s1 10.0.1.254/24
plug r eth2 s2 10.0.2.254/24
host a s1 10.0.1.1/24
host b s2 10.0.2.1/24
host x s1 10.0.1.9/24
route_by a 10.0.1.254
route_by b 10.0.2.254
# Packets are lost one by one, not 64 at a time.
offloads a eth0 off
offloads b eth0 off

# configuration NUMBER PEER
configuration() {
  cat <<YAML
lans:
  lab:
    fdb-entries: 4096
    ports:
      - {name: site, transport: vxlan, vni: 42, peers: [$2]}
      - {name: host, transport: tap, device: tap0, address: 10.42.0.$1/24}
YAML
}
configuration 1 10.0.2.1 >/run/hosts/a.yaml
configuration 2 10.0.1.1 >/run/hosts/b.yaml
agent a --config /run/hosts/a.yaml
agent b --config /run/hosts/b.yaml
for host in a b; do check "the trunk of host $host is up" within 10 trunk "$host" up; done
check "the hosts reach each other" host_pings a 10.42.0.2

# lan_works WHEN
lan_works() {
  check "$1 the hosts reach each other" host_pings b 10.42.0.1
  within 10 door_ports b 0 lab bess
  collector b "$1" "$(door b lab)" 300 --source 02:00:00:00:00:55
  within 10 door_ports b 1 lab bess
  frames a number "$(door a lab)" 300 --source 02:00:00:00:00:55
  check "$1 frames arrive once" collected "$1"
}

# ---- Losses --------------------------------------------------------------------------------------------------------

# loses PERCENT: each way.
loses() {
  on r nft -f - <<NFT
table ip weather
delete table ip weather
table ip weather {
  chain forward {
    type filter hook forward priority filter
    udp dport 4789 numgen random mod 100 < $1 counter drop
  }
}
NFT
}

# lost NUMBER: have at least so many packets been lost?
lost() { at_least "$1" "$(on r nft list table ip weather | sed -n 's/.*counter packets \([0-9]*\).*/\1/p')"; }

# TCP waits twice as long after each loss, up to two minutes; after so many that is longer than a test may take.
for host in a b; do on "$host" sysctl -qw net.ipv4.tcp_rto_max_ms=2000 2>/dev/null || true; done

loses 5
check "10 MiB by TCP with a loss of 5 %" host_transfers a b 10.42.0.2 10M 60
check "that many were lost" lost 200
loses 30
check "64 KiB by TCP with a loss of 30 %" host_transfers b a 10.42.0.1 64K 90
check "that many were lost" lost 20
on r nft delete table ip weather
lan_works "after losses"

# ---- Packets that come twice, late, again, cut ---------------------------------------------------------------------

# What comes in by the segments goes to weather.py, what comes from there goes on.
on r ip route add default dev lo table 7
for interface in eth1 eth2; do ip -n r rule add iif $interface to 10.0.0.0/16 table 7; done

# weather WHAT=PERCENT…
weather() {
  started weather.log nsenter --net=/run/netns/r -- python3 "$HOSTS_DIR/weather.py" weather0 "$@"
  weather=$!
  within 10 ip -n r route replace default dev weather0 table 7 || fatal "weather.py does not start"
  on r sysctl -qw net.ipv4.conf.weather0.rp_filter=0
}

# fair: ends it, and says what it has done.
fair() {
  kill "$weather"
  wait "$weather"
  echo "# $(tail -n 1 "$logs/weather.log")"
}

# stations_of HOST: MAC addresses that its FDB holds.
stations_of() { asks "$1" ListStations "' '.join(sorted(s['mac'] for s in stations))"; }

known_a=$(stations_of a) known_b=$(stations_of b)
for what in duplicate reorder replay cut; do
  weather "$what=20"
  check "5 MiB by TCP, $what 20 %" host_transfers a b 10.42.0.2 5M
  check "5 MiB by TCP the other way" host_transfers b a 10.42.0.1 5M
  fair
  check "more than 1,000 packets have had that" at_least 1000 "$(sed -n "\$s/.*$what: //p" "$logs/weather.log")"
  check "nobody new is in the FDBs" equal "$known_a, $known_b" "$(stations_of a), $(stations_of b)"
done
for interface in eth1 eth2; do ip -n r rule delete iif $interface to 10.0.0.0/16 table 7; done
lan_works "after them"

# ---- Ten million random datagrams ----------------------------------------------------------------------------------

# They may come in buffers of many now.
offloads a eth0 on
gcc -O2 -o /run/hosts/rain "$HOSTS_DIR/rain.c" || fatal "rain.c does not compile"
rain() { on x /run/hosts/rain 10.0.1.1 4789 "$1" 400000 42; }

# What the agent has received at its trunk, or thrown away there: its counters, without those of buffers.
taken() {
  counted a "p['counters']['receivedFrames'] + sum(n for name, n in p['transportCounters'].items() if name[:2] != 'gr')"
}

# The first million fills what may be filled.
rain 1000000
lan_works "after a million random datagrams"
memory=$(anonymous_kib a) files=$(descriptors a) before=$(taken)
rain 9000000
echo "# of nine million the agent has taken $(($(taken) - before))"
check "the agent has taken most of ten million" at_least 4500000 $(($(taken) - before))
check "it lives" agent_lives a
lan_works "after ten million random datagrams"
check "the FDB keeps its limit" at_most 4096 "$(asks a ListStations 'len(stations)')"
# Buffers for receiving take 2 MiB when each has once held a merged datagram of full length, and a queue 1 MiB while it is
# used: how much of that the first million has met is chance. A leak of a byte a datagram would be 9 MiB.
check "memory is what it was" at_most $((memory + 3072)) "$(anonymous_kib a)"
check "descriptors as well" equal "$files" "$(descriptors a)"
check "the log has not grown with them" at_most 65536 "$(stat -c %s "$logs/agent-a.log")"
