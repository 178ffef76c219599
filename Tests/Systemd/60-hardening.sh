# What systemd says of the units as they are installed.
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

units=/usr/local/lib/systemd
share=/usr/local/share/umbel

# exposure UNIT: what "systemd-analyze security" makes of it, in tenths.
exposure() {
  systemd-analyze security --no-pager --offline=true "$1" |
    sed -n 's/.*Overall exposure level.*: \([0-9]*\)\.\([0-9]\) .*/\1\2/p'
}

# verified [OPTION] UNIT…: says systemd nothing against it? Not every computer has a program "man" to ask for the pages.
verified() { equal "" "$(XDG_RUNTIME_DIR=/run/hosts systemd-analyze verify --no-pager --man=no "$@" 2>&1)"; }

# documented UNIT: are the pages that it names installed?
documented() {
  grep -o '[a-z.-]*([0-9])' <(grep '^Documentation=' "$1") | while IFS='()' read -r name section; do
    ls "/usr/local/share/man/man$section/$name.$section" || exit
  done
}

# with_drop_in NAME: a copy of the unit with a drop-in that ships, at $unit. Its name is its own: systemd's view of the
# real one is not spoiled.
with_drop_in() {
  unit=/run/hosts/$1/umbeld.service
  mkdir -p "$unit.d"
  cp $units/system/umbeld.service "$unit"
  cp "$share/$1.conf" "$unit.d"
}

check "the units are in order" verified $units/system/{umbeld.service,umbeld.socket,umbel-web.service}
check "the unit of users is in order" verified --user $units/user/umbeld.service
for unit in system/{umbeld.service,umbeld.socket,umbel-web.service} user/umbeld.service; do
  check "the pages that $unit names are there" documented "$units/$unit"
done
check "the service's exposure is 1.6 at most" at_most 16 "$(exposure $units/system/umbeld.service)"
check "the exposure of what serves the page is 1.5 at most" at_most 15 "$(exposure $units/system/umbel-web.service)"
with_drop_in unprivileged
check "with the drop-in \"unprivileged\" it is in order" verified "$unit"
check "and its exposure 1.2 at most" at_most 12 "$(exposure "$unit")"
with_drop_in notify-reload
if systemd-analyze compare-versions "$(systemctl --version | awk 'NR == 1 {print $2}')" ge 253; then
  check "with the drop-in \"notify-reload\" it is in order" verified "$unit"
else
  check "systemd before 253 does not know the drop-in \"notify-reload\"" fails verified "$unit"
fi
