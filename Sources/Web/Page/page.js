// Asks for the state every 750 ms while the page is seen, and shows it; searches; says so when there is no answer.

import { draw, keep, make, say } from "./draw.js";

const element = (id) => document.getElementById(id);
const [lans, query, results, faults, connection, tokenForm] =
  ["lans", "query", "results", "faults", "connection", "token"].map(element);
const period = 750;
let current = null, before = null, stations = [];

// The token comes behind the #, which no server sees, and goes out of the address line at once.
const given = tokenOf(location.hash);
if (given) {
  sessionStorage.setItem("token", given);
  history.replaceState(null, "", location.pathname);
}

/** The token in `#token=TOKEN`. It may be percent-encoded; a "+", which base64 has, stays one. */
function tokenOf(hash) {
  const text = hash.match(/^#token=(.+)$/)?.[1];
  try {
    return text && decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A document of the server. Throws a sentence for people; "" when the token is asked for. */
async function get(path) {
  const token = sessionStorage.getItem("token");
  let response;
  try {
    response = await fetch(path, {
      headers: token ? { Authorization: `Bearer ${token}` } : {}, signal: AbortSignal.timeout(10_000),
    });
  } catch {
    throw "umbel-web does not answer. Trying again.";
  }
  if (response.status === 401) {
    tokenForm.hidden = false;
    throw "";
  }
  const document = await response.json().catch(() => ({}));
  if (!response.ok) throw `${document.problem ?? `umbel-web answers ${response.status}.`} Trying again.`;
  return document;
}

function showFaults(list) {
  const [heading, items] = faults.children;
  const count = list.length;
  faults.hidden = count === 0;
  say(heading, count === 1 ? "1 thing is not as it should be" : `${count} things are not as they should be`);
  keep(items, list.map((fault, index) => ({ ...fault, index })), (fault) => `${fault.index}`, () => make("li"),
    (item, fault) => {
      item.className = fault.weight;
      say(item, (fault.lan ? `LAN ${fault.lan}: ` : "") + fault.text);
    });
}

function show(state) {
  if (state.takenMilliseconds !== current?.takenMilliseconds) [before, current] = [current, state];
  document.title = `Umbel: ${state.host}`;
  say(element("host"), state.host);
  say(element("agent"), `umbeld ${state.status.version}. ${state.status.text}`);
  draw(lans, current, before);
  showFaults(state.faults);
  mark();
}

async function poll() {
  const began = Date.now();
  if (!document.hidden) {
    try {
      show(await get("api/state"));
      tokenForm.hidden = true;
      connection.hidden = true;
      document.body.classList.remove("stale");
    } catch (sentence) {
      if (typeof sentence !== "string") throw sentence;
      connection.hidden = sentence === "";
      say(connection, sentence);
      document.body.classList.add("stale");
    }
  }
  setTimeout(poll, Math.max(100, began + period - Date.now()));
}

// ---- Search -----------------------------------------------------------------------------------------------------------

/** Marks the boxes that the search finds: by what they say, or because a station found is behind them. */
function mark() {
  const text = query.value.trim().toLowerCase();
  lans.classList.toggle("searching", text !== "");
  const behind = new Set(stations.map((station) => `${station.lan}/${station.port}`));
  for (const port of current?.ports ?? []) {
    const box = boxOf(port.lan, port.number);
    const name = box?.querySelector("summary b")?.textContent ?? "";
    const named = [name, port.name].some((word) => word.toLowerCase().includes(text));
    const hit = text !== "" && (named || behind.has(`${port.lan}/${port.name}`));
    (port.role === "guest" ? box : box?.querySelector(":scope > details"))?.classList.toggle("match", hit);
  }
  for (const peer of lans.querySelectorAll(".peers .tile"))
    peer.classList.toggle("match", text !== "" && peer.textContent.toLowerCase().includes(text));
}

/** The element of a port. */
function boxOf(lan, number) {
  const section = [...lans.children].find((child) => child.dataset.key === lan);
  return section?.querySelector(`.trunk[data-key="${number}"], .guests > [data-key="${number}"]`);
}

async function search() {
  const text = query.value.trim();
  if (text.length < 2) {
    stations = [];
    results.hidden = true;
    return mark();
  }
  try {
    const answer = await get(`api/stations?q=${encodeURIComponent(text)}`);
    if (text !== query.value.trim()) return;
    stations = answer.stations;
    results.hidden = false;
    say(element("found"), answer.found > stations.length
      ? `${answer.found} stations, of which the first ${stations.length}:` : `${answer.found} stations`);
    keep(results.lastElementChild, stations, (station) => `${station.lan} ${station.vlan} ${station.mac}`, createStation,
      updateStation);
  } catch (sentence) {
    if (typeof sentence !== "string") throw sentence;
  }
  mark();
}

function createStation(station) {
  const button = make("button");
  button.type = "button";
  button.onclick = () => {
    const port = current?.ports.find((port) => port.lan === station.lan && port.name === button.dataset.port);
    const summary = port && boxOf(port.lan, port.number)?.querySelector("details:not(.peers details) > summary");
    summary?.scrollIntoView({ block: "center" });
    summary?.focus();
  };
  return make("li", "", button);
}

function updateStation(item, station) {
  const button = item.firstElementChild;
  button.dataset.port = station.port;
  say(button, `${station.mac}${station.vlan ? `, VLAN ${station.vlan}` : ""}: LAN ${station.lan}, port ${station.port}, ` +
    `${station.ageSeconds} s ago${station.pinned ? ", moves too often" : ""}`);
}

let typing = 0;
query.oninput = () => {
  mark();
  clearTimeout(typing);
  typing = setTimeout(search, 300);
};

tokenForm.onsubmit = (event) => {
  event.preventDefault();
  sessionStorage.setItem("token", element("secret").value);
  tokenForm.hidden = true;
};
// A box that is opened gets its counters at once.
lans.addEventListener("toggle", () => {
  if (!current) return;
  draw(lans, current, before);
  mark();
}, true);

poll();
