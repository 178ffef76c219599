#!/usr/bin/env python3
"""Prints which kinds of attachment talk to each other across two hosts, as a triangle.

  pairs.py PREFIX KIND…     the file PREFIXa-KIND holds the stations that a-KIND does not reach, a line each: b-KIND

A pair is one of each kind, on either host: o talks both ways round, X does not.
"""

import sys
from pathlib import Path


def main():
    prefix, *kinds = sys.argv[1:]
    unreached = set()
    for kind in kinds:
        for host in "ab":
            for line in Path(f"{prefix}{host}-{kind}").read_text().splitlines():
                unreached.add((f"{host}-{kind}", line.strip()))
    width = max(map(len, kinds))
    failed = 0
    for i, first in enumerate(kinds):
        marks = []
        for second in kinds[:i + 1]:
            ways = [(f"{x}-{one}", f"{y}-{other}") for one, other in ((first, second), (second, first))
                    for x, y in ("ab", "ba")]
            marks.append("X" if unreached.intersection(ways) else "o")
        failed += marks.count("X")
        print(first.ljust(width), " ".join(marks))
    pairs = len(kinds) * (len(kinds) + 1) // 2
    if failed:
        print(f"{failed} of {pairs} pairs of kinds do not talk across two hosts")
    else:
        print(f"all {pairs} pairs of {len(kinds)} kinds talk across two hosts")


if __name__ == "__main__":
    main()
