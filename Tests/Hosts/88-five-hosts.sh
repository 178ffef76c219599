# Five hosts in three routed segments, a full mesh of VXLAN peers without multicast between them; and a second LAN of the
# same hosts and the same UDP port by a group that the router does carry.
#
#   host a ─┐                    ┌─ host c
#           s1 ── router r ── s2─┤              on each host: agent, a guest of LAN mesh (bess)
#   host b ─┘        │           └─ host d
#                    s3
#                    │
#                  host e, a name to the others
#
# Limit: 150 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
# shellcheck source=Tests/Hosts/sites.sh
. "$HOSTS_DIR/sites.sh"
can_capture || { skip "five hosts in three segments" "the datagrams on the wire are counted: tcpdump needs root"; exit; }
needs ethtool

hosts=(a b c d e)
declare -A segment_of=([a]=1 [b]=1 [c]=2 [d]=2 [e]=3)
declare -A address=([a]=10.0.1.1 [b]=10.0.1.2 [c]=10.0.2.1 [d]=10.0.2.2 [e]=10.0.3.1)

router r
for n in 1 2 3; do
  segment s$n
  plug r eth$n s$n 10.0.$n.254/24
done
# What a name is, for this machine alone.
{ cat /etc/hosts; echo "${address[e]} site-e"; } >/run/hosts/names
mount --bind /run/hosts/names /etc/hosts

# peers HOST: all others, as a list of YAML.
peers() {
  local other list=
  for other in "${hosts[@]}"; do
    [ "$other" = "$1" ] || list+=", ${address[$other]/#${address[e]}/site-e}"
  done
  echo "[${list#, }]"
}

for host in "${hosts[@]}"; do
  host "$host" "s${segment_of[$host]}" "${address[$host]}/24"
  route_by "$host" "10.0.${segment_of[$host]}.254"
  # A datagram of the wire is to be one of the capture.
  offloads "$host" eth0 off
  cat >"/run/hosts/$host.yaml" <<YAML
lans:
  mesh:
    ports:
      - {name: sites, transport: vxlan, vni: 42, peers: $(peers "$host")}
  group:
    ageing: 10s
    ports:
      - {name: sites, transport: vxlan, vni: 43, group: 239.1.1.43, ttl: 4}
YAML
  agent "$host" --config "/run/hosts/$host.yaml"
done
number=0
declare -A guest_of=()
for host in "${hosts[@]}"; do
  number=$((number + 1))
  guest_of[$host]=10.42.0.$number
  guest_bess "$host" "g-$host" "${guest_of[$host]}/24" "$(door "$host" mesh)"
done
for host in "${hosts[@]}"; do check "the trunks of host $host are up" within 10 trunk "$host" up; done

# reaches HOST: its guest pings those of all others.
reaches() {
  local other
  for other in "${hosts[@]}"; do
    [ "$other" = "$1" ] || within 10 guest_do "g-$1" ping -c 1 -W 1 "${guest_of[$other]}" || return
  done
}
for host in "${hosts[@]}"; do check "the guest of host $host reaches all others" reaches "$host"; done

# ---- What is sent to all -------------------------------------------------------------------------------------------

# The scenario's own frames in VXLAN, by their EtherType.
own_frames='udp dst port 4789 and udp[28:2] = 0x88b5'

# tells HOST LAN GUESTS: broadcasts of that host come to each other one once. GUESTS is how many are there already.
tells() {
  local from=$1 lan=$2 host
  local options=(--source "02:00:00:00:00:0$from")
  for host in "${hosts[@]}"; do
    [ "$host" != "$from" ] || continue
    collector "$host" "$from-$host-$lan" "$(door "$host" "$lan")" 300 "${options[@]}"
    check "$lan: host $host listens to host $from" within 5 door_ports "$host" $(($3 + 1)) "$lan" bess
  done
  capture_heads "$from" eth0 "$from-$lan" "$own_frames and src host ${address[$from]}"
  frames "$from" number "$(door "$from" "$lan")" 300 "${options[@]}"
  for host in "${hosts[@]}"; do
    [ "$host" = "$from" ] || check "$lan: broadcasts of host $from come to host $host once" collected "$from-$host-$lan"
  done
  capture_whole "$from-$lan"
}

for host in "${hosts[@]}"; do
  tells "$host" mesh 1
  check "they are a datagram for each of the others" equal 1200 "$(packets "$host-mesh")"
done

# ---- What is sent to one -------------------------------------------------------------------------------------------

# A station that has been heard of at host e.
frames e number "$(door e mesh)" 1 --source 02:00:00:00:00:77
check "host a knows a station of host e" within 5 eval \
  "asks a ListStations \"[s['port'] for s in stations if s['mac'] == '02:00:00:00:00:77']\" | grep sites"
collector e unicast "$(door e mesh)" 300
check "host e listens" within 5 door_ports e 2 mesh bess
capture_heads a eth0 unicast "$own_frames and src host ${address[a]}"
frames a number "$(door a mesh)" 300 --destination 02:00:00:00:00:77
check "known unicast arrives once" collected unicast
capture_whole unicast
check "it leaves as one datagram each" equal 300 "$(packets unicast)"
check "to that host" equal 300 "$(packets unicast dst host "${address[e]}")"

# ---- By a group ----------------------------------------------------------------------------------------------------

routes=()
for host in "${hosts[@]}"; do
  case ${segment_of[$host]} in
    1) others=eth2,eth3 ;;
    2) others=eth1,eth3 ;;
    3) others=eth1,eth2 ;;
  esac
  routes+=("${address[$host]}:eth${segment_of[$host]}:$others")
done
started mroute.log nsenter --net=/run/netns/r -- python3 "$HOSTS_DIR/mroute.py" 239.1.1.43 "${routes[@]}"
check "the router carries the group" within 5 grep ready "$logs/mroute.log"
for host in a e; do
  tells "$host" group 0
  check "they are a datagram for all of them" equal 300 "$(packets "$host-group" dst host 239.1.1.43)"
done

# ---- Who is there --------------------------------------------------------------------------------------------------

# peers_are HOST STATE ADDRESS…: are these the peers of LAN mesh in that state?
peers_are() {
  equal "${*:3}" "$(asks "$1" ListPeers \
    "' '.join(sorted(p['address'] for p in peers if p['lan'] == 'mesh' and p['state'] == '$2'))")"
}

# knows_e: has host a a station of host e in LAN group?
knows_e() {
  asks a ListStations "[s['port'] for s in stations if s['lan'] == 'group' and s['mac'] == '02:00:00:00:00:0e']" |
    grep -q sites
}

check "host a shows all others as up" peers_are a up 10.0.1.2 10.0.2.1 10.0.2.2 10.0.3.1
check "host a knows a station of host e in LAN group" knows_e
ended "${agent_pid[e]}"
check "one whose agent has died is silent soon" within 15 peers_are a silent 10.0.3.1
check "the others are up" peers_are a up 10.0.1.2 10.0.2.1 10.0.2.2
check "its stations age out" within 20 fails knows_e
