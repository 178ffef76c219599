# How long a frame passes a trunk in one piece is found out by sending some: the network says nothing.
#
#   host a [agent: lab]──s1──[agent: lab] host b
#                         └── the port of host b takes 1,400 bytes, and drops what is longer without a word
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
cat >/run/hosts/lab.yaml <<'EOF'
lans:
  lab:
    ports:
      - {name: site, transport: mcast, role: trunk}
EOF
agent a --config /run/hosts/lab.yaml
agent b --config /run/hosts/lab.yaml

# path HOST BYTES: is this the width of the path that the agent has found?
path() { equal "$2" "$(asks "$1" ListPeers '",".join(str(p["pathBytes"]) for p in peers if "pathBytes" in p)')"; }
check "a path as wide as the interface is known at once" within 3 path a 1472
check "at the other end, too" within 3 path b 1472

ip -n wires link set b-eth0 mtu 1400
agent_end a
agent a --config /run/hosts/lab.yaml
check "a narrow path is found to the byte" within 20 path a 1372
narrow() { equal 1372 "$(asks a ListPorts 'next(p.get("wholeFrame") for p in ports if p["name"] == "site")')"; }
check "and the trunk sends nothing longer in one piece" within 3 narrow
ip -n wires link set b-eth0 mtu 1500
agent_end a
agent a --config /run/hosts/lab.yaml
check "a path that is wide again is used" within 5 path a 1472
