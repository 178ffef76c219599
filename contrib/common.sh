# What the scripts of this directory share: where the tree is, where to build, which Swift.
set -eu
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

fail() {
  echo "${0##*/}: $*" >&2
  exit 1
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# root builds apart in a tree of somebody else: files of root there would spoil that user's own builds, and the agent
# loads only plugins that belong to root or to the user it runs as.
scratch=$root/.build
if is_root && [ "$(stat -c %u "$root")" -ne 0 ]; then
  scratch=$root/.build-root
fi

# Where Swift may be when sudo has cut PATH down to its secure_path.
swift_directories() {
  local home
  home=$(getent passwd "${SUDO_USER:-$(id -un)}" | cut -d: -f6)
  printf '%s\n' "$home"/.local/share/swiftly/toolchains/*/usr/bin /opt/swift*/usr/bin /usr/local/swift*/usr/bin \
    /usr/share/swift*/usr/bin /usr/libexec/swift*/bin /usr/local/bin | sort -rV
  # As the user who called sudo would find it.
  # shellcheck disable=SC2016 # that user's shell expands it
  if [ -n "${SUDO_USER-}" ] && is_root; then
    runuser -l "$SUDO_USER" -c 'dirname "$(command -v swift)"' 2>/dev/null </dev/null || true
  fi
}

need_swift() {
  local directory
  command -v swift >/dev/null && return
  while read -r directory; do
    [ -x "$directory/swift" ] || continue
    PATH=$directory:$PATH
    return
  done < <(swift_directories)
  fail "there is no Swift toolchain: install Swift 6.2 or newer (https://www.swift.org/install/linux/)," \
    "or put the directory of its \"swift\" into PATH"
}

# build [OPTION…]
build() { swift build --scratch-path "$scratch" "$@"; }

# Where contrib/setup unpacks a kernel for guests in QEMU.
export UMBEL_GUEST_LINUX=$scratch/guest-linux
