# A VXLAN trunk and the kernel's own vxlan device, over veth with its default offloads.
#
#   192.168.0.1 tap0 ─ host a [agent: four LANs]──s1── host k ─ vx0…vx3 192.168.N.2, of the kernel
#
#   LAN  VNI  underlay
#   0    40   IPv4, group              2    42   IPv6, group
#   1    41   IPv4, unicast            3    43   IPv6, unicast
#
# Limit: 240 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
if ! [ -w /dev/net/tun ]; then
  skip "TAP devices" "/dev/net/tun is closed to this user"
  exit
fi

segment s1
host a s1 10.0.0.1/24
host k s1 10.0.0.2/24
ip -n a address add fd00::1/64 dev eth0 nodad
ip -n k address add fd00::2/64 dev eth0 nodad

cat >/run/hosts/a.yaml <<'YAML'
lans:
  l0:
    ports:
      - {name: site, transport: vxlan, vni: 40, group: 239.1.1.40, interface: eth0}
      - {name: host, transport: tap, device: tap0, address: 192.168.0.1/24}
  l1:
    ports:
      - {name: site, transport: vxlan, vni: 41, peers: [10.0.0.2]}
      - {name: host, transport: tap, device: tap1, address: 192.168.1.1/24}
  l2:
    ports:
      - {name: site, transport: vxlan, vni: 42, group: "ff05::42", interface: eth0}
      - {name: host, transport: tap, device: tap2, address: 192.168.2.1/24}
  l3:
    ports:
      - {name: site, transport: vxlan, vni: 43, peers: ["fd00::2"]}
      - {name: host, transport: tap, device: tap3, address: 192.168.3.1/24}
YAML
agent a --config /run/hosts/a.yaml

# kernel_vxlan N WORDS…: vxN on host k.
kernel_vxlan() {
  local number=$1
  shift
  ip -n k link add "vx$number" type vxlan id "4$number" dstport 4789 "$@"
  ip -n k address add "192.168.$number.2/24" dev "vx$number"
  ip -n k link set "vx$number" up
}
kernel_vxlan 0 group 239.1.1.40 dev eth0
kernel_vxlan 1 remote 10.0.0.1 local 10.0.0.2
kernel_vxlan 2 group ff05::42 dev eth0
kernel_vxlan 3 remote fd00::1 local fd00::2

head -c 30M /dev/urandom >/run/hosts/random
digest=$(sha256sum </run/hosts/random)
mkfifo /run/hosts/never

# carries FROM TO ADDRESS: 30 MiB by TCP, byte for byte.
carries() {
  local sum
  on "$2" busybox nc -l -p 5001 <>/run/hosts/never | sha256sum >/run/hosts/received &
  within 10 eval "on $2 ss -lnt | grep ':5001 '" || return
  on "$1" timeout 60 busybox nc "$3" 5001 </run/hosts/random
  wait $!
  sum=$(cat /run/hosts/received)
  equal "$digest" "$sum"
}

names=("an IPv4 group" "an IPv4 peer" "an IPv6 group" "an IPv6 peer")
for number in 0 1 2 3; do
  name=${names[$number]}
  check "$name: the port is up" within 5 trunk a up
  check "$name: the agent's host pings the kernel's" within 10 on a busybox ping -c 3 -i 0.2 -W 2 "192.168.$number.2"
  check "$name: the kernel's host pings the agent's" on k busybox ping -c 3 -i 0.2 -W 2 "192.168.$number.1"
  check "$name: 1,000 bytes and more in fragments" on k busybox ping -c 3 -i 0.2 -W 2 -s 9000 "192.168.$number.1"
  check "$name: 30 MiB by TCP to the kernel" carries a k "192.168.$number.2"
  check "$name: 30 MiB by TCP from the kernel" carries k a "192.168.$number.1"
done
check "the agent has stayed small" at_most 16384 "$(anonymous_kib a)"
