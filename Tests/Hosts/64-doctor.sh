# What the doctor says of LANs that are well, and of faults of the host and its network, made one at a time. Where it can
# be, a fault is mended by the command that the doctor gives.
#
#   host a [agent: lab, far]──s1──[agent: lab, far] host b     LAN lab by mcast and with a TAP, LAN far by vxlan
#
# Limit: 120 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
# shellcheck source=Tests/Hosts/doctor.sh
. "$HOSTS_DIR/doctor.sh"
if ! [ -w /dev/net/tun ] || ! can_capture; then
  skip "what the doctor finds" "TAP devices and other users need root"
  exit
fi
needs nft

segment s1
for number in 1 2; do
  name=$([ "$number" = 1 ] && echo a || echo b)
  host "$name" s1 "10.0.0.$number/24"
  cat >"/run/hosts/$name.yaml" <<YAML
lans:
  lab:
    ports:
      - {name: site, transport: mcast, role: trunk}
      - {name: host, transport: tap, device: tap0, address: 10.1.0.$number/24}
  far:
    ports:
      - {name: tunnel, transport: vxlan, vni: 42, peers: [10.0.0.$((3 - number))]}
YAML
  agent "$name" --config "/run/hosts/$name.yaml"
done

for host in a b; do check "the doctor calls the LANs of host $host healthy" within 15 healthy "$host"; done
heard() { asks b ListPorts 'next(p["counters"]["agentFrames"] for p in ports if p["name"] == "site")'; }
before=$(heard)
umbel a doctor >"$logs/doctor.log"
check "after measuring, too" equal 0 $?
check "ten hellos were said for it" at_least 10 "$(($(heard) - before))"
umbel a doctor nowhere >"$logs/nowhere.log" 2>&1
check "a LAN that is not there has the exit status of what does not exist" equal 66 $?
check "for people it ends with a summary" equal "No faults, no warnings." "$(tail -n 1 "$logs/doctor.log")"
check "its lines have 80 characters at most" equal 0 "$(grep -c '.\{81\}' "$logs/doctor.log")"
check "it has measured the round trip" grep -q 'round trip [1-9][0-9]* us' "$logs/doctor.log"
"$build/umbel" --socket "$(runtime a)/umbel.sock" doctor --no-probe >"$logs/doctor-entered.log"
check "from another network namespace it enters the agent's" grep -q 'eth0 is up and has 10.0.0.1/24' \
  "$logs/doctor-entered.log"

ip -n a route del 224.0.0.0/4 dev eth0
check "no route of the group" within 5 finds a route fault "no route leads to group 239.192.168.1" "ip route add 224.0.0.0/4 dev eth0"
mend a route
check "its remedy mends it" within 10 healthy a

ip -n a link set eth0 multicast off
check "the flag MULTICAST is off" within 5 finds a multicast-flag fault "interface eth0 does not take multicast" \
  "ip link set eth0 multicast on"
mend a multicast-flag
check "its remedy mends it, too" within 10 healthy a

ip -n a link set eth0 down
check "the interface is down" within 5 finds a interface fault "interface eth0 is down" "ip link set eth0 up"
mend a interface
# Routes go with their interface.
check "a fault behind a fault is found" within 5 finds a route fault "no route leads to group" "dev eth0"
mend a route
check "two remedies mend it" within 20 healthy a

on a nft -f - <<'NFT'
table inet filter {
  chain input { type filter hook input priority 0; iifname "eth0" ip daddr 239.192.168.1 udp dport 1102 counter drop; }
}
NFT
check "the firewall drops the group" within 10 finds a firewall fault "nftables drops 239.192.168.1:1102 from eth0: rule" \
  "nft delete rule inet filter input handle"
counts_drops() { grep -q '[1-9][0-9]* packets\? so far' /run/hosts/doctor.json || finds a firewall fault "packets so far" nft; }
check "its counter is told" within 10 counts_drops
mend a firewall
check "without the rule all is well" within 20 healthy a
on a nft flush ruleset

ip -n a link add vx0 type vxlan id 9 dstport 4790 dev eth0
ip -n a link set vx0 up
umbel a port add --name second far vxlan vni=43 peers=10.0.0.2 port=4790 >"$logs/add.log"
check "the kernel has the UDP port" within 5 finds a port-taken fault \
  "UDP port 4790 is taken by the kernel's VXLAN device vx0 (vni 9)" "ip link delete vx0"
mend a port-taken
up() { equal "['up']" "$(asks a ListPorts "[p['state'] for p in ports if p['name'] == 'second']")"; }
check "without that device the port comes up" within 40 up
umbel a port remove far second

ip -n wires link set b-eth0 mtu 1400
narrow() { umbel a doctor >/dev/null; finds a path warning "a link of MTU 1400 is on the way" "mtu 1500"; }
check "an MTU of 1,400 in the underlay" within 30 narrow
check "it does so for good" finds a path warning "only frames of up to 1,372 bytes pass in one piece" "mtu 1358"
ip -n wires link set b-eth0 mtu 1500

ip -n a link add br0 type bridge mcast_snooping 1
ip -n a link add port0 type dummy
ip -n a link set port0 master br0 up
ip -n a address add 10.9.0.1/24 dev br0
ip -n a link set br0 up
umbel a lan add bridged
umbel a port add bridged mcast group=239.9.9.9 interface=br0 >>"$logs/add.log"
check "a bridge snoops without a querier" within 10 finds a snooping warning "bridge br0 snoops multicast and has no querier" \
  "ip link set br0 type bridge mcast_querier 1"
mend a snooping
check "with a querier it is well" within 5 healthy a bridged

# A device node of a file system that has none is closed to everybody.
mknod /run/hosts/tun c 10 200
mount --bind /run/hosts/tun /dev/net/tun
umbel a port add --name extra lab tap device=tap9 >>"$logs/add.log"
check "/dev/net/tun is closed to the agent" within 5 finds a tap fault "/dev/net/tun is closed to this agent" \
  "sudo chmod 666 /dev/net/tun" lab
