# Trunks of one agent that lead into one network: two of one LAN, and two of two LANs. Both are mistakes, and said.
#
#   host a [agent: lab by eth0 and eth1; red by eth0, blue by eth1]══s1──[agent: lab] host b
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
host a s1 10.0.0.1/24
plug a eth1 s1 10.0.1.1/24
host b s1 10.0.0.2/24
# Otherwise the kernel drops what comes from an address of its own, and nothing of this can happen to IPv4.
on a sysctl -qw net.ipv4.conf.all.accept_local=1
cat >/run/hosts/a.yaml <<'EOF'
lans:
  lab:
    ports:
      - {name: one, transport: mcast, role: trunk, group: 239.192.168.1, interface: eth0}
      - {name: two, transport: mcast, role: trunk, group: 239.192.168.1, interface: eth1}
  red:
    ports:
      - {name: site, transport: mcast, role: trunk, group: 239.192.168.2, interface: eth0}
  blue:
    ports:
      - {name: site, transport: mcast, role: trunk, group: 239.192.168.2, interface: eth1}
EOF
cat >/run/hosts/b.yaml <<'EOF'
lans:
  lab:
    ports:
      - {name: site, transport: mcast, role: trunk, group: 239.192.168.1}
EOF
agent a --config /run/hosts/a.yaml
agent b --config /run/hosts/b.yaml
for host in a b; do check "the trunks of agent $host are up" within 5 trunk "$host" up; done

journal() { grep -qF "$1" "$logs/agent-a.log"; }
# Each hears the other; one record of a pair is enough.
shared() {
  journal 'LANs red and blue share a network and are one LAN' || journal 'LANs blue and red share a network and are one LAN'
}
check "two LANs that share a network are named" within 5 shared
double() { journal 'hears lab/one, another trunk of the same LAN' || journal 'hears lab/two, another trunk of the same LAN'; }
check "so are two trunks of one LAN that share one" within 5 double
check "and the other host's agent, which is heard by both" within 5 journal 'is heard by two ways of LAN lab: one and two'

# The LAN goes on, and nothing comes twice: at a guest beside the sender, and at the other host.
muted() { equal "$1" "$(asks a ListPeers 'sum(1 for p in peers if p["lan"] == "lab" and p["muted"])')"; }
check "the second path is muted" within 5 muted 1
collector a near "$(door a lab)" 500
collector b far "$(door b lab)" 500
check "the guests have their ports" within 5 door_ports a 1 lab bess
within 5 door_ports b 1 lab bess
frames a number "$(door a lab)" 500
check "a broadcast comes once to a guest of the same host" collected near
check "and to one of the other host" collected far
