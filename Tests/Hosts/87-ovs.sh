# Open vSwitch's VXLAN port and the agent's: its user space form has an implementation of its own.
#
#   10.42.0.1 tap0 ─ host a [agent]──s1── host b: Open vSwitch: bridge "underlay" ─ vx0 ─ bridge "lan" 10.42.0.2
#       guest g1 (bess) ──────┘
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
# shellcheck source=Tests/Hosts/sites.sh
. "$HOSTS_DIR/sites.sh"
# shellcheck source=Tests/Hosts/ovs.sh
. "$HOSTS_DIR/ovs.sh"
if ! [ -w /dev/net/tun ] || [ -n "${HOSTS_UNPRIVILEGED-}" ]; then
  skip "VXLAN with Open vSwitch" "its user space datapath and TAP devices need root"
  exit
fi
needs ethtool ovs-vswitchd ovsdb-server ovs-vsctl

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
cat >/run/hosts/a.yaml <<'YAML'
lans:
  lab:
    ports:
      - {name: site, transport: vxlan, vni: 42, peers: [10.0.0.2]}
      - {name: host, transport: tap, device: tap0, address: 10.42.0.1/24}
YAML
agent a --config /run/hosts/a.yaml
guest_bess a g1 10.42.0.3/24 "$(door a lab)"

# Open vSwitch reads packets off eth0 and takes none that the kernel has left unfinished or is yet to cut up.
offloads a eth0 off
ovs b
ovs_underlay b eth0
ovs_do b vsctl add-br lan -- set bridge lan datapath_type=netdev -- add-port lan vx0 -- \
  set interface vx0 type=vxlan options:remote_ip=10.0.0.1 options:key=42 options:dst_port=4789
ip -n b address add 10.42.0.2/24 dev lan
ip -n b link set lan mtu 1450 up

check "the agent's host pings Open vSwitch's" host_pings a 10.42.0.2
check "and the other way" host_pings b 10.42.0.1
check "20 MiB by TCP to Open vSwitch" host_transfers a b 10.42.0.2 20M
check "20 MiB by TCP from Open vSwitch" host_transfers b a 10.42.0.1 20M
check "a guest of the agent pings it too" pings g1 10.42.0.2
