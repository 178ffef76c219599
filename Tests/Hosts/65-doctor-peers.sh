# What the doctor says of peers that are not heard, or not as they should be, and of an agent that lacks something.
#
#   host a [agent]──s1──[agent] host b     s1 and s2 between both: two trunks of LAN lab
#          │ └────s2────┘                  LAN vni: vxlan, 42 at one end and 43 at the other
#          └──s1──router──s3──[agent] host d     LAN wide: mcast, a TTL of 1 at a and of 2 at d
#   host c ──s1   an agent without CAP_NET_ADMIN, with the group as a guest port
#
# Limit: 120 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
# shellcheck source=Tests/Hosts/sites.sh
. "$HOSTS_DIR/sites.sh"
# shellcheck source=Tests/Hosts/doctor.sh
. "$HOSTS_DIR/doctor.sh"
if ! can_capture; then
  skip "what the doctor finds of peers" "other users need root"
  exit
fi

segment s1
segment s2
segment s3
host a s1 10.0.0.1/24
host b s1 10.0.0.2/24
host c s1 10.0.0.3/24
host d s3 10.0.3.4/24
plug a eth1 s2 10.0.2.1/24
plug b eth1 s2 10.0.2.2/24
router r
plug r eth1 s1 10.0.0.254/24
plug r eth3 s3 10.0.3.254/24
route_by a 10.0.0.254
route_by d 10.0.3.254
started mroute.log nsenter --net=/run/netns/r -- python3 "$HOSTS_DIR/mroute.py" 239.192.168.7 \
  10.0.0.1:eth1:eth3 10.0.3.4:eth3:eth1
check "the router routes groups" within 10 grep -q ready "$logs/mroute.log"

for number in 1 2; do
  name=$([ "$number" = 1 ] && echo a || echo b)
  cat >"/run/hosts/$name.yaml" <<YAML
lans:
  lab:
    ports:
      - {name: group, transport: mcast, role: trunk, interface: eth0}
      - {name: tunnel, transport: vxlan, vni: 41, peers: [10.0.2.$((3 - number))]}
  vni:
    ports:
      - {name: site, transport: vxlan, vni: 4$((number + 1)), peers: [10.0.0.$((3 - number))]}
YAML
done
cat >>/run/hosts/a.yaml <<'YAML'
  wide:
    ports:
      - {name: far, transport: mcast, role: trunk, group: 239.192.168.7, interface: eth0, ttl: 1}
YAML
cat >/run/hosts/d.yaml <<'YAML'
lans:
  wide:
    ports:
      - {name: far, transport: mcast, role: trunk, group: 239.192.168.7, ttl: 2}
YAML
for host in a b d; do agent "$host" --config "/run/hosts/$host.yaml"; done

check "two trunks lead to one peer" within 10 finds a second-path fault "is heard by two trunks of LAN lab, group and tunnel" \
  "umbel port remove lab tunnel" lab
mend a second-path
umbel b port remove lab tunnel
check "with one of them all is well" within 10 healthy a lab
check "another VNI at the other end" within 10 finds a foreign-vni fault \
  "came with another VNI than 42, and nothing with it from 10.0.0.2" "on 10.0.0.2: umbel port list" vni
check "the peer itself was never heard" finds a peer fault "nothing was ever heard of peer 10.0.0.2" "ping -c 3 10.0.0.2" vni

hears_d() { asks a ListPeers 'sum(1 for p in peers if p["lan"] == "wide" and p["state"] == "up")' | grep -qx 1; }
check "the host behind the router is heard" within 10 hears_d
ttl() { umbel a doctor --json wide >"$logs/ttl.json"; grep -q 'is behind a router, which a TTL of 1 does not pass' "$logs/ttl.json"; }
check "a TTL too small behind a router" ttl
sed -i 's/ttl: 1/ttl: 2/' /run/hosts/a.yaml
umbel a reload >"$logs/reload.log"
heard() {
  umbel a doctor --json wide >"$logs/ttl.json"
  # What a peer loses is told only of one that hears this host.
  python3 - "$logs/ttl.json" <<'PYTHON'
import json, sys
checks = [found["check"] for found in json.load(open(sys.argv[1]))["findings"]]
sys.exit(0 if "loss" in checks and "ttl" not in checks else f"the checks are {checks}")
PYTHON
}
check "with a TTL of 2 it hears this host" within 10 heard

agent_end b
check "a peer is gone" within 12 finds a peer fault "is silent for" "on that host: sudo umbel doctor lab" lab

# An agent with less: no privilege, no plugin for VXLAN, one for TAP that others may write to.
mkdir /run/hosts/plugins
cp "$build"/*.so /run/hosts/plugins
rm /run/hosts/plugins/libumbel-vxlan.so
chmod o+w /run/hosts/plugins/libumbel-tap.so
cat >/run/hosts/c.yaml <<'YAML'
lans:
  lab:
    ports:
      - {name: native, transport: mcast, role: guest, group: 239.192.168.9, buffers: 512M}
YAML
mkdir "$(runtime c)"
started agent-c.log nsenter --net=/run/netns/c -- setpriv --bounding-set=-net_admin --inh-caps=-net_admin \
  "$build/umbeld" --runtime-dir "$(runtime c)" --plugin-dir /run/hosts/plugins --config /run/hosts/c.yaml
check "an agent without CAP_NET_ADMIN starts" within 10 umbel c status
check "a plugin is refused" finds c transport fault "transport tap was refused: plugin tap may be written by others" \
  "sudo chmod go-w"
check "a plugin is missing" finds c transport fault "transport vxlan is missing" "contrib/install"
check "buffers are capped" finds c buffers warning "of 512 MiB of receive buffer" "sysctl net.core.rmem_max=536870912"
frames a number mcast:239.192.168.9:1102 100 --source 02:00:00:00:00:0a
check "a foreign sender" within 5 finds c foreign-sender fault "frames of other hosts came by 239.192.168.9:1102" \
  "ip route replace 239.192.168.9/32 dev lo"

closed() {
  on a setpriv --reuid 65534 --regid 65534 --clear-groups "$build/umbel" --socket "$(runtime a)/umbel.sock" doctor \
    >"$logs/closed.log"
  equal 77 $? && grep -q 'does not let you ask' "$logs/closed.log" && grep -q 'usermod -aG umbel' "$logs/closed.log"
}
check "no permission" closed
absent() {
  umbel d doctor >"$logs/absent.log"
  equal 69 $? && grep -q 'no agent answers' "$logs/absent.log"
}
agent_end d
check "no agent" absent

# A kernel that has lost the transport, as User Mode Linux has from 6.16 on: a guest of it has no NIC.
python3 - /run/hosts/linux-6.16 <<'PYTHON'
import re, sys
kernel = open("/usr/bin/linux.uml", "rb").read()
version = re.search(rb"Linux version (6\.1\.\d{3}) \(", kernel)[1]
newer = b"6.16." + version[-2:]
open(sys.argv[1], "wb").write(kernel.replace(b"Linux version " + version, b"Linux version " + newer)
                              .replace(b"\0mcast\0", b"\0xcast\0"))
PYTHON
chmod 755 /run/hosts/linux-6.16
guest_start a old 10.1.0.1/24 eth0 /run/hosts/linux-6.16 eth0=mcast
check "a guest whose kernel does not know eth0=mcast" within 10 finds a guest-kernel fault \
  "has no eth0: its kernel 6.16" "umbel run lab -- linux … eth0=mcast" lab
guest_mcast a young 10.1.0.2/24
check "and one whose kernel does" within 30 finds a guest ok "has eth0 up in group 239.192.168.1" "" lab
