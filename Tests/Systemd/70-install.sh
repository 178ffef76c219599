# contrib/install: what it puts where, what that needs to run, and that it takes all of it away again.
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"

install=$SYSTEMD_DIR/../../contrib/install
libraries=$(ldd "$UMBEL_BUILD/umbeld" | awk '$1 == "libswiftCore.so" {print $3}')
libraries=${libraries%/*}

# files DIRECTORY…: all that is there.
files() { find "$@" | sort; }

# run_paths DIRECTORY: the places where the programs and libraries below it search for others, each once.
run_paths() {
  find "$1" -type f \( -name '*.so' -o -perm -100 \) -exec readelf -d {} + |
    sed -n 's/.*R\(UN\)\{0,1\}PATH.*\[\(.*\)\]$/\2/p' | tr : '\n' | sort -u
}

# ---- Into a directory --------------------------------------------------------------------------------------------------

tree=/run/hosts/tree
check "it installs into a directory, as for a package" "$install" PREFIX=/usr "DESTDIR=$tree"
# shellcheck disable=SC2016 # the dynamic loader expands it
check "programs, plugins and libraries search nothing but their own places" \
  equal '$ORIGIN'$'\n''$ORIGIN/..'$'\n''$ORIGIN/../lib/umbel' "$(run_paths $tree)"
check "nobody but root may write to any of it" equal "" "$(find $tree \( -perm /022 -o ! -user root \) ! -type l)"
check "its unit names the place" grep -q '^ExecStart=/usr/bin/umbeld ' $tree/usr/lib/systemd/system/umbeld.service
check "and no other" fails grep -r /usr/local $tree/usr/lib/systemd $tree/usr/lib/sysusers.d $tree/usr/share
for shell in bash-completion/completions/umbel{,-web} zsh/site-functions/_umbel{,-web} \
  fish/vendor_completions.d/umbel{,-web}.fish; do
  check "${shell%%[/-]*} completes the words of ${shell##*/}" test -s "$tree/usr/share/$shell"
done
check "a place that a unit cannot name is refused" fails "$install" "PREFIX=/opt/my own" "DESTDIR=$tree"
check "it removes that again" "$install" --uninstall PREFIX=/usr "DESTDIR=$tree"
check "and leaves nothing" fails test -e $tree

# ---- Where systemd does not look ----------------------------------------------------------------------------------------

"$install" --uninstall
advice=$("$install" PREFIX=/opt/umbel | sed -n 's/^ *sudo //p')
check "elsewhere the unit is named by its path" grep -q ' /opt/umbel/' <<<"$advice"
check "by which the service is started" eval "$advice"
check "and runs from there" equal /opt/umbel/bin/umbeld "$(readlink "/proc/$(systemctl show -P MainPID umbeld)/exe")"
check "that is removed, too" "$install" --uninstall PREFIX=/opt/umbel
check "and nothing is left" fails find /opt/umbel /etc/systemd/system -name 'umbeld*'
"$install" >/dev/null

# ---- On this machine ---------------------------------------------------------------------------------------------------

check "another user than root is told what to do" \
  grep -q 'sudo contrib/install' <(setpriv --reuid nobody --clear-groups "$install" 2>&1)
systemctl start umbeld
check "removing ends the service" "$install" --uninstall
check "it is gone" fails systemctl is-active umbeld
check "and its directory" fails test -e /run/umbel
check "and its unit" fails systemctl cat umbeld
check "removing twice is an error" fails "$install" --uninstall
before=$(files /usr/local)
check "it installs, and says how to go on" grep -q 'systemctl enable --now umbeld' <("$install" 2>&1)
check "systemd knows the unit" systemctl cat umbeld
systemctl start umbeld umbel-web
advice=$("$install" 2>&1)
check "a later version may take its place, and says how it is put to work" \
  grep -q 'systemctl restart umbeld' <<<"$advice"
check "and the page's, which runs as well" grep -q 'systemctl restart umbel-web' <<<"$advice"
mount -t tmpfs none "$libraries"
check "a built program needs the toolchain, which is gone now" fails "$UMBEL_BUILD/umbel" --version
check "the installed one does not" "$build/umbel" --version
check "nor does the service" systemctl restart umbeld
check "with all its transports" equal "mcast socket tap vxlan" \
  "$(python3 "$HOSTS_DIR/varlink.py" /run/umbel/umbel.sock ListTransports '" ".join(sorted(t["name"] for t in transports))')"
echo "somebody else's" >/usr/local/lib/umbel/other
check "it removes that" "$install" --uninstall
check "and nothing else" \
  equal "$(printf '%s\n' "$before" /usr/local/lib/umbel /usr/local/lib/umbel/other | sort)" "$(files /usr/local)"
