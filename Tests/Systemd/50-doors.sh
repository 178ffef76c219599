# Any two kinds of attachment reach each other across two hosts, as in Tests/Hosts, with the agents as services in their
# full hardening: every door and every transport, and TAP devices.
#
#   host a [umbeld-a.service]──s1──[umbeld-b.service] host b
#    │                                │
#   every row                        every row
#
# Limit: 400 s
# shellcheck source=Tests/Hosts/71-pairwise.sh
. "$HOSTS_DIR/71-pairwise.sh"
