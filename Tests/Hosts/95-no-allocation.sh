# What trunks and TAPs cost in allocations: none, however many frames pass. The module tests count the same for sockets.
#
#   host a [agent: group, tunnel, host]──s1──[agent] host b
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
needs gcc

segment s1
gcc -O2 -shared -fPIC -o /run/hosts/allocations.so "$HOSTS_DIR/allocations.c" || fatal "allocations.c does not compile"
for number in 1 2; do
  host=$([ "$number" = 1 ] && echo a || echo b)
  host "$host" s1 "10.0.0.$number/24"
  cat >"/run/hosts/$host.yaml" <<EOF
lans:
  group:
    ports:
      - {name: site, transport: mcast, role: trunk}
  tunnel:
    ports:
      - {name: site, transport: vxlan, vni: 42, peers: [10.0.0.$((3 - number))]}
  host:
    ports:
      - {name: site, transport: vxlan, vni: 43, group: 239.1.1.43}
      - {name: tap, transport: tap, device: tap0, address: 10.1.0.$number/24}
EOF
  agent_environment=("LD_PRELOAD=/run/hosts/allocations.so" "ALLOCATIONS_FILE=/run/hosts/allocations-$host")
  agent "$host" --config "/run/hosts/$host.yaml"
done
for host in a b; do check "the trunks of agent $host are up" within 5 trunk "$host" up; done

allocations() { od -An -t u8 "/run/hosts/allocations-$1" | tr -d ' '; }
allocated() { echo "agents a and b allocated $(($(allocations a) - before_a)) and $(($(allocations b) - before_b)) times"; }
check "what the forwarding threads allocate is counted" at_least 1 "$(allocations a)"

# many NAME LAN: frames both ways, with room for the first ones to make what there is to be made.
many() {
  collector b "$1" "$(door b "$2")" "$3" --seconds 20
  within 5 door_ports b 1 "$2" bess
  frames a number "$(door a "$2")" "$3" --rate 8000
  collected "$1"
}
for lan in group tunnel; do
  check "frames cross LAN $lan" many "first-$lan" "$lan" 200
  within 5 door_ports b 0 "$lan" bess
  before_a=$(allocations a) before_b=$(allocations b)
  check "ten thousand frames cross LAN $lan" many "many-$lan" "$lan" 10000
  # A guest that comes and goes, hellos, and the questions of this script.
  check "agent a allocated nothing for them in LAN $lan" at_most 100 $(($(allocations a) - before_a))
  allocated
  check "nor did agent b" at_most 100 $(($(allocations b) - before_b))
done

check "the hosts reach each other" within 5 on a busybox ping -c 1 -W 1 10.1.0.2
started receiver.log nsenter --net=/run/netns/b -- sh -c 'sleep 30 | busybox nc -l -p 5001 | wc -c'
within 5 on b sh -c 'busybox netstat -lnt | grep -q :5001' || fatal "nc does not listen"
before_a=$(allocations a) before_b=$(allocations b)
on a sh -c 'busybox dd if=/dev/zero bs=64k count=800 2>/dev/null | busybox nc 10.1.0.2 5001'
received() { grep -qx 52428800 "$logs/receiver.log"; }
check "50 MiB by TCP, in super-frames, cross from TAP to TAP" within 10 received
check "agent a allocated nothing for them" at_most 100 $(($(allocations a) - before_a))
check "nor did agent b for what came" at_most 100 $(($(allocations b) - before_b))
allocated
