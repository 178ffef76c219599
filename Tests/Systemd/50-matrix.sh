# The matrix of Tests/Hosts with the agents as services in their full hardening: every kind of attachment, by what must
# hold for it, where the service manager has a duplicate of each guest's socket.
#
#   host a [umbeld-a.service]──s1──[umbeld-b.service] host b
#    │   │                        │
#   row  bystander                far
#
# Limit: 900 s
# shellcheck source=Tests/Hosts/70-matrix.sh
. "$HOSTS_DIR/70-matrix.sh"
