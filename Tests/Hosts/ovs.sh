# Open vSwitch in its user space form: its own VXLAN and its own ARP, without the kernel's.
#
#   ovs b                    starts it in that host's network
#   ovs_underlay b eth0      the interface belongs to it; the host keeps its addresses
#   ovs_do b vsctl …         ovs-vsctl, ovs-appctl, ovs-ofctl of that host
#
# shellcheck disable=SC2154 # lib.sh, which is sourced before this, sets $logs

# ovs HOST
ovs() {
  local directory=/run/hosts/ovs-$1
  mkdir -p "$directory"
  ovsdb-tool create "$directory/conf.db" /usr/share/openvswitch/vswitch.ovsschema || return
  started "ovsdb-$1.log" nsenter "--net=/run/netns/$1" -- env "OVS_RUNDIR=$directory" "OVS_DBDIR=$directory" \
    ovsdb-server "$directory/conf.db" "--remote=punix:$directory/db.sock" "--pidfile=$directory/db.pid"
  within 10 test -S "$directory/db.sock" || fatal "ovsdb-server does not start"
  ovs_do "$1" vsctl --no-wait init
  # "--disable-system": the datapath of the kernel is not wanted, though there may be one.
  started "ovs-$1.log" nsenter "--net=/run/netns/$1" -- env "OVS_RUNDIR=$directory" "OVS_DBDIR=$directory" \
    ovs-vswitchd "unix:$directory/db.sock" --disable-system --pidfile="$directory/ovs-vswitchd.pid"
  within 10 ovs_do "$1" appctl version || fatal "ovs-vswitchd does not start"
}

# ovs_do HOST WORD ARGUMENT…
ovs_do() {
  local host=$1 word=$2 directory=/run/hosts/ovs-$1
  shift 2
  case $word in
    vsctl) set -- "--db=unix:$directory/db.sock" --timeout=10 "$@" ;;
    appctl) set -- --target="$directory/ovs-vswitchd.$(cat "$directory/ovs-vswitchd.pid").ctl" "$@" ;;
  esac
  on "$host" env "OVS_RUNDIR=$directory" "ovs-$word" "$@"
}

# ovs_underlay HOST INTERFACE: a bridge "underlay" takes it over with its MAC and IPv4 address.
ovs_underlay() {
  local mac address
  mac=$(ip -n "$1" -j link show "$2" | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["address"])')
  address=$(ip -n "$1" -j -4 address show "$2" |
    python3 -c 'import json,sys; a = json.load(sys.stdin)[0]["addr_info"][0]; print(a["local"], a["prefixlen"], sep="/")')
  ovs_do "$1" vsctl add-br underlay -- set bridge underlay datapath_type=netdev "other-config:hwaddr=$mac" -- \
    add-port underlay "$2" || return
  ip -n "$1" address flush dev "$2"
  ip -n "$1" address add "$address" dev underlay
  ip -n "$1" link set underlay up
}
