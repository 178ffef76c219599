"""Several LANs on the forwarding threads of one agent, with a load that leaves the processors to them.

    umbel-load ─ stream ─ LAN ─ vxlan ─ eth0 ── wire ── nobody

Each LAN has a sender, which costs a fifteenth of what the switch does with its frames, and a trunk of its own UDP port,
so that LANs may be on different threads. The wire's other end has no address: the kernel drops there what comes.
"""

import json
import pathlib
import subprocess
import time

from .local import Run
from .rows import Contender, Figures, Goal, Row
from .traffic import values
from .world import World, cpu_seconds, run, wait_for

FRAME = 64
# Ethernet, IPv4 and UDP of a packet of the underlay, and VXLAN with the frame of each datagram in it.
PACKET = 14 + 20 + 8
DATAGRAM = 8 + FRAME
SECONDS = 2.0


def lans(agents: int, each: int, threads: int) -> Run:
    """A run of so many agents with so many LANs and forwarding threads each."""
    def measure(place: World) -> Figures:
        place.wire(place.host("a"), place.host("nobody"))
        run(["ip", "address", "add", "10.0.0.1/24", "dev", "eth0"], "a")
        # Not the other end's address, so that its network looks no further.
        run(["ip", "neighbour", "add", "10.0.0.2", "lladdr", "02:00:00:00:00:02", "dev", "eth0"], "a")
        doors: list[pathlib.Path] = []
        processes: list[int] = []
        for agent in range(agents):
            numbers = range(agent * each, (agent + 1) * each)
            process, directory = place.agent(f"agent{agent}", f"threads: {threads}\nlans:\n" + "".join(
                f"  bench{number}:\n    doors: [stream]\n    storm-unknown: 0\n    ports:\n      - {{name: site, "
                f"role: trunk, transport: vxlan, vni: {number + 1}, port: {4789 + number}, peers: [10.0.0.2]}}\n"
                for number in numbers), "a")
            processes.append(process.pid)
            doors += [directory / f"bench{number}" / "stream" for number in numbers]
        return pour(place, doors, processes)
    return measure


def pour(place: World, doors: list[pathlib.Path], agents: list[int]) -> Figures:
    """Frames a second that leave by the wire while each door gets as many as it takes; and the loss, to the last."""
    before = sent()
    senders = [place.start([str(place.build / "umbel-load"), "pour", f"stream:{door}", "--size", str(FRAME),
                            "--seconds", str(SECONDS + 1)], stdout=subprocess.PIPE, text=True) for door in doors]
    wait_for(lambda: sent() > before + 10_000 * len(doors))
    began, frames, used = time.monotonic(), sent(), sum(map(cpu_seconds, agents))
    time.sleep(SECONDS)
    seconds, frames, used = time.monotonic() - began, sent() - frames, sum(map(cpu_seconds, agents)) - used
    if any(sender.poll() is not None for sender in senders):
        raise RuntimeError("a sender ended early")
    offered = sum(values(sender.communicate(timeout=30)[0])["sent"] for sender in senders)
    carried, last = sent(), None
    while carried != last:
        time.sleep(0.1)
        carried, last = sent(), carried
    return {"rate": frames / seconds, "cpu": used * 1e6 / frames,
            "loss": max(0.0, 100 * (1 - (carried - before) / offered))}


def sent() -> int:
    """Frames that have left by the wire, as its device counts them. A packet may be a run of datagrams."""
    device = json.loads(run(["ip", "-s", "-j", "link", "show", "eth0"], "a"))[0]["stats64"]["tx"]
    return (device["bytes"] - PACKET * device["packets"]) // DATAGRAM


ROWS: list[Row] = [Row(
    "lans-4-threads", "four LANs at once on two threads, streams to trunks", "rate", "frames/s",
    (
        Contender("umbel", lans(agents=1, each=4, threads=2), "umbel"),
        Contender("umbel, one LAN", lans(agents=1, each=1, threads=1), "umbel"),
        Contender("umbel, two agents", lans(agents=2, each=2, threads=1), "umbel"),
    ),
    (Goal(("umbel, one LAN",), at_least=1.8),))]
