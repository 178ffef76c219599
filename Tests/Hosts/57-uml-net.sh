# What the setuid helper uml_net did for a guest, without one: route-guest.
# Limit: 120 s.
#
#   guest g1 (10.0.0.253) ─ bess ─ host a [agent: lab, tap0] eth0 (10.0.0.1)──s1── eth0 (10.0.0.2) host b, no agent
#
# The guest has an address of the segment. Host b takes host a for it, and it takes host a for host b.
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
if ! [ -w /dev/net/tun ]; then
  skip "route-guest" "/dev/net/tun is closed to this user"
  exit
fi

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
# As an administrator may have it, who would not like to lose it.
on a sysctl -qw net.ipv4.conf.all.accept_redirects=0

# Everything of host a that route-guest changes, or could.
snapshot() {
  ip -n a -4 route show table all
  ip -n a neigh show proxy
  on a sysctl -a --pattern '^net\.ipv4\.(ip_forward|conf\.(all|default|eth0|lo)\.)' 2>/dev/null
}
snapshot >/run/hosts/before

# undone: a command for check.
undone() { snapshot | diff /run/hosts/before -; }

cat >/run/hosts/a.yaml <<'EOF'
lans:
  lab:
    ports:
      - {name: host, transport: tap, device: tap0, address: 10.0.0.1/32, route-guest: 10.0.0.253}
EOF
agent a --config /run/hosts/a.yaml
guest_bess a g1 10.0.0.253/24 "$(door a lab)"

# shellcheck disable=SC2016 # eval expands it
check "a route, proxy ARP, published ARP and forwarding are there" eval '
  ip -n a route show 10.0.0.253 | grep -q "dev tap0" &&
  ip -n a neigh show proxy | grep -q "10.0.0.253 dev eth0" &&
  [ "$(on a cat /proc/sys/net/ipv4/conf/tap0/proxy_arp /proc/sys/net/ipv4/ip_forward | tr -d "\n")" = 11 ]'
check "the guest reaches the other host, which has no agent" pings g1 10.0.0.2
check "and is reached from it" within 10 on b busybox ping -c 1 -W 1 10.0.0.253
check "the other host takes this host for it" \
  equal "$(ip -n a -o link show eth0 | sed 's/.*ether \([^ ]*\).*/\1/')" \
  "$(ip -n b neigh show 10.0.0.253 | sed 's/.*lladdr \([^ ]*\).*/\1/')"

ip -n a link add eth9 type veth peer name far9
ip -n a link set eth9 up
check "an interface that comes later answers for the guest as well" \
  within 5 eval 'ip -n a neigh show proxy | grep -q "10.0.0.253 dev eth9"'
ip -n a link delete eth9

umbel a port remove lab host >/dev/null
check "with the port all that is undone" undone

umbel a port add lab tap --name host device=tap0 address=10.0.0.1/32 route-guest=10.0.0.253 >/dev/null
check "it is all there again" within 10 on b busybox ping -c 1 -W 1 10.0.0.253
agent_end a
check "with the agent all that is undone" undone

# What was there before stays.
on a sysctl -qw net.ipv4.ip_forward=1
ip -n a neigh add proxy 10.0.0.253 dev eth0
snapshot >/run/hosts/before
agent a --config /run/hosts/a.yaml
check "the agent is back" within 5 eval 'ip -n a route show 10.0.0.253 | grep -q "dev tap0"'
agent_end a
check "what was there before the agent stays" undone
