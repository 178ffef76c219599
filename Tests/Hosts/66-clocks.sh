# What hosts know of each other's clocks, and what the doctor says of them. Hosts here share one clock; that of one agent
# is shifted.
#
#   host a [agent]──s1──[agent, its clock shifted] host b
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
# shellcheck source=Tests/Hosts/doctor.sh
. "$HOSTS_DIR/doctor.sh"
needs gcc

gcc -O2 -shared -fPIC -o /run/hosts/clock.so "$HOSTS_DIR/clock.c" || fatal "clock.c does not compile"
# shifted SECONDS: of host b, from now on.
shifted() {
  echo "$1" >/run/hosts/shift.new
  mv /run/hosts/shift.new /run/hosts/shift
}

segment s1
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
shifted 0
agent a
agent_environment=(LD_PRELOAD=/run/hosts/clock.so CLOCK_SHIFT_FILE=/run/hosts/shift)
agent b

# near HOST SECONDS: is it so far ahead, but for what is uncertain, and what passes while a clock is read?
near() {
  equal True "$(asks "$1" ListPeers "any(abs(p.get('clockOffsetMicroseconds', 1e18) - $2e6)
    <= p['clockUncertaintyMicroseconds'] + 100000 for p in peers)")"
}
check "agent a knows that the clock of host b shows what its own shows" within 10 near a 0
check "and agent b that of host a" within 10 near b 0
check "the doctor says that they agree" within 10 finds a clock ok "the clock of 1 other host agrees with this one's to" ""
unsynchronised() {
  python3 - <<'PYTHON'
import ctypes, struct
timex = ctypes.create_string_buffer(256)
ctypes.CDLL(None).adjtimex(timex)
# <linux/timex.h>: status, 0x40 is STA_UNSYNC.
print("is not synchronised" if struct.unpack_from("i", timex, 40)[0] & 0x40 else "is synchronised")
PYTHON
}
check "and of the host's own what the kernel says" finds a clock ok "this host's clock $(unsynchronised)" ""

shifted 100
check "a clock that was set is noticed" within 10 near a 100
check "by both" within 10 near b -100
check "the doctor warns" finds a clock warning "is 1 min 40 s ahead of this one's, give or take" "timedatectl set-ntp true"
check "at both ends" finds b clock warning "is 1 min 40 s behind this one's, give or take" "timedatectl set-ntp true"
umbel a peer list >"$logs/peers.log"
check "the list of peers shows it" grep -q ' +1 min 40 s ' "$logs/peers.log"
umbel a metrics >"$logs/metrics.log"
check "metrics have it" grep -q '^umbel_peer_clock_offset_seconds{.*} \(99.9\|100.\?\)' "$logs/metrics.log"

shifted 0
check "set right, it agrees again" within 10 finds a clock ok "the clock of 1 other host agrees" ""
