# An agent that is started before there is any interface.
#
#   host a [agent]  s1──[agent] host b     a is plugged in later
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
host a
host b s1 10.0.0.2/24
ip -n a link set lo down
agent a
agent b
check "READY without any interface" agent_lives a
check "the trunk is waiting" within 5 trunk a waiting
check "the service manager is told so" within 5 agent_says a "STATUS=.*waiting"
check "a person is told so" grep -i waiting <(umbel a status)

collector a guests "$(door a default)" 100 --seconds 10
check "guests of one host have their LAN meanwhile" within 5 guest_ports a 1
frames a number "$(door a default)" 100
check "their frames arrive" collected guests

plug a eth0 s1 10.0.0.1/24
check "the trunk comes up with the interface" within 10 trunk a up
collector b across "$(door b default)" 100 --seconds 10
check "the other host has a guest" within 5 guest_ports b 1
frames a number "$(door a default)" 100
check "frames cross" collected across
