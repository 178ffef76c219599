# What is counted, as metrics: promtool finds nothing wrong with them, and a real Prometheus scrapes them over HTTP.
#
#   host a [agent: lab] ── [umbel-web] ── [Prometheus]
#     │ s1
#   host b [agent: lab]
#
# Limit: 180 s
# shellcheck source=Tests/Hosts/lib.sh
. "$HOSTS_DIR/lib.sh"
command -v prometheus promtool >/dev/null || {
  skip "the metrics in Prometheus" "it is not installed: contrib/setup does it"
  exit
}

segment s1
cat >/run/hosts/lans.yaml <<'EOF'
lans:
  lab:
    ports:
      - {name: site, transport: mcast, role: trunk, group: 239.192.168.1, port: 1102}
EOF
number=1
for host in a b; do
  host "$host" s1 "10.0.0.$number/24"
  number=$((number + 1))
  agent "$host" --config /run/hosts/lans.yaml
done

collector b there "$(door b lab)" 500
within 10 guest_ports b 1
frames a number "$(door a lab)" 500
check "frames have come to the other host" collected there
has_peer() { equal True "$(asks a ListPeers 'any(p.get("roundTripMicroseconds") for p in peers)')"; }
check "and the agents know each other" within 10 has_peer

umbel a metrics --format prometheus >/run/hosts/metrics.prom
check "promtool finds nothing wrong with umbel metrics" promtool check metrics </run/hosts/metrics.prom
check "OpenMetrics ends as it must" equal "# EOF" "$(umbel a metrics | tail -n 1)"
check "the frames that came by the trunk and went to all are those that were sent" \
  equal 'umbel_port_flooded_frames_total{lan="lab",port="site",role="trunk",transport="mcast"} 500' \
  "$(umbel b metrics | grep '^umbel_port_flooded_frames_total.*"site"')"

# ---- Over HTTP ---------------------------------------------------------------------------------------------------------

web() { on a python3 "$HOSTS_DIR/web.py" "$@"; }
serve() { started web.log nsenter --net=/run/netns/a -- "$build/umbel-web" --socket "$(runtime a)/umbel.sock" "$@"; }
answers() { web get "http://127.0.0.1:8080$1" "${@:3}" | grep -q -- "$2"; }

serve
server=$!
check "umbel-web serves them" within 10 answers /metrics '^umbel_port_sent_frames_total{'
check "promtool finds nothing wrong with those either" \
  promtool check metrics < <(web get http://127.0.0.1:8080/metrics | sed '1,/^$/d')
check "who accepts OpenMetrics gets it" answers /metrics '^# EOF$' 'Accept: application/openmetrics-text;version=1.0.0'
check "a name that leads to loopback is not answered" answers / '^403 ' 'Host: evil.example'
check "a page may load nothing from elsewhere" answers / "^Content-Security-Policy: default-src 'none'"

# Clients that mean no good, or know HTTP otherwise than browsers do.
# crowd PORT COUNT: how many of the connections have been closed when the page has come.
crowd() { web crowd 127.0.0.1 "$@" | tail -n 1; }
# raw TEXT: what comes back.
raw() { web raw 127.0.0.1 8080 "$1"; }
heads() { equal "$1" "$(raw "$2" | sed -n 's,^HTTP/1.1 \([0-9]*\) .*,\1,p' | xargs)"; }
end='Host: localhost\r\nConnection: close\r\n\r\n'
serve --listen 127.0.0.1:8083
slow_server=$!
within 10 web get http://127.0.0.1:8083/
started slow.log nsenter --net=/run/netns/a -- python3 "$HOSTS_DIR/web.py" slow 127.0.0.1 8083
started deaf.log nsenter --net=/run/netns/a -- python3 "$HOSTS_DIR/web.py" deaf 127.0.0.1 8083 50
started late.log nsenter --net=/run/netns/a -- python3 "$HOSTS_DIR/web.py" late 127.0.0.1 8083 250 13
check "what is asked at once is answered in order" \
  heads "404 405 200" "$(printf '%s HTTP/1.1\\r\\nHost: [::1]\\r\\n\\r\\n' "GET /a" "DELETE /")GET / HTTP/1.1\r\n$end"
check "an answer to HEAD is a head" equal "" "$(raw "HEAD / HTTP/1.1\r\n$end" | sed '1,/^$/d')"
check "HTTP/1.0 is answered, without Host" heads 200 'GET / HTTP/1.0\r\nConnection: close\r\n\r\n'
ends() { on a timeout 5 python3 "$HOSTS_DIR/web.py" raw 127.0.0.1 8080 "$1" >/dev/null; }
check "and the connection ends with the answer" ends 'GET / HTTP/1.0\r\n\r\n'
keeps() { ! ends "$1"; }
check "unless it is to be kept" keeps 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'
check "the last answer does not end the connection before it is taken" equal 250 "$(web late 127.0.0.1 8080 250 1)"
check "of two hosts none is believed" heads 400 "GET / HTTP/1.1\r\nHost: localhost\r\n$end"
check "nothing can be changed" heads 405 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n'
check "content is not waited for" heads 413 'GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n'
check "what is no HTTP is refused" heads 400 'BREW / HTTP/1.1\r\n\r\n'
check "a head of 10 MB is refused" grep -qE '^HTTP/1.1 400|^closed' <(web endless 127.0.0.1 8080)
# flood HEAD: how many MiB are taken behind it; the buffers of the system hold some.
flood() { web flood 127.0.0.1 8080 "$1"; }
check "what follows CONNECT is not kept" at_most 32 "$(flood 'CONNECT a:1 HTTP/1.1\r\nHost: localhost\r\n\r\n')"
check "nor what follows a change of protocol" \
  at_most 32 "$(flood 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')"
check "of 2,000 connections that say nothing it keeps as many as there may be, and answers" \
  at_least 1936 "$(crowd 8080 2000)"
started few.log nsenter --net=/run/netns/a -- prlimit --nofile=40:40 "$build/umbel-web" --listen 127.0.0.1:8082
within 10 web get http://127.0.0.1:8082/
check "nor does it end when it has few descriptors" at_least 40 "$(crowd 8082 60)"

cat >/run/hosts/prometheus.yml <<'EOF'
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
  - job_name: umbel
    static_configs: [{targets: ["127.0.0.1:8080"]}]
EOF
started prometheus.log nsenter --net=/run/netns/a -- prometheus --config.file=/run/hosts/prometheus.yml \
  --storage.tsdb.path=/run/hosts/prometheus --web.listen-address=127.0.0.1:9090
# knows EXPRESSION: has it a value that is not 0, or empty?
knows() {
  local query
  query=$(python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.argv[1]))' "$1")
  web get "http://127.0.0.1:9090/api/v1/query?query=$query" | grep -q '"value":\[[0-9.]*,"[^0]'
}
check "Prometheus scrapes it" within 20 knows 'up{job="umbel"}'
check "and knows what went to the other host" within 5 knows 'umbel_port_sent_frames_total{lan="lab",port="site"}'
check "and how far the other host is" within 5 knows 'umbel_peer_round_trip_seconds{lan="lab",port="site"} * 1e6'
# every_line: has it as many values of the LAN as there are lines?
every_line() { knows "count({lan=\"lab\"}) == $(umbel a metrics | grep -c '^umbel_.*lan="lab"')"; }
check "every line of it" within 10 every_line
check "the alert rules are in order" promtool check rules "$HOSTS_DIR/../../contrib/prometheus/umbel.rules.yml"
check "and say what they should" promtool test rules "$HOSTS_DIR/../../contrib/prometheus/umbel.rules.test.yml"
check "the example of a configuration is in order" \
  promtool check config "$HOSTS_DIR/../../contrib/prometheus/prometheus.yml"

# ---- For others --------------------------------------------------------------------------------------------------------

ended "$server"
refused() { ! on a timeout 10 "$build/umbel-web" "$@" 2>/run/hosts/refusal; }
check "what others can reach needs a token" refused --listen 10.0.0.1:8081
check "and how to make one is said" grep -q 'umbel-web --listen 10.0.0.1:8081 --token-file' /run/hosts/refusal
echo 0123456789abcdef-token >/run/hosts/token
serve --listen 10.0.0.1:8081 --listen '[::1]:8080' --token-file /run/hosts/token
others() { on b python3 "$HOSTS_DIR/web.py" get "http://10.0.0.1:8081$1" "${@:3}" | grep -q -- "$2"; }
check "with one, others get the page" within 10 others / '^200 '
check "and without it nothing else" others /metrics '^401 '
check "with it they do" others /metrics '^umbel_agent_info{' 'Authorization: Bearer 0123456789abcdef-token'
inside() { on a python3 "$HOSTS_DIR/web.py" get 'http://[::1]:8080/' | grep -q '^200 '; }
check "it listens at several addresses" inside

check "who sends a byte a second keeps it for no longer than 20 of them" within 30 grep -qE '^1?[0-9]$' "$logs/slow.log"
check "who takes answers after 13 seconds gets them" within 20 grep -qx 250 "$logs/late.log"
check "who takes no answer does not keep it either" within 60 grep -q closed "$logs/deaf.log"
check "nor do 50 of them take much memory" \
  at_most 131072 "$(awk '/^VmHWM:/ {print $2}' "/proc/$slow_server/status")"
