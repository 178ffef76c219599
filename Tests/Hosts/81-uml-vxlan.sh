# A guest whose own kernel speaks VXLAN to the agent of its host: User Mode Linux with Debian's module. What carries it is
# a TAP of the host that has nothing to do with any LAN.
#
#   host a [agent: two LANs] ─ ut0 10.9.0.1 ── eth0 10.9.0.2 guest g1: vx42 10.42.0.2, unicast
#      │  tap42 10.42.0.1                                               vx43 10.43.0.2, a group
#      │  tap43 10.43.0.1
#     guest g2 (bess) 10.42.0.3
#
# Limit: 120 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
# shellcheck source=Tests/Hosts/sites.sh
. "$HOSTS_DIR/sites.sh"
# shellcheck source=Tests/Hosts/station.sh
. "$HOSTS_DIR/station.sh"
if ! reason=$(stations_possible); then
  skip "VXLAN with a guest's kernel" "$reason"
  exit
fi
modules=$(find /usr/lib/uml/modules -name vxlan.ko | head -n 1)
[ -n "$modules" ] || fatal "Debian's kernel for User Mode Linux has no vxlan module here"
modules=${modules%/drivers/net/vxlan/vxlan.ko}

host a
ip -n a tuntap add ut0 mode tap
ip -n a address add 10.9.0.1/24 dev ut0
ip -n a link set ut0 up
cat >/run/hosts/a.yaml <<'YAML'
lans:
  one:
    ports:
      - {name: site, transport: vxlan, vni: 42, peers: [10.9.0.2]}
      - {name: host, transport: tap, device: tap42, address: 10.42.0.1/24}
  two:
    ports:
      - {name: site, transport: vxlan, vni: 43, group: 239.1.1.43, interface: ut0}
      - {name: host, transport: tap, device: tap43, address: 10.43.0.1/24}
YAML
agent a --config /run/hosts/a.yaml
guest_start a g1 10.9.0.2/24 eth0 linux.uml eth0=tuntap,ut0
guest_bess a g2 10.42.0.3/24 "$(door a one)"
station_known g1 uml eth0 10.42.0.2/24 "${guest_pid[g1]}"
applets
mkdir /run/hosts/tmp-a
station_known a host tap42 10.42.0.1/24 "" a

# Busybox knows no VXLAN: the guest uses the modules and the "ip" of its host.
check "the guest's kernel has VXLAN" guest_do g1 "mkdir /tmp/host && mount -t hostfs -o ro,/ none /tmp/host &&
  insmod /tmp/host$modules/net/ipv4/udp_tunnel.ko && insmod /tmp/host$modules/net/ipv6/ip6_udp_tunnel.ko &&
  insmod /tmp/host$modules/drivers/net/vxlan/vxlan.ko"
check "and two devices of it" guest_do g1 "ip='chroot /tmp/host /usr/sbin/ip'
  \$ip link add vx42 type vxlan id 42 remote 10.9.0.1 dev eth0 dstport 4789 &&
  \$ip link add vx43 type vxlan id 43 group 239.1.1.43 dev eth0 dstport 4789 &&
  ip address add 10.42.0.2/24 dev vx42 && ip link set vx42 up &&
  ip address add 10.43.0.2/24 dev vx43 && ip link set vx43 up"
check "the trunks are up" within 10 trunk a up
check "it pings the host by unicast" pings g1 10.42.0.1
check "it pings the host by a group" pings g1 10.43.0.1
check "the host pings it by both" eval "host_pings a 10.42.0.2 && host_pings a 10.43.0.2"
check "it pings a guest of the agent" pings g1 10.42.0.3
check "20 MiB by TCP from its kernel" station_transfers g1 a 20
check "20 MiB by TCP to its kernel" station_transfers a g1 20
