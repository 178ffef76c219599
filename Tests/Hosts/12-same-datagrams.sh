# What the agent sends for a frame is what User Mode Linux sends for it. Two native guests talk while tcpdump watches; then
# the same frames go through an agent's door, while it watches that agent's host.
#
#   host a [g1 mcast]──┐
#   host b [g2 mcast]──s1     s1 takes 9,000 bytes, so that no datagram is fragmented
#   host c [agent]─────┘
#
# Limit: 120 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

can_capture || { skip "what the agent sends is what User Mode Linux sends" "tcpdump needs root"; exit; }
mac=02:00:00:00:00:01
segment s1 9000
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
guest_mcast a g1 10.1.0.1/24 "$mac"
guest_mcast b g2 10.1.0.2/24
guest_up g1 g2

capture a eth0 uml -Q out udp port 1102
guest_do g1 arping -c 2 -I eth0 10.1.0.2 >/dev/null
for size in 0 1 17 18 19 56 1000 1472; do
  guest_do g1 ping -c 1 -s $size 10.1.0.2 >/dev/null
done
capture_end uml
guest_kill g1
guest_kill g2
frames a datagrams --source "$mac" /run/hosts/uml.pcap >/run/hosts/uml
check "the capture holds frames of many sizes, the largest too" \
  at_least 1514 "$(awk '{print length($4) / 2}' /run/hosts/uml | sort -n | tail -n 1)"

host c s1 10.0.0.3/24
agent c
capture c eth0 agent -Q out udp
frames c replay "$(door c default)" /run/hosts/uml.pcap
sleep 1
capture_end agent
frames c datagrams --source "$mac" /run/hosts/agent.pcap >/run/hosts/agent
check "group, port, TTL and every byte of the payload are the same" diff /run/hosts/uml /run/hosts/agent
