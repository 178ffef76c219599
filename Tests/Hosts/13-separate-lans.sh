# Two LANs on one host and one port number, in different groups, do not see each other.
#
#   host a [agent: red 239.192.168.1, blue 239.192.168.2]──s1──[agent: red, blue] host b
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
cat >/run/hosts/two.yaml <<'EOF'
lans:
  red:
    ports:
      - {name: site, transport: mcast, role: trunk, group: 239.192.168.1, port: 1102}
  blue:
    ports:
      - {name: site, transport: mcast, role: trunk, group: 239.192.168.2, port: 1102}
EOF
agent a --config /run/hosts/two.yaml
agent b --config /run/hosts/two.yaml

collector a red-here "$(door a red)" 500
collector b red-there "$(door b red)" 500
collector a blue-here "$(door a blue)" 0 --seconds 4
collector b blue-there "$(door b blue)" 0 --seconds 4
check "each LAN has its guests" within 5 guest_ports b 2
check "and has them on the other host" within 5 guest_ports a 2
frames a number "$(door a red)" 500
check "a frame of one LAN reaches a guest of that LAN on the same host" collected red-here
check "and on another host" collected red-there
check "a guest of the other LAN on the same host hears nothing of it" collected blue-here
check "nor does one on another host" collected blue-there
