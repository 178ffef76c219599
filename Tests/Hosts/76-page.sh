# The page of umbel-web in a real browser: guests that come, faults, 200 guests, a search, an agent that goes and comes
# back; on a phone and on a desk, in the light and in the dark; and no word to any other host.
#
#   host a [agent: lab] ── [umbel-web] ── [Chromium]
#     │ s1
#   host b [agent: lab]
#
# Set PAGE_SHOTS to a directory to get the pictures.
# Limit: 120 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
command -v chromium >/dev/null || {
  skip "the page in a browser" "there is no chromium: contrib/setup installs it"
  exit
}

segment s1
cat >/run/hosts/lans.yaml <<'EOF'
lans:
  lab:
    ports:
      - {name: site, transport: mcast, role: trunk, group: 239.192.168.1, port: 1102}
      - {name: other, transport: mcast, role: trunk, group: 239.192.168.2, port: 1102, interface: eth7}
EOF
number=1
for host in a b; do
  host "$host" s1 "10.0.0.$number/24"
  number=$((number + 1))
  agent "$host" --config /run/hosts/lans.yaml
done
started web.log nsenter --net=/run/netns/a -- "$build/umbel-web" --socket "$(runtime a)/umbel.sock"
started browser.log nsenter --net=/run/netns/a -- python3 "$HOSTS_DIR/browser.py" serve /run/hosts/browser
within 30 grep -q ready "$logs/browser.log" || fatal "Chromium does not start"

page() { python3 "$HOSTS_DIR/browser.py" ask /run/hosts/browser "$@"; }
# shows SECONDS EXPRESSION
shows() { page wait "$1" "$2"; }
says() { shows 10 "document.body.innerText.includes($(python3 -c 'import json, sys; print(json.dumps(sys.argv[1]))' "$1"))"; }
shot() { page shot "/run/hosts/$1.png" && { [ -z "${PAGE_SHOTS-}" ] || cp "/run/hosts/$1.png" "$PAGE_SHOTS"; }; }
tiles='document.querySelectorAll(".guests .tile").length'
quiet() { equal "" "$(page complaints)"; }

page size 1280 800 light
page go http://127.0.0.1:8080/
check "the page draws this host" says "LAN lab"
check "and the host at the far end of the trunk, with its round trip" \
  shows 10 '/ ms, 0 % lost/.test(document.querySelector(".peers .tile")?.innerText)'
check "a port that waits is a fault, in words" says "Port other waits"

# ---- Guests --------------------------------------------------------------------------------------------------------------

started crowd.log nsenter --net=/run/netns/a -- python3 "$HOSTS_DIR/frame.py" crowd "$(door a lab)" 1
crowd=$!
within 10 guest_ports a 1
check "a guest that attaches shows within two seconds" shows 2 "$tiles === 1"
ended "$crowd"
check "one that goes is gone" shows 10 "$tiles === 0"

started crowd.log nsenter --net=/run/netns/a -- python3 "$HOSTS_DIR/frame.py" crowd "$(door a lab)" 200
check "200 guests show" shows 20 "$tiles === 200"

# Boxes of guests that overlap or leave the window, and names that are not the box's whole text line.
overlaps='(() => {
  const boxes = [...document.querySelectorAll(".guests details")].map((box) => box.getBoundingClientRect());
  const apart = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
  let bad = boxes.filter((box) => box.left < 0 || box.right > innerWidth || box.width < 90 || box.height < 30).length;
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => { if (!apart(a, b)) bad++; }));
  const names = [...document.querySelectorAll(".guests summary b")];
  return bad + names.filter((name) => name.scrollWidth > name.clientWidth).length +
    (document.documentElement.scrollWidth > innerWidth ? 1000 : 0);
})()'
for look in "360 740 light" "360 740 dark" "1280 800 light" "1280 800 dark"; do
  # shellcheck disable=SC2086 # three words
  page size $look
  check "at ${look/ [0-9]* / pixels, } 200 guests are beside each other, each with its name" equal 0 "$(page value "$overlaps")"
  shot "page-${look// /-}"
done

# ---- What one does with it -------------------------------------------------------------------------------------------------

page size 1280 800 light
frames b number "$(door b lab)" 20
page type '{Tab}'
check "the first key that one may press leads to the search" equal '"query"' "$(page value document.activeElement.id)"
page type '02:00:00'
check "a part of a MAC address is found" shows 10 'document.querySelectorAll("#results li").length >= 1'
check "and where it is" says "LAN lab, port site"
page value 'document.getElementById("query").value = ""' >/dev/null
page type 'bess'
check "a part of a name marks its boxes" shows 10 'document.querySelectorAll(".guests .match").length >= 100'
shot page-search
page value 'document.querySelector(".guests summary").focus()' >/dev/null
page type '{Enter}'
check "a box opens by the keyboard, and shows its counters" says "largest frame"
check "every box is named for those who hear the page" equal 0 "$(page value \
  '[...document.querySelectorAll("ul, input")].filter((e) => e.children.length && !e.ariaLabel && !e.closest("section[aria-labelledby], section[aria-label]") && !e.labels?.length).length')"

# ---- An agent that goes -----------------------------------------------------------------------------------------------------

check "until here the browser had nothing to complain of" quiet
kill -STOP "${agent_pid[a]}"
check "an agent that does not answer is told" says "did not answer within 3 s"
kill -CONT "${agent_pid[a]}"
check "and when it does again, all is as before" shows 10 'document.getElementById("connection").hidden'
agent_end a
check "an agent that has gone is told" says "No agent answers at"
shot page-gone
agent a --config /run/hosts/lans.yaml
check "and one that is back is drawn again" shows 10 'document.getElementById("connection").hidden'
check "no request went to another host" equal 127.0.0.1:8080 "$(page hosts)"

# ---- With a token -------------------------------------------------------------------------------------------------------------

# Base64 has "+", which is a space elsewhere.
token=0123456789+abc/def+token==
echo $token >/run/hosts/token
started web.log nsenter --net=/run/netns/a -- "$build/umbel-web" --socket "$(runtime a)/umbel.sock" \
  --listen 127.0.0.1:8081 --token-file /run/hosts/token
within 10 grep -q ':8081' "$logs/web.log"
page go http://127.0.0.1:8081/
check "a page that needs a token asks for it" shows 10 '!document.getElementById("token").hidden'
check "and shows nothing before" equal 0 "$(page value 'document.querySelectorAll(".lan").length')"
page value 'document.getElementById("secret").focus()' >/dev/null
page type $token
page type '{Enter}'
check "when it is typed, the LANs are drawn" says "LAN lab"
page value 'sessionStorage.clear()' >/dev/null
page go about:blank
page go "http://127.0.0.1:8081/#token=$token"
check "it may come behind the address" says "LAN lab"
check "where it does not stay" equal '"http://127.0.0.1:8081/"' "$(page value location.href)"
