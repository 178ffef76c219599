# The tools of the harness, tried on native stations: they must see what is there and what is not.
#
#   host a [collector]──s1──[collector] host b
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

segment s1 9000
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24

collector a here mcast:239.192.168.1:1102 500
collector b there mcast:239.192.168.1:1102 500
collector b other mcast:239.192.168.2:1102 0 --seconds 3
can_capture && capture b eth0 there udp
frames a number mcast:239.192.168.1:1102 500
check "a station hears itself once" collected here
check "a station on another host hears each frame once" collected there
check "a station in another group hears nothing" collected other
sentence="a captured datagram shows its group, port, TTL and frame"
if can_capture; then
  capture_end there
  first=$(frames b datagrams /run/hosts/there.pcap | sed -n 1p)
  wanted="239.192.168.1:1102 ttl 1 ffffffffffff02000000000188b500000000"
  check "$sentence" equal "$wanted$(printf '00%.0s' {1..46})" "$first"
else
  skip "$sentence" "tcpdump needs root"
fi

collector b twice mcast:239.192.168.1:1102 500 --seconds 3
frames a number mcast:239.192.168.1:1102 500
frames a number mcast:239.192.168.1:1102 1
check "a collector notices a frame that comes twice" fails collected twice

collector b less mcast:239.192.168.1:1102 500 --seconds 2
frames a number mcast:239.192.168.1:1102 499
check "a collector notices a frame that does not come" fails collected less
