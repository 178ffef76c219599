# The page as a service: a user of its own, who may ask the agent and nothing else.
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

ip link set lo up
answers() { python3 "$HOSTS_DIR/web.py" get "http://127.0.0.1:8080$1" | grep -q -- "$2"; }

systemctl start umbel-web
check "without an agent it says so" within 10 answers /api/state 'No agent answers'
systemctl start umbeld
check "and goes on when there is one" within 10 answers /metrics '^umbel_agent_info{'
check "the page is there" answers / '<title>Umbel</title>'
user() { awk '/^Uid:/ {print $2}' "/proc/$(systemctl show -P MainPID umbel-web)/status"; }
check "it runs as a user that nobody else is" at_least 61184 "$(user)"
check "with no privilege" grep -q '^CapBnd:\s*0*$' "/proc/$(systemctl show -P MainPID umbel-web)/status"
systemctl stop umbel-web umbeld
