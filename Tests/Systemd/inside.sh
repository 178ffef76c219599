# Prepares a booted machine for a scenario and runs it there.
set -u
export HOSTS_BUILD=/usr/local/bin HOSTS_AGENTS=$SYSTEMD_DIR/services.sh
mkdir -p /run/hosts/logs
# shellcheck source=Tests/Hosts/scenario.sh
. "$HOSTS_DIR/scenario.sh"
