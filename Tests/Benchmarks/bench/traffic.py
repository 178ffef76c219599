"""What crosses the networks of peers.py: TCP, datagrams, round trips."""

import json
import math
import statistics
import subprocess
from typing import Callable, Iterable

from .peers import address
from .rows import Figures
from .switches import need
from .world import World, machine_cpu_seconds, run, wait_for

# Payloads in UDP over IPv4: frames of 64 bytes; and of 64, 594 and 1,414, which is what the devices carry, 7 to 4 to 1.
SMALL = (22,)
MIXED = (22, 552, 22, 22, 552, 22, 1372, 22, 552, 22, 552, 22)


def tcp(place: World, pairs: Iterable[tuple[str, str]] = (("a", "b"),), to: Callable[[str], str] = address,
        source_address: str | None = None, flows: int = 1, both: bool = False, control: str | None = None,
        seconds: int = 2) -> Figures:
    """iperf3 between pairs of hosts at the same time, to the address of each: received Gb/s, and the machine's CPU
    seconds a gigabit. `control` is how the senders control congestion; None: as this machine's TCP does."""
    need("iperf3")
    pairs = tuple(pairs)
    for source, target in pairs:
        if control:
            run(["sysctl", "-q", "-w", f"net.ipv4.tcp_congestion_control={control}"], source)
        place.start(["iperf3", "--server", "--one-off"], target)
        wait_for(lambda: ":5201" in run(["ss", "-Hlnt"], target))
    began = machine_cpu_seconds()
    clients = [place.start(
        ["iperf3", "--client", to(target), "--json", "--time", str(seconds), "--parallel", str(flows),
         *(["--bidir"] if both else []), *(["--bind", source_address] if source_address else [])], source, stdout=subprocess.PIPE, text=True)
        for source, target in pairs]
    bits = 0.0
    retransmits = 0
    for client in clients:
        report = json.loads(client.communicate(timeout=60)[0])
        if "error" in report:
            raise RuntimeError(f"iperf3: {report['error']}")
        end = report["end"]
        for way in ("", "_bidir_reverse") if both else ("",):
            received, sent = end[f"sum_received{way}"], end[f"sum_sent{way}"]
            bits += received["bytes"] * 8 / received["seconds"]
            retransmits += sent["retransmits"]
    cpu = machine_cpu_seconds() - began
    return {"rate": bits / 1e9, "machine_cpu_s_a_gigabit": cpu / (bits * seconds / 1e9), "retransmits": retransmits}


def datagrams(place: World, sizes: tuple[int, ...] = SMALL, batch: int = 64, rate: float = 0,
              seconds: float = 1, segments: int = 1) -> Figures:
    """UDP from host a to host b: delivered datagrams a second, and percent lost."""
    load = str(place.build / "umbel-load")
    receiver = place.start([load, "datagrams", "receive"], "b", stdout=subprocess.PIPE, text=True)
    assert receiver.stdout is not None
    receiver.stdout.readline()
    began = machine_cpu_seconds()
    sent = values(run(
        [load, "datagrams", "send", address("b"), "--sizes", ",".join(map(str, sizes)), "--batch", str(batch),
         "--seconds", str(seconds), "--rate", str(rate), "--segments", str(segments)], "a"))
    received = values(receiver.communicate(timeout=60)[0])
    cpu = machine_cpu_seconds() - began
    return {"rate": received["datagrams_per_second"], "loss": 100 * (1 - received["received"] / sent["sent"]),
            "offered": sent["datagrams_per_second"], "misordered": received["misordered"],
            "machine_cpu_us_a_frame": cpu * 1e6 / max(1, received["received"])}


def clean(place: World, sizes: tuple[int, ...] = SMALL, batch: int = 64) -> Figures:
    """The most datagrams a second, of a few rates tried, of which at most one in a hundred is lost."""
    best = datagrams(place, sizes, batch, seconds=0.5)
    if best["loss"] <= 1:
        return best
    high, low = best["offered"], 0.0
    # What is delivered at saturation may be more than is carried without loss, or, with much work for what is lost, less.
    rate, best = best["rate"], {"rate": 0.0, "loss": 100.0}
    for _ in range(6):
        found = datagrams(place, sizes, batch, rate, seconds=0.5)
        if found["loss"] <= 1:
            low = rate
            if found["rate"] > best["rate"]:
                best = found
        else:
            high = rate
        rate = math.sqrt(low * high) if low > 0 else high / 2
    return best


def round_trips(place: World, count: int = 2000) -> Figures:
    """Echo requests from host a to b, answered by b's kernel, one at a time: percentiles in microseconds."""
    words = run(["ping", "-A", "-c", str(count), "-w", "8", address("b")], "a").split()
    times = sorted(float(word[5:]) * 1000 for word in words if word.startswith("time=") and word[5:])
    if len(times) < count * 0.9:
        raise RuntimeError(f"{len(times)} of {count} echo requests were answered")
    return {"p50": statistics.median(times), "p99": times[int(len(times) * 0.99)],
            "loss": 100 * (1 - len(times) / count)}


def values(line: str) -> Figures:
    """The numbers among key=value pairs."""
    found = {}
    for word in line.split():
        key, _, value = word.partition("=")
        try:
            found[key] = float(value)
        except ValueError:
            pass
    return found
