# umbel top on a terminal of tmux, and umbel status --watch without one.
# Limit: 120 s.
#
#   tmux ─ host a [agent: default, lab]──sender, two collectors
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
needs tmux

segment s1
host a s1 10.0.0.1/24
echo "lans: {default: {ports: [{transport: mcast}]}, lab: {doors: []}}" >/run/hosts/a.yaml
agent a --config /run/hosts/a.yaml

# ---- A terminal ----------------------------------------------------------------------------------------------------

pane() { on a tmux -S /run/hosts/tmux "$@"; }
shown() { pane capture-pane -p; }
# at_prompt: does the shell wait for words?
at_prompt() { shown | grep -v '^$' | tail -n 1 | grep -qx 'ready>'; }
shows() { shown | grep -q -- "$1"; }
press() { pane send-keys "$@"; }
top_pid() { pgrep -f '^umbel top' | head -n 1; }

pane -f /dev/null new-session -d -x 80 -y 24 \
  "env PATH='$build:$PATH' UMBEL_SOCKET='$(runtime a)/umbel.sock' PS1='ready> ' LC_ALL=C.UTF-8 bash --norc"
check "there is a terminal" within 10 at_prompt

# settings NAME: those of the terminal, to a file.
settings() {
  press "stty -a >/run/hosts/stty-$1 && echo noted $1" Enter
  within 10 shows "^noted $1"
}
settings before

# begins: umbel top is started, and draws.
begins() {
  press 'clear; echo what was here before; umbel top' Enter
  within 10 shows '^umbel top on' && equal 1 "$(pane display -p '#{alternate_on}')"
}

# sane NAME: is the terminal as it was, with what was on it?
sane() {
  within 10 at_prompt || return
  equal "0 1" "$(pane display -p '#{alternate_on} #{cursor_flag}')" || return
  settings "$1" || return
  cmp /run/hosts/stty-before "/run/hosts/stty-$1" && shows '^what was here before'
}

# ---- What it shows -------------------------------------------------------------------------------------------------

collector a one "$(door a default)" 300000 --seconds 300
collector a two "$(door a default)" 300000 --seconds 300
within 10 guest_ports a 2
check "it draws on the whole screen" begins
started sender.log nsenter --net=/run/netns/a -- python3 "$HOSTS_DIR/frame.py" number "$(door a default)" 300000 \
  --rate 1000 --size 1000
sender=$!
check "LANs" shows '^default  *[0-9]'
check "ports with what passes them in a second" within 10 shows '^bess-[12] .* default  *up  *0  *[1-9][0-9.]*k* '
check "bits of it" within 10 shows '^bess-3 .* default  *up  *[1-9][0-9.]*k*  *0  *[1-9][0-9.]*M '
check "the line of keys is the last of 24" eval "[ \$(shown | wc -l) = 24 ] && shown | tail -n 1 | grep -q '^q quit'"

# order: the names of the guests' ports, from the top.
order() { shown | grep -o '^bess-[0-9]' | paste -sd ' '; }
# ordered PORT…: are they these, from the top?
ordered() { equal "$*" "$(order)"; }
# The column by which they are sorted is drawn as a bar.
sorted_by() { pane capture-pane -pe | grep -q "\[7m *$1 *.\[0m"; }
check "they are sorted by what comes in" eval "sorted_by 'RX BIT/S' && within 5 eval 'order | grep -q ^bess-3'"
press '<' '<' '<' '<' '<'
check "and by name when asked to" eval "within 5 sorted_by PORT && within 5 ordered bess-1 bess-2 bess-3"
press r
check "backwards, too" within 5 ordered bess-3 bess-2 bess-1

press Enter
check "a port alone" within 5 shows '^Port mcast of LAN default, mcast, trunk: up'
check "with its counters" within 5 shows '^sent frames  *[0-9,]*  *[1-9][0-9.]*k*$'
press Escape
check "and back" within 5 shows '^bess-1'
press l l
check "a LAN alone" within 5 eval "shows 'LAN lab, 0 ports' && ! shows '^bess'"
press l
within 5 shows '^bess-1'

# ---- Another size --------------------------------------------------------------------------------------------------

# fits COLUMNS ROWS
fits() {
  pane resize-window -x "$1" -y "$2"
  within 5 eval "[ \$(shown | wc -l) = $2 ] && shown | tail -n 1 | grep -q '^q quit' &&
    [ \$(shown | grep '^PORT ' | tr -d '\n' | wc -m) = $1 ]"
}
check "a larger terminal is filled" fits 120 40
check "a smaller one, too" fits 50 12
check "with what matters most" shows '^bess-3'
check "and 80 columns with 24 rows" fits 80 24

# ---- The agent goes and comes --------------------------------------------------------------------------------------

kill "$sender"
kill -KILL "${agent_pid[a]}"
check "an agent that is gone is told" within 10 shows '^The agent does not answer: No agent answers'
agent a --config /run/hosts/a.yaml
check "and when it is back, it goes on" within 10 eval "! shows 'does not answer' && shows '^mcast .* up '"
kill -STOP "${agent_pid[a]}"
check "one that hangs is told as well" within 15 shows '^The agent does not answer: .* did not answer'
kill -CONT "${agent_pid[a]}"
check "and when it answers again" within 15 eval "! shows 'does not answer'"

# ---- The end -------------------------------------------------------------------------------------------------------

press q
check "after q the terminal is as it was" sane quit
check "^C" eval "begins && press C-c && sane interrupt"
for signal in TERM HUP SEGV; do
  check "SIG$signal" eval "begins && kill -$signal \$(top_pid) && sane $signal"
done
check "^Z leaves it to the shell" eval "begins && press C-z && within 5 shows Stopped && sane stop"
press fg Enter
check "fg draws again" within 10 eval "shows '^umbel top on' && [ \$(pane display -p '#{alternate_on}') = 1 ]"
press q
check "and after q all is as it was" sane again

# ---- Without a terminal --------------------------------------------------------------------------------------------

# refused: is no terminal refused, with the remedy?
refused() {
  local output status
  output=$("$@" 2>&1 </dev/null)
  status=$?
  echo "$output"
  equal 64 "$status" && grep -q 'umbel status --watch' <<<"$output"
}
check "no terminal is refused" refused umbel a top
press 'clear; TERM=dumb umbel top' Enter
check "so is a dumb one" within 5 shows 'this one is dumb'
check "one look is printed without a terminal" eval "umbel a top --once --interval 200ms | grep -q '^mcast .* up '"
check "and of a port" eval "umbel a top default --port mcast --once --interval 200ms | grep -q '^sent frames'"
umbel a status --watch 200ms >/run/hosts/watch 2>&1 &
watch=$!
check "the status comes again and again, with rates" within 10 eval \
  "[ \$(grep -c '^LAN default' /run/hosts/watch) -ge 3 ] && grep -q '^  mcast  trunk  *[0-9.]*  *[0-9.]* ' /run/hosts/watch"
kill "$watch"
