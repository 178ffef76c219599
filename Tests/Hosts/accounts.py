#!/usr/bin/env python3
"""Do stations and agents account for every frame? Compares what was counted before and after traffic.

  accounts.py BEFORE AFTER PORT OFFLOAD     PORT: the station's on host a

BEFORE and AFTER are directories with the files station and far, frames received, sent, received and dropped, of the two stations
that talked to each other and to nobody else, and a and b, the replies of their agents to ListPorts.
Succeeds when every frame that the station sent was received by its port, every frame that its port sent was received by
the station, and what both stations sent is what both received and what was counted as dropped anywhere. A station whose
port is the trunk is in its group: host b alone accounts for what it sends; what it hears twice, itself and copies that
its host drops, is its own. OFFLOAD, if not empty, says that a frame of the station may stand for many segments and counts once;
other stations get the segments of a frame that their port was sent.
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
                "merged": counters["coalescedSegments"] - counters["coalescedFrames"],
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
    problems = []

    def equal(what, left, right):
        if left != right:
            problems.append(f"{what}: {left} is not {right}")

    def dropped(host):
        return sum(count for who, counts in change.items() if who[0] == host
                   for what, count in counts.items() if what.startswith("dropped "))

    # On host b there are but two ports, the trunk and the far station's.
    trunk = change["b", "trunk"]
    equal("received by the trunk of b and sent by the far station, delivered and dropped there",
          trunk["rx"] + far["tx"], far["rx"] + trunk["tx"] + dropped("b"))
    if sys.argv[3] == "trunk":
        equal("sent by the station, received by the trunk of b", station["tx"], trunk["rx"])
    else:
        equal("sent by the station, received by its port", station["tx"], port["rx"])
        equal("sent by its port, received by the station", port["tx"] + (0 if sys.argv[4] else port["merged"]),
              station["rx"] + station["lost"])
    if sys.argv[4]:
        equal("offered to the station, delivered and dropped", far["tx"],
              station["rx"] + station["lost"] + port["merged"] + dropped("a") + dropped("b"))
        equal("sent by the trunk of a, received by the trunk of b", change["a", "trunk"]["tx"], trunk["rx"])
    elif sys.argv[3] != "trunk":
        equal("offered by both, delivered and dropped", station["tx"] + far["tx"],
              station["rx"] + station["lost"] + far["rx"] + dropped("a") + dropped("b"))
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
