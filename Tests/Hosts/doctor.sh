# What the doctor finds.
#
#   check "…" within 10 finds a route fault "no route leads to group 239.192.168.1" "ip route add"
#   mend a route                    carries out the first remedy of that finding
#   check "…" within 10 healthy a   no fault, no warning, and the exit status says so
#
# shellcheck disable=SC2154 # lib.sh, which is sourced before this, sets $build

# doctor HOST [OPTION…]: what it has to say about links that are not well, by the field "findings" of its JSON.
doctor() {
  local host=$1
  shift
  umbel "$host" doctor --json --no-probe "$@"
}

# finds HOST CHECK VERDICT TEXT REMEDY [OPTION…]: is there such a finding, with these words in its text and its remedies,
# and is the exit status that of a fault if there is one?
finds() {
  local status
  doctor "$1" "${@:6}" >/run/hosts/doctor.json
  status=$?
  python3 - "$status" "${@:2:4}" <<'PYTHON'
import json, sys
status, check, verdict, text, remedy = sys.argv[1:]
report = json.load(open("/run/hosts/doctor.json"))
if int(status) != (1 if report["faults"] else 0):
    sys.exit(f"the exit status is {status}, with {report['faults']} faults")
for found in report["findings"]:
    if found["check"] == check and found["verdict"] == verdict and text in found["text"]:
        sys.exit(0 if not remedy or any(remedy in line for line in found["remedies"]) else f"the remedies are {found['remedies']}")
print(*[found for found in report["findings"] if found["verdict"] != "ok"], sep="\n")
sys.exit(1)
PYTHON
}

# healthy HOST [OPTION…]: hellos that were lost in a fault before still count, for two minutes.
healthy() {
  local status
  doctor "$@" >/run/hosts/doctor.json
  status=$?
  python3 - <<'PYTHON' && return $status
import json, sys
findings = json.load(open("/run/hosts/doctor.json"))["findings"]
bad = [found for found in findings if found["verdict"] != "ok" and found["check"] != "loss"]
sys.exit("\n".join(map(str, bad)) or 0)
PYTHON
}

# mend HOST CHECK: runs the first remedy as it stands, but for sudo.
mend() {
  local command
  doctor "$1" >/run/hosts/doctor.json
  command=$(python3 - "$2" <<'PYTHON'
import json, sys
findings = json.load(open("/run/hosts/doctor.json"))["findings"]
print(next(f["remedies"][0] for f in findings if f["check"] == sys.argv[1] and f["remedies"]).removeprefix("sudo "))
PYTHON
  ) || return
  echo "$command"
  on "$1" env "PATH=$build:$PATH" "UMBEL_SOCKET=$(runtime "$1")/umbel.sock" sh -c "$command"
}
