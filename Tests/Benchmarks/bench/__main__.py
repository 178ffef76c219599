"""Runs all rows, round after round, and writes the table. Called by contrib/bench."""

import argparse
import fnmatch
import pathlib
import statistics
import sys
import time

from . import local, sites
from .rows import Missing, Results, Row
from .world import world


def measure(rows: list[Row], build: pathlib.Path, rounds: int) -> Results:
    """Every contender of every row, started fresh, one after the other; then the next round."""
    results = Results()
    for number in range(rounds):
        for row in rows:
            for contender in row.contenders:
                key = f"{row.name}: {contender.name}"
                if key in results.missing:
                    continue
                began = time.monotonic()
                try:
                    with world(build) as place:
                        figures = contender.run(place)
                except Missing as reason:
                    results.missing[key] = str(reason)
                    print(f"bench: {key} left out: {reason}", file=sys.stderr)
                    continue
                results.add(row.name, contender.name, figures)
                shown = " ".join(f"{name}={value:.6g}" for name, value in figures.items())
                print(f"bench: {number + 1}/{rounds} {key}: {shown} ({time.monotonic() - began:.1f} s)", file=sys.stderr)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    rows = [row for row in local.ROWS + sites.ROWS
            if (not arguments.quick or row.quick)
            and (not arguments.only or any(fnmatch.fnmatch(row.name, pattern) for pattern in arguments.only))]
    if arguments.list:
        for row in rows:
            print(f"{row.name:24} {row.title}")
        return
    results = measure(rows, arguments.build, arguments.rounds)
    for row in rows:
        for contender in row.contenders:
            values = results.values.get(row.name, {}).get(contender.name, {}).get(row.figure)
            if values:
                print(f"{row.title:40} {contender.name:20} {statistics.median(values):14.1f} {row.unit}")


main()
