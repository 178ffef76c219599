"""Inside one host: guests' sockets, one switch between them."""

from .rows import Contender, Figures, Goal, Row
from .world import World, run, wait_for


def load(place: World, *arguments: str, pid: int | None = None) -> Figures:
    """Runs umbel-load and reads its key=value pairs."""
    words = run([str(place.build / "umbel-load"), *arguments, *(["--pid", str(pid)] if pid else [])]).split()
    return {key: float(value) for key, _, value in (word.partition("=") for word in words)
            if value.replace(".", "", 1).replace("-", "", 1).isdigit()}


def pair(figures: Figures) -> Figures:
    return {"rate": figures["frames_per_second"], "loss": figures["loss_percent"],
            **({"cpu": figures["switch_cpu_microseconds_per_frame"]}
               if "switch_cpu_microseconds_per_frame" in figures else {})}


def umbel(size: int):
    def measure(place: World) -> Figures:
        agent, directory = place.agent("a", "lans:\n  bench:\n    doors: [bess]\n")
        return pair(load(place, "pair", f"seqpacket:{directory}/bench/bess", "--size", str(size), pid=agent.pid))
    return measure


def bare(size: int):
    def measure(place: World) -> Figures:
        path = place.directory / "bare"
        switch = place.start([str(place.build / "bare-switch"), str(path)])
        wait_for(path.exists)
        return pair(load(place, "pair", f"seqpacket:{path}", "--size", str(size), pid=switch.pid))
    return measure


ROWS: list[Row] = [
    Row(f"switch-{size}", f"two guests, {size} bytes", "rate", "frames/s",
        (Contender("umbel", umbel(size), "umbel"), Contender("bare C switch", bare(size), "limit")),
        goals=(Goal(("bare C switch",), at_least=0.95),), quick=True, plot=("frame size", size))
    for size in (64, 1514)
]
