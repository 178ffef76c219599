"""Across hosts: from one host's device to another's, and from guest to guest."""

import pathlib

from . import guests, peers, traffic
from .local import ADAPTIVE_POLL, BUSY_POLL, CLIENT_BUFFER, Run, raised, throughput
from .peers import MERGED, SEGMENTED, UNDERLAYS, VETH, Network, Underlay
from .rows import Contender, Figures, Goal, Row
from .switches import Switch, bare
from .world import World, wait_for

KERNEL = ("kernel VXLAN",)
LIMIT = "bare C tunnel"
VXVDE = ("vxvde",)
PEERS = ("vxvde", "tinc", "n2n")
RAISED = ("vxvde, buffers raised", "tinc, buffers raised")
AHEAD = (Goal(PEERS, at_least=1.0), Goal(RAISED, at_least=1.0))


def across(network: Network, work: Run, underlay: Underlay = VETH, count: int = 2) -> Run:
    """A contender's run: hosts on an underlay, joined by a network, and then work."""
    def measure(place: World) -> Figures:
        peers.hosts(place, count, underlay)
        network(place)
        return work(place)
    return measure


def contenders(work: Run, underlay: Underlay = VETH, count: int = 2, plain: bool = False) -> tuple[Contender, ...]:
    """All who can join hosts, for one piece of work. `plain`: ours without GSO and GRO, too."""
    trunk = "vxlan" if count == 2 else "vxlan-group"
    ours = [Contender("umbel", across(peers.umbel(trunk), work, underlay, count), "umbel"),
            Contender("umbel, mcast", across(peers.umbel("mcast"), work, underlay, count), "umbel", quick=False)]
    if plain:
        ours.append(Contender("umbel, no GSO", across(
            peers.umbel(trunk, ", gso: false, gro: false"), work, underlay, count), "umbel", quick=False))
    others = {"vxvde": peers.vxvde, "tinc": peers.tinc, "n2n": peers.n2n}
    limits = [Contender(KERNEL[0], across(peers.kernel, work, underlay, count), "limit")]
    if count == 2:
        limits.append(Contender(LIMIT, across(peers.bare, work, underlay, count), "limit", quick=False))
    return (*ours, *limits,
            *(Contender(name, across(network, work, underlay, count)) for name, network in others.items()),
            *(Contender(name, raised(across(network, work, underlay, count)), quick=False)
              for name, network in zip(RAISED, others.values())))


def tcp_rows() -> list[Row]:
    wanted = {VETH: 0.75, SEGMENTED: 1.0, MERGED: 1.4}
    rows = [
        Row(f"sites-tcp-{underlay.name}", f"TCP across two hosts, {underlay.title}", "rate", "Gb/s",
            contenders(traffic.tcp, underlay, plain=True),
            (Goal(KERNEL, at_least=wanted[underlay]), Goal(PEERS, at_least=12), Goal(RAISED, at_least=12)),
            quick=underlay is VETH)
        for underlay in UNDERLAYS]
    rows.append(Row("sites-tcp-unpaced", "TCP across two hosts, not paced (Reno)", "rate", "Gb/s",
                    contenders(lambda place: traffic.tcp(place, control="reno")), AHEAD))
    rows.append(Row("sites-tcp-flows", "TCP across two hosts, four flows", "rate", "Gb/s",
                    contenders(lambda place: traffic.tcp(place, flows=4)), AHEAD))
    rows.append(Row("sites-tcp-both", "TCP across two hosts, both directions", "rate", "Gb/s",
                    contenders(lambda place: traffic.tcp(place, both=True)), AHEAD))
    ring = (("a", "b"), ("b", "c"), ("c", "a"))
    rows.append(Row("sites-tcp-three", "TCP around three hosts of one group", "rate", "Gb/s",
                    contenders(lambda place: traffic.tcp(place, ring), count=3), AHEAD))
    return rows


def datagram_rows() -> list[Row]:
    small = (Goal(KERNEL, at_least=2.3), Goal(VXVDE, at_least=7), Goal(RAISED[:1], at_least=7))
    rows = [
        Row(f"sites-small-{underlay.name}", f"64-byte frames across two hosts, {underlay.title}", "rate", "frames/s",
            contenders(traffic.datagrams, underlay, plain=underlay is VETH), small, loss_limit=None,
            quick=underlay is VETH)
        for underlay in UNDERLAYS]
    rows.append(Row("sites-small-clean", "64-byte frames across two hosts, at most 1 % lost", "rate", "frames/s",
                    contenders(traffic.clean), small))
    rows.append(Row("sites-small-segments", "64-byte frames, 64 a system call by UDP_SEGMENT", "rate", "frames/s",
                    contenders(lambda place: traffic.datagrams(place, batch=1, segments=64)), AHEAD, loss_limit=None))
    rows.append(Row("sites-unbatched", "64-byte frames, one a system call", "rate", "frames/s",
                    contenders(lambda place: traffic.datagrams(place, batch=1)),
                    (Goal(KERNEL, at_least=0.7), *AHEAD), loss_limit=None))
    rows.append(Row("sites-mixed", "mixed sizes across two hosts", "rate", "frames/s",
                    contenders(lambda place: traffic.datagrams(place, traffic.MIXED)), AHEAD, loss_limit=None))
    return rows


def round_trip_row() -> Row:
    work = traffic.round_trips
    polling = "umbel, busy-poll"
    return Row("sites-round-trip", "round trip across two hosts, p50", "p50", "us", (
        Contender("umbel", across(peers.umbel(), work), "umbel"),
        Contender(polling, across(peers.umbel(agent=f"{BUSY_POLL}\n"), work), "umbel"),
        Contender("umbel, busy-poll: auto", across(peers.umbel(agent=f"{ADAPTIVE_POLL}\n"), work), "umbel"),
        *(contender for contender in contenders(work)
          if contender.kind != "umbel" and contender.name not in RAISED),
        Contender("bare C tunnel, spinning", across(lambda place: peers.bare(place, "spin"), work), "limit", quick=False),
    ), (Goal(VXVDE, at_most=0.3, of=polling), Goal(VXVDE, at_most=1.0, figure="p99", of=polling)), more_is_better=False)


def doors(place: World, options: str = "") -> tuple[list[pathlib.Path], list[int]]:
    """Two hosts, each with an agent whose LAN has a multicast trunk: their doors for guests, and the agents. `options`
    is more of the agent, in YAML."""
    peers.hosts(place)
    agents = [place.agent(host, (
        f"{options}lans:\n  bench:\n    doors: [bess]\n    ports:\n      - {{name: site, transport: mcast, role: trunk, "
        f"group: {peers.GROUP}, port: 1102, interface: eth0}}\n"), host) for host in ("a", "b")]
    return [directory / "bench" / "bess" for _, directory in agents], [process.pid for process, _ in agents]


def sockets_row() -> Row:
    def umbel(place: World, prefix: tuple[str, ...]) -> Switch:
        paths, agents = doors(place)
        return Switch(tuple(f"seqpacket:{path}" for path in paths), tuple(agents))

    def vxvde(place: World, prefix: tuple[str, ...]) -> Switch:
        peers.hosts(place)
        directories, processes = peers.vde_switches(place)
        return Switch(tuple(f"vde:{path}" for path in directories), tuple(processes))

    return Row("sites-sockets", "sockets - multicast - sockets, 64 bytes", "rate", "frames/s",
               (Contender("umbel", throughput("pair", umbel, "--frames", "400000"), "umbel"),
                Contender("vxvde", throughput("pair", vxvde, "--frames", "150000")),
                Contender(RAISED[0], raised(throughput(
                    "pair", vxvde, "--frames", "150000", "--buffer", CLIENT_BUFFER)), quick=False)),
               (Goal(VXVDE, at_least=3.5), Goal(RAISED[:1], at_least=3.5)), quick=True)


def guests_row() -> Row:
    def umbel(options: str = "") -> Run:
        def measure(place: World) -> Figures:
            paths, _ = doors(place, options)
            return guests.pair(place, (paths[0], "a"), (paths[1], "b"))
        return measure

    def relay(place: World) -> Figures:
        path = pathlib.Path(bare(place, ()).ways[0].removeprefix("seqpacket:"))
        return guests.pair(place, (path, None), (path, None))

    def tunnels(place: World) -> Figures:
        peers.hosts(place)
        paths = [place.directory / f"bare-{host}" for host in ("a", "b")]
        for path, own, other in ((paths[0], "a", "b"), (paths[1], "b", "a")):
            peers.bare_tunnel(place, "seqpacket", str(path), own, other)
            wait_for(path.exists)
        return guests.pair(place, (paths[0], "a"), (paths[1], "b"))

    return Row("sites-guests", "TCP from UML guest to UML guest across hosts", "rate", "Gb/s",
               (Contender("umbel", umbel(), "umbel"),
                Contender("umbel, busy-poll: auto", umbel(f"{ADAPTIVE_POLL}\n"), "umbel"),
                Contender("bare C switch, one host", relay, "limit"),
                Contender("bare C tunnels, two hosts", tunnels, "limit")),
               (Goal(("bare C switch, one host",), at_least=0.95),))


ROWS: list[Row] = [*tcp_rows(), *datagram_rows(), round_trip_row(), sockets_row(), guests_row()]
