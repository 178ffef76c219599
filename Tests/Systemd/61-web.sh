# The page as a service: a user of its own, with no privilege but the agent's control socket, where group umbel may do
# everything; an address that comes late.
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

# ---- An address that comes late ------------------------------------------------------------------------------------------

echo 0123456789abcdef-token >/run/hosts/token
mkdir -p /run/systemd/system/umbel-web.service.d
cat >/run/systemd/system/umbel-web.service.d/late.conf <<'EOF'
[Service]
LoadCredential=token:/run/hosts/token
ExecStart=
ExecStart=/usr/local/bin/umbel-web --listen 192.0.2.1:8080 --token-file ${CREDENTIALS_DIRECTORY}/token
EOF
systemctl daemon-reload
systemctl start --no-block umbel-web
restarts() { at_least "$1" "$(systemctl show -P NRestarts umbel-web)"; }
check "an address that is not there is tried again" within 15 restarts 2
check "however often" equal 0 "$(systemctl show -P StartLimitIntervalUSec umbel-web)"
ip address add 192.0.2.1/32 dev lo
late() { python3 "$HOSTS_DIR/web.py" get http://192.0.2.1:8080/ | grep -q '<title>Umbel</title>'; }
check "and when it is there, the page is" within 10 late
systemctl stop umbel-web
rm -r /run/systemd/system/umbel-web.service.d
systemctl daemon-reload
