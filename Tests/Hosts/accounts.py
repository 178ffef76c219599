#!/usr/bin/env python3
"""Do stations and agents account for every frame? Compares what was counted before and after traffic.

  accounts.py BEFORE AFTER PORT     PORT: the station's on host a

BEFORE and AFTER are directories with the files station and far, frames received, sent, received and dropped, of the two stations
that talked to each other and to nobody else, and a and b, the replies of their agents to ListPorts.
Succeeds when every frame that the station sent was received by its port, every frame that its port sent was received by
the station, and what both stations sent is what both received and what was counted as dropped anywhere.
"""

import json
import sys
from pathlib import Path


def read(directory):
    figures = {}
    for station in ("station", "far"):
        figures[station] = dict(zip(("rx", "tx", "lost"), map(int, (directory / station).read_text().split())))
    for host in ("a", "b"):
        for port in json.loads((directory / host).read_text())["ports"]:
            counters = port["counters"]
            figures[host, port["name"]] = {
                "rx": counters["receivedFrames"], "tx": counters["sentFrames"], "queued": counters["queuedFrames"],
                **{f"dropped {reason}": count for reason, count in port["drops"].items()},
                **{f"transport {name}": count for name, count in port["transportCounters"].items()},
            }
    return figures


def main():
    before, after = (read(Path(name)) for name in sys.argv[1:3])
    change = {who: {what: count - before.get(who, {}).get(what, 0) for what, count in counts.items()}
              for who, counts in after.items()}
    for who, counts in change.items():
        print(who, {what: count for what, count in counts.items() if count})
    station, far, port = change["station"], change["far"], change["a", sys.argv[3]]
    dropped = station["lost"] + far["lost"] + sum(
        count for who, counts in change.items() for what, count in counts.items() if what.startswith("dropped "))
    problems = []
    if sys.argv[3] != "trunk":
        if station["tx"] != port["rx"]:
            problems.append(f"the station sent {station['tx']}, its port received {port['rx']}")
        if station["rx"] + station["lost"] != port["tx"]:
            problems.append(f"the port sent {port['tx']}, its station received {station['rx']} + {station['lost']}")
    offered, delivered = station["tx"] + far["tx"], station["rx"] + far["rx"]
    if offered != delivered + dropped:
        problems.append(f"offered {offered}, delivered {delivered}, counted as dropped {dropped}")
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
