"""Inside one host: guests' sockets or TAPs, one switch between them."""

import json
from dataclasses import replace
from typing import Callable

from . import traffic
from .rows import Contender, Figures, Goal, Row
from .switches import (
    Start, Switch, bare, bridge, need, no_switch, open_vswitch, raised_buffers, several, umbel, uml, vde)
from .world import World, run, wait_for

Run = Callable[[World], Figures]

PINNED = ("taskset", "-c", "0")
# What a client's socket gets by itself, as umbel-load asks for it: the kernel doubles it.
CLIENT_BUFFER = "106496"
# A LAN that learns many stations behind one guest, and one whose guest may flood.
MANY_STATIONS = "fdb-entries: 262144\nguest-stations: 262144"
NO_STORM_LIMIT = "storm-broadcast: 0"
BUSY_POLL = "busy-poll: 50us"
ADAPTIVE_POLL = "busy-poll: auto"


def load(place: World, mode: str, switch: Switch, words: tuple[str, ...], prefix: tuple[str, ...] = ()) -> Figures:
    """Runs umbel-load on a switch and reads its key=value pairs."""
    words = (mode, *switch.ways, *words, *(word for way in switch.others for word in ("--also", way)),
             *(word for process in switch.processes for word in ("--pid", str(process))))
    printed = run([*prefix, str(place.build / "umbel-load"), *words], switch.host)
    pairs = (word.partition("=") for word in printed.split())
    return {key: float(value) for key, _, value in pairs if value.replace(".", "", 1).replace("-", "", 1).isdigit()}


def throughput(mode: str, start: Start, *words: str) -> Run:
    """Frames or copies a second, with loss, CPU time a frame, and what came with another length, in per cent."""
    def measure(place: World) -> Figures:
        found = load(place, mode, start(place, ()), words)
        figures = {"rate": found["frames_per_second"], "loss": found["loss_percent"],
                   "altered": 100 * found["altered"] / max(1, found["received"])}
        if "switch_cpu_microseconds_per_frame" in found:
            figures["cpu"] = found["switch_cpu_microseconds_per_frame"]
        return figures
    return measure


def round_trip(start: Start, prefix: tuple[str, ...]) -> Run:
    """Microseconds there and back, of one frame at a time."""
    def measure(place: World) -> Figures:
        found = load(place, "ping", start(place, prefix), ("--count", "20000"), prefix)
        return {"p50": found["p50_microseconds"], "p99": found["p99_microseconds"],
                "loss": 100 * (1 - found["received"] / found["sent"])}
    return measure


def raised(run_it: Run) -> Run:
    """The same with the switch's socket buffers raised like ours; the clients' stay as they are."""
    def measure(place: World) -> Figures:
        with raised_buffers(place):
            return run_it(place)
    return measure


# ---- Rows ------------------------------------------------------------------------------------------------------------

PEERS = ("vde_switch", "uml_switch")
RAISED = ("vde_switch, buffers raised", "uml_switch, buffers raised")
LIMIT = "bare C switch"
# Peers as they are, and with sockets as large as ours.
AHEAD = (Goal(PEERS, at_least=1.0), Goal(RAISED, at_least=1.0))


def side_by_side(mode: str, *words: str, lan: str = "", vde_options: tuple[str, ...] = (), count: int = 1
                 ) -> tuple[Contender, ...]:
    """Those with sockets for guests, at the same work, in so many LANs at once."""
    vde_switch, uml_switch = several(vde(*vde_options), count), several(uml, count)
    same_clients = (*words, "--buffer", CLIENT_BUFFER)
    return (
        Contender("umbel", throughput(mode, umbel(lan=lan, lans=count), *words), "umbel"),
        Contender(LIMIT, throughput(mode, several(bare, count), *words), "limit"),
        Contender("vde_switch", throughput(mode, vde_switch, *words)),
        Contender("uml_switch", throughput(mode, uml_switch, *words)),
        Contender(RAISED[0], raised(throughput(mode, vde_switch, *same_clients)), quick=False),
        Contender(RAISED[1], raised(throughput(mode, uml_switch, *same_clients)), quick=False),
    )


def with_taps(*words: str) -> tuple[Contender, ...]:
    """Those that switch between TAPs, at the same work."""
    return (
        Contender("Open vSwitch, user space", throughput("pair", open_vswitch, *words), quick=False),
        Contender("kernel bridge, TAPs", throughput("pair", bridge, *words), "limit", quick=False),
    )


SHORT = ("vde_switch, queue of 10", "uml_switch, queue of 10")


def short_queues(*words: str) -> tuple[Contender, ...]:
    """Peers with the kernel's own queue of a datagram socket, as in a container."""
    def short(run_it: Run) -> Run:
        def measure(place: World) -> Figures:
            place.datagram_queue = 10
            place.set_datagram_queue(None)
            return run_it(place)
        return measure
    return (
        Contender(SHORT[0], short(throughput("pair", vde(), *words)), quick=False),
        Contender(SHORT[1], short(throughput("pair", uml, *words)), quick=False),
    )


def frame_size_row(size: int, goals: tuple[Goal, ...], frames: int) -> Row:
    words = ("--size", str(size), "--frames", str(frames))
    contenders = side_by_side("pair", *words) + with_taps(*words)
    if size < 1518:
        contenders += short_queues(*words)
    contenders += (Contender("no switch", throughput("pair", no_switch, *words), "limit", quick=False),)
    return Row(f"switch-{size}", f"two guests, frames of {size:,} bytes", "rate", "frames/s", contenders, goals,
               quick=size < 1518, plot=("frame size in bytes", size))


def mix_row(name: str, title: str, *words: str) -> Row:
    return Row(name, title, "rate", "frames/s", side_by_side("pair", *words), AHEAD)


def flood_row(receivers: int) -> Row:
    frames = 1_280_000 // receivers
    words = ("--receivers", str(receivers), "--frames", str(frames), "--warm-up", "1000")
    return Row(f"flood-{receivers}", f"broadcasts of 64 bytes to {receivers} guests", "rate", "copies/s",
               side_by_side("flood", *words, lan=NO_STORM_LIMIT, vde_options=("-n", "256")),
               AHEAD, quick=receivers == 16, plot=("receivers of a flood", receivers))


def stations_row(stations: int) -> Row:
    def words(count: int) -> tuple[str, ...]:
        return ("--stations", str(count), "--frames", "150000")
    # Peers that have no table for so many take their time.
    contenders = tuple(replace(contender, quick=contender.kind != "peer" or contender.quick and stations < 100_000)
                       for contender in side_by_side("pair", *words(stations), lan=MANY_STATIONS))
    rivals = PEERS
    if stations >= 10_000:
        rivals += ("vde_switch, hash enlarged",)
        contenders += (Contender(rivals[-1], throughput("pair", vde("--hashsize", "262144"), *words(stations))),)
    goals: tuple[Goal, ...] = (Goal(rivals, at_least=1.0), Goal(RAISED, at_least=1.0))
    if stations >= 100_000:
        contenders += (Contender("umbel, ten stations",
                                 throughput("pair", umbel(lan=MANY_STATIONS), *words(10)), "umbel"),)
        goals += (Goal(("umbel, ten stations",), at_least=0.95),)
    many = f"{stations:,} stations" if stations > 1 else "one station"
    return Row(f"stations-{stations}", f"{many} behind the sender, 64 bytes", "rate", "frames/s",
               contenders, goals, quick=stations >= 100_000, plot=("stations behind the sender", stations))


def round_trip_row(name: str, title: str, prefix: tuple[str, ...], at_most: float) -> Row:
    return Row(
        f"round-trip{name}", f"round trip, {title}", "p50", "us",
        (
            Contender("umbel", round_trip(umbel(), prefix), "umbel"),
            Contender("umbel, busy-poll", round_trip(umbel(options=BUSY_POLL), prefix), "umbel"),
            Contender("umbel, busy-poll: auto", round_trip(umbel(options=ADAPTIVE_POLL), prefix), "umbel"),
            Contender(LIMIT, round_trip(bare, prefix), "limit"),
            Contender("vde_switch", round_trip(vde(), prefix)),
            Contender("uml_switch", round_trip(uml, prefix)),
            Contender("kernel bridge, TAPs", round_trip(bridge, prefix), "limit"),
            Contender("no switch", round_trip(no_switch, prefix), "limit"),
        ),
        (Goal(("vde_switch",), at_most=at_most),), more_is_better=False, quick=bool(prefix))


def lans_row(count: int) -> Row:
    def words(lans: int) -> tuple[str, ...]:
        return ("--frames", str(320_000 // lans), "--warm-up", "1000")
    contenders = side_by_side("pair", *words(count), count=count)
    if count == 4:
        contenders += (Contender("umbel, one LAN", throughput("pair", umbel(), *words(1)), "umbel"),)
    return Row(
        f"lans-{count}", f"{count} LANs at once, 64 bytes, sum" if count > 1 else "one LAN, 64 bytes",
        "rate", "frames/s", contenders, AHEAD, plot=("LANs at once", count))


# ---- TCP from TAP to TAP ---------------------------------------------------------------------------------------------

def transfer(place: World, sender: str, receiver: str) -> Figures:
    """TCP from 10.0.0.1 on one host to 10.0.0.2 on another."""
    return traffic.tcp(place, ((sender, receiver),), lambda _: "10.0.0.2", "10.0.0.1")


def address(host: str, device: str, last: int) -> None:
    run(["ip", "address", "add", f"10.0.0.{last}/24", "dev", device], host)
    run(["ip", "link", "set", device, "up"], host)


def umbel_taps(place: World) -> Figures:
    """One umbeld with two TAPs. Both are in its network, with routes and rules that make two hosts of it: what goes to
    the other's address leaves by the own TAP, though both addresses are here."""
    host = place.host("s")
    place.agent("a", "lans:\n  bench:\n    ports:\n"
                "      - {transport: tap, device: tap1}\n      - {transport: tap, device: tap2}\n", host)
    run(["ip", "rule", "add", "pref", "20", "iif", "tap1", "lookup", "local"], host)
    run(["ip", "rule", "add", "pref", "20", "iif", "tap2", "lookup", "local"], host)
    run(["ip", "rule", "delete", "pref", "0"], host)
    for own, other in ((1, 2), (2, 1)):
        run(["sysctl", "-qw", f"net.ipv4.conf.tap{own}.accept_local=1", f"net.ipv4.conf.tap{own}.rp_filter=0",
             f"net.ipv4.conf.tap{own}.arp_ignore=1"], host)
        run(["ip", "address", "add", f"10.0.0.{own}/32", "dev", f"tap{own}"], host)
        run(["ip", "route", "add", f"10.0.0.{other}", "dev", f"tap{own}", "src", f"10.0.0.{own}"], host)
    figures = transfer(place, host, host)
    carried = json.loads(run(["ip", "-s", "-j", "link", "show", "tap2"], host))[0]["stats64"]["rx"]["bytes"]
    if carried * 8 < figures["rate"] * 1e9:  # bytes of two seconds
        raise RuntimeError("the transfer did not come by the TAP")
    return figures


def bridge_wires(place: World) -> Figures:
    """The kernel's bridge, with a veth pair to each host: what a host has without a TAP."""
    place.host("s")
    run(["ip", "link", "add", "br0", "type", "bridge"], "s")
    run(["ip", "link", "set", "br0", "up"], "s")
    for last, host in enumerate(("a", "b"), 1):
        place.wire(place.host(host), "s", f"eth{last}")
        run(["ip", "link", "set", f"eth{last}", "master", "br0"], "s")
        address(host, f"eth{last}", last)
    return transfer(place, "a", "b")


def vde_taps(place: World) -> Figures:
    """vde_switch, and a vde_plug2tap on each host."""
    need("vde_plug2tap")
    switch = vde()(place, ()).ways[0].removeprefix("vde:")
    for last, host in enumerate(("a", "b"), 1):
        place.start(["vde_plug2tap", "-s", switch, "tap0"], place.host(host))
        wait_for(lambda: "tap0" in run(["ip", "-br", "link"], host))
        address(host, "tap0", last)
    return transfer(place, "a", "b")


TAP_ROW = Row(
    "tap-to-tap", "TCP from TAP to TAP", "rate", "Gb/s",
    (Contender("umbel", umbel_taps, "umbel"), Contender("kernel bridge, veth", bridge_wires, "limit"),
     Contender("vde_switch", vde_taps), Contender(RAISED[0], raised(vde_taps), quick=False)),
    (Goal(("kernel bridge, veth",), at_least=1.0),), quick=True)


def socket_goals(ahead: float) -> tuple[Goal, ...]:
    """Against the peers with the kernel's queues, with those of a host that systemd has started, and with buffers like
    ours; against the bare switch."""
    goals = [goal for others in (SHORT, PEERS, RAISED)
             for goal in (Goal(others, at_least=ahead), Goal(others, at_most=0.40, figure="cpu"))]
    return (*goals, Goal((LIMIT,), at_least=0.95))


ROWS: list[Row] = [
    frame_size_row(64, socket_goals(2.0), 300_000),
    frame_size_row(1514, socket_goals(2.2), 250_000),
    frame_size_row(9014, (Goal((), at_most=0, figure="altered"), Goal((LIMIT,), at_least=0.95)), 100_000),
    mix_row("imix", "two guests, IMIX (60, 590, 1,514 bytes; 7:4:1)", "--imix", "--frames", "250000"),
    mix_row("four-flows", "four pairs of guests at once, 64 bytes", "--flows", "4", "--frames", "75000"),
    mix_row("both-ways", "two guests, both directions at once, 64 bytes", "--both", "--frames", "150000"),
    *(flood_row(receivers) for receivers in (16, 64)),
    *(stations_row(stations) for stations in (1, 10_000, 100_000)),
    round_trip_row("-one-core", "all on one core", PINNED, 1.05),
    round_trip_row("", "on all cores", (), 0.75),
    *(lans_row(count) for count in (1, 4, 16)),
    Row("streams", "guests that batch (QEMU's stream), 64 bytes", "rate", "frames/s",
        (Contender("umbel", throughput("pair", umbel(door="stream", way="stream"), "--frames", "2000000"), "umbel"),
         Contender("umbel, seqpacket", throughput("pair", umbel(), "--frames", "300000"), "umbel")),
        (Goal(("umbel, seqpacket",), at_least=5.0),)),
    TAP_ROW,
]
