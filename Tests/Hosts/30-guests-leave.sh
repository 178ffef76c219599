# Guests end without a word; nothing of them is left.
#
#   host a [agent]──g1, g2 (killed)
#
# Limit: 120 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1
host a s1 10.0.0.1/24
agent a
guest_bess a g1 10.1.0.1/24 "$(door a default)"
guest_run a g2 10.1.0.2/24 default
check "two guests have a port each" pings g1 10.1.0.2
check "both are learned" stations a 2

guest_kill g1
check "a guest on a door killed with SIGKILL has no port any more" within 5 guest_ports a 1
check "and no entry in the FDB" within 5 stations a 1
guest_kill g2
check "a guest of umbel run killed with SIGKILL has no port any more" within 5 guest_ports a 0
check "and no entry in the FDB" within 5 stations a 0

# Guests at the same time let buffers and tables grow to what so many need; that malloc keeps. After it 2,000 guests in
# turn, of whom never more are there at a time, may not leave 256 bytes each.
frames a together "$(door a default)" 250
check "250 guests have come and gone together" within 10 guest_ports a 0
churn() {
  frames a churn "$(door a default)" 200
  within 10 guest_ports a 0
}
churn
descriptors=$(descriptors a)
memory=$(anonymous_kib a)
for round in 1 2 3 4 5 6 7 8 9 10; do
  check "200 guests have come and gone in turn ($round)" churn
done
check "no descriptor is left over" equal "$descriptors" "$(descriptors a)"
check "no memory is left over" at_most $((memory + 512)) "$(anonymous_kib a)"
check "no station is left over" within 5 stations a 0
