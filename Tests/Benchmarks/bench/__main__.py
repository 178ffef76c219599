"""Runs all rows, round after round, and writes the tables and plots. Called by contrib/bench."""

import argparse
import fnmatch
import json
import pathlib
import signal
import sys
import time
from dataclasses import replace

from . import local, sites, threads
from .machine import facts
from .report import Table
from .rows import Missing, Results, Row
from .world import world

# When --quick begins nothing more; no round begins that would last longer.
QUICK_SECONDS = 160
QUICK_ROUNDS = 3


def measure(rows: list[Row], build: pathlib.Path, rounds: int, seconds: float | None) -> tuple[Results, int]:
    """Every contender of every row, started fresh, one after the other; then the next round, as long as there are
    rounds and time. Returns the figures and how many rounds there were."""
    results = Results()
    began = time.monotonic()
    for number in range(rounds):
        round_began = time.monotonic()
        for row in rows:
            for contender in row.contenders:
                if seconds is not None and time.monotonic() - began > seconds:
                    results.missing.setdefault(f"{row.name}: {contender.name}", "no time was left")
                    continue
                measure_one(row.name, contender, build, results, f"{number + 1}/{rounds}")
        now = time.monotonic()
        if seconds is not None and now - began + (now - round_began) > seconds:
            return results, number + 1
    return results, rounds


def measure_one(row: str, contender, build: pathlib.Path, results: Results, number: str) -> None:
    key = f"{row}: {contender.name}"
    if key in results.missing:
        return
    began = time.monotonic()
    try:
        with world(build) as place:
            figures = contender.run(place)
    except Missing as reason:
        results.missing[key] = str(reason)
        print(f"bench: {key} left out: {reason}", file=sys.stderr)
        return
    except Exception as error:  # one that fails must not take the others' figures with it
        results.failed[key] = str(error) or repr(error)
        print(f"bench: {key} failed: {error}", file=sys.stderr)
        return
    results.add(row, contender.name, figures)
    shown = " ".join(f"{name}={value:.6g}" for name, value in figures.items())
    print(f"bench: {number} {key}: {shown} ({time.monotonic() - began:.1f} s)", file=sys.stderr)


def write(table: Table, about: dict[str, str], directory: pathlib.Path) -> None:
    """bench.json, bench.md and the plots."""
    (directory / "bench.json").write_text(json.dumps({"machine": about, "rows": table.json()}, indent=1) + "\n")
    try:
        from . import plots
        images = plots.draw(table, directory)
    except ImportError:
        images = []
        print("bench: no plots: python3-matplotlib is not installed", file=sys.stderr)
    (directory / "bench.md").write_text("\n".join([
        "# Umbel beside its peers\n",
        *(f"- {name}: {value}" for name, value in about.items()),
        "\nMedians; only ratios within one run count. How it was measured: `contrib/doc/bench.md`.\n",
        table.summary(), "## All figures\n", table.details(),
        *(f"![{image.stem.replace('-', ' ')}]({image.name})" for image in images)]) + "\n")


def end(*_) -> None:
    """Leaves, by way of what puts things back, which a second signal does not cut short."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(143)


def main() -> None:
    parser = argparse.ArgumentParser(prog="contrib/bench", allow_abbrev=False,
                                     description="Measures Umbel beside its peers and the limits.",
                                     epilog="The rows are explained in contrib/doc/bench.md.")
    parser.add_argument("--build", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="fewer rows and rounds, in less than three minutes")
    parser.add_argument("--rounds", type=int, metavar="N", help=f"default 5; with --quick at most {QUICK_ROUNDS}, as time allows")
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN",
                        help="rows by name, such as 'switch-*'; may be given again")
    parser.add_argument("--list", action="store_true", help="only print the names of the rows")
    parser.add_argument("--output", type=pathlib.Path, metavar="DIR",
                        help="where bench.md, bench.json and the plots go; default: .build/bench")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a goal is missed")
    arguments = parser.parse_args()
    if arguments.rounds is not None and arguments.rounds < 1:
        parser.error("--rounds is 1 or more")
    rows = [row for row in local.ROWS + threads.ROWS + sites.ROWS
            if (not arguments.quick or row.quick)
            and (not arguments.only or any(fnmatch.fnmatch(row.name, pattern) for pattern in arguments.only))]
    if not rows:
        parser.error("no row has such a name; --list shows them")
    if arguments.quick:
        rows = [replace(row, contenders=tuple(contender for contender in row.contenders if contender.quick))
                for row in rows]
    if arguments.list:
        for row in rows:
            print(f"{row.name:24} {row.title}")
        return
    signal.signal(signal.SIGTERM, end)
    rounds = arguments.rounds or (QUICK_ROUNDS if arguments.quick else 5)
    results, done = measure(rows, arguments.build, rounds, QUICK_SECONDS if arguments.quick else None)
    note = "; --quick: fewer rows and rounds, for a first look" if arguments.quick else ""
    about = facts(arguments.build, done, note)
    table = Table(rows, results)
    arguments.output.mkdir(parents=True, exist_ok=True)
    write(table, about, arguments.output)

    for name, value in about.items():
        print(f"{name}: {value}")
    print(f"\n{table.text()}")
    verdicts = [verdict for row in rows for verdict in table.verdicts(row)]
    missed = sum(verdict.met is False for verdict in verdicts)
    print(f"{sum(verdict.met is True for verdict in verdicts)} goals met, {missed} missed,"
          f" {sum(verdict.met is None for verdict in verdicts)} not measured; all figures are in {arguments.output}")
    if arguments.check and missed:
        sys.exit(1)


main()
