// Draws a state: a section for each LAN, in it this host's switch, above it the trunks with the hosts behind them, below
// it the guests, each at a cable that is as wide as what flows. Elements are kept from one state to the next, so that
// what is open, focused or selected stays so. All texts are set as text, whoever chose them.

/** An element with a class and children: elements or texts. */
export function make(tag, className = "", ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** Sets a text, where it is another. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A number of bits a second for people. */
export function bits(rate) {
  for (const [unit, size] of [["Gb/s", 1e9], ["Mb/s", 1e6], ["kb/s", 1e3]])
    if (rate >= size) return `${rate < 10 * size ? (rate / size).toFixed(1) : Math.round(rate / size)} ${unit}`;
  return `${Math.round(rate)} b/s`;
}

/** Makes the children of `parent` those of `items`, in their order: those that have a key already are kept. */
export function keep(parent, items, key, create, update) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const name = key(item);
    let child = old.get(name);
    if (!child) {
      child = create(item);
      child.dataset.key = name;
    }
    old.delete(name);
    if (child !== place) parent.insertBefore(child, place);
    else place = place.nextElementSibling;
    update(child, item);
  }
  for (const child of old.values()) child.remove();
}

/** Bits a second, in and out, between two states of something that counts; null: not known. */
function flow(now, before, seconds) {
  if (!before || !(seconds > 0) || now.receivedBytes == null) return null;
  const rate = (name) => Math.max(0, ((now[name] ?? 0) - (before[name] ?? 0)) * 8 / seconds);
  return { in: rate("receivedBytes"), out: rate("sentBytes") };
}

/** As wide as the logarithm of what flows: 1 kb/s 2 pixels, 1 Gb/s 14. */
function widen(cable, rates, look) {
  const rate = rates ? rates.in + rates.out : 0;
  cable.className = `cable ${look || (rate > 0 ? "flows" : "")}`;
  cable.style.width = `${rate > 0 ? Math.min(16, Math.max(2, 2 * (Math.log10(rate) - 2))) : look ? 3 : 1}px`;
}

/** A box that opens: a name, lines, and counters. */
function box() {
  const summary = make("summary", "", make("b"), make("span", "state"), make("span", "rates"));
  return make("details", "", summary, make("dl"));
}

function fill(details, look, name, state, rates, facts) {
  details.className = look;
  const [title, standing, flows] = details.firstElementChild.children;
  say(title, name);
  title.title = name;
  say(standing, state);
  standing.title = state;
  say(flows, rates ? `↓${bits(rates.out)} ↑${bits(rates.in)}` : "");
  if (!details.open) return;
  keep(details.lastElementChild, facts.flatMap(([key, value]) => [["dt", key, key], ["dd", key, value]]),
    ([tag, key]) => `${tag} ${key}`, ([tag]) => make(tag), (element, [, , text]) => say(element, text));
}

function tile() {
  const details = box();
  return make("li", "tile", make("span", "cable"), details);
}

const looks = { up: "", opening: "warning", waiting: "warning", closing: "warning", failed: "bad" };

/** "receivedFrames" is "received frames". */
const words = (name) => name.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);

function portFacts(port) {
  const counters = Object.entries(port.counters).filter(([, value]) => value).map(([name, value]) => [words(name), value]);
  const drops = Object.entries(port.drops).map(([name, value]) => [`dropped: ${name}`, value]);
  const own = Object.entries(port.transportCounters).map(([name, value]) => [`${port.transport}: ${name}`, value]);
  return [["transport", port.transport], ["stations", port.stations], ["largest frame", port.largestFrame ?? "–"],
    ...counters, ...drops, ...own].map(([name, value]) => [name, value.toLocaleString("en")]);
}

const portState = (port) => port.state === "up" ? `${port.transport}, up` : `${port.state}: ${port.text || "–"}`;

/** Draws a state into `parent`. `before` is the state before it, or null. */
export function draw(parent, state, before) {
  const apart = before ? (state.takenMilliseconds - before.takenMilliseconds) / 1000 : 0;
  // Rates over a time that nobody looked would say little.
  const seconds = apart <= 10 ? apart : 0;
  const portsBefore = new Map((before?.ports ?? []).map((port) => [port.number, port.counters]));
  const peerKey = (peer) => [peer.port, peer.address, peer.name, peer.agent, peer.peerLan, peer.peerPort].join(" ");
  const peersBefore = new Map((before?.peers ?? []).map((peer) => [`${peer.lan} ${peerKey(peer)}`, peer]));
  const guestNames = new Map(state.guests.map((guest) => [guest.processId, guest.name]));
  const portFlow = (port) => flow(port.counters, portsBefore.get(port.number), seconds);

  const updateGuest = (element, port) => {
    const rates = portFlow(port);
    const guest = guestNames.get(port.peer?.processId);
    widen(element.firstElementChild, rates, looks[port.state]);
    fill(element.lastElementChild, looks[port.state], guest ?? port.name,
      guest ? `${port.name}, ${portState(port)}` : portState(port), rates, portFacts(port));
  };

  const updatePeer = (element, peer) => {
    const rates = flow(peer, peersBefore.get(`${peer.lan} ${peerKey(peer)}`), seconds);
    const loss = Math.max(peer.lossInPercent ?? 0, peer.lossOutPercent ?? 0);
    const look = peer.state !== "up" ? "bad" : loss > 0 || peer.muted ? "warning" : "";
    const far = peer.roundTripMicroseconds == null ? [] :
      [`${(peer.roundTripMicroseconds / 1000).toPrecision(2)} ms`, `${loss} % lost`];
    const standing = peer.state === "up" ? (peer.muted ? ["second path"] : far.length ? far : ["up"]) :
      [peer.state === "never" ? "never heard" : "silent"];
    widen(element.firstElementChild, rates, look);
    fill(element.lastElementChild, look, peer.host ?? peer.name ?? peer.address ?? "?", standing.join(", "), rates, [
      ["address", peer.address ?? "–"], ["its port", peer.peerPort ? `${peer.peerLan}/${peer.peerPort}` : "–"],
      ["heard", peer.lastHeardSeconds == null ? "never" : `${peer.lastHeardSeconds} s ago`],
      ["clock", peer.clockOffsetMicroseconds == null ? "–" :
        `${(peer.clockOffsetMicroseconds / 1000000).toFixed(3)} s ahead`],
      ["loss in", `${peer.lossInPercent ?? "–"} %`], ["loss out", `${peer.lossOutPercent ?? "–"} %`],
      ["path", peer.pathBytes == null ? "–" : `${peer.pathBytes} B`]]);
  };

  const createTrunk = () => {
    const peers = make("ul", "peers tiles");
    return make("div", "trunk", peers, box(), make("span", "cable"));
  };

  const updateTrunk = (element, port) => {
    const [peers, details, cable] = element.children;
    const rates = portFlow(port);
    peers.setAttribute("aria-label", `Hosts on trunk ${port.name}`);
    keep(peers, state.peers.filter((peer) => peer.lan === port.lan && peer.port === port.name), peerKey, tile, updatePeer);
    const group = port.options.group?.[0];
    fill(details, looks[port.state], `trunk ${port.name}${group ? ` · ${group}` : ""}`, portState(port), rates,
      portFacts(port));
    widen(cable, rates, looks[port.state]);
  };

  const createLan = () => {
    const guests = make("ul", "guests tiles");
    return make("section", "lan", make("h2"), make("div", "trunks"), make("p", "switch"), make("span", "drop"), guests,
      make("p", "faint"));
  };

  const updateLan = (element, lan) => {
    const [heading, trunks, node, drop, guests, doors] = element.children;
    const ports = state.ports.filter((port) => port.lan === lan.name);
    const here = ports.filter((port) => port.role === "guest");
    say(heading, `LAN ${lan.name}`);
    element.setAttribute("aria-label", `LAN ${lan.name}`);
    keep(trunks, ports.filter((port) => port.role === "trunk"), (port) => `${port.number}`, createTrunk, updateTrunk);
    const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
    say(node, `${state.host}: ${count(here.length, "guest port")}, ${count(lan.stations, "station")}` +
      (lan.fresh ? "" : " (last known)"));
    drop.hidden = here.length === 0;
    guests.setAttribute("aria-label", `Guests of LAN ${lan.name} on this host`);
    keep(guests, here, (port) => `${port.number}`, tile, updateGuest);
    say(doors, lan.doors.length ? `Doors: ${lan.doors.map((door) => door.path ?? door.listen ?? door.name).join(", ")}` :
      "No doors");
  };

  keep(parent, state.status.lans, (lan) => lan.name, createLan, updateLan);
}
