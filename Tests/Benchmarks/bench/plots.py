"""Plots of the rows that say where they belong in one."""

import pathlib

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot, ticker  # noqa: E402

from .report import Table, number  # noqa: E402
from .rows import Row  # noqa: E402


def draw(table: Table, directory: pathlib.Path) -> list[pathlib.Path]:
    """One file for each first word of `Row.plot` that has two rows or more: its figure, and the CPU time a frame beside
    it where there is one. Returns the files."""
    groups: dict[str, list[Row]] = {}
    for row in table.rows:
        if row.plot:
            groups.setdefault(row.plot[0], []).append(row)
    files = []
    for word, rows in groups.items():
        if len(rows) < 2:
            continue
        panels = [(rows[0].figure, rows[0].unit.replace("us", "µs"))]
        if lines(table, rows, "cpu"):
            panels.append(("cpu", "switch CPU, µs a frame"))
        figure, axes = pyplot.subplots(1, len(panels), figsize=(6.4 * len(panels), 5.4), squeeze=False)
        # A contender looks the same in all panels.
        everyone = list(dict.fromkeys(contender.name for row in rows for contender in row.contenders))
        for axis, (name, label) in zip(axes[0], panels):
            panel(axis, table, rows, name, word, label, everyone)
        # One legend for all panels, below.
        entries = {label: handle for axis in axes[0] for handle, label in zip(*axis.get_legend_handles_labels())}
        columns = 2 * len(panels)
        figure.legend(entries.values(), entries.keys(), loc="lower center", ncol=columns, fontsize="small")
        figure.tight_layout(rect=(0, 0.02 + 0.04 * -(-len(entries) // columns), 1, 1))
        path = directory / f"{word.replace(' ', '-')}.png"
        figure.savefig(path, dpi=120)
        pyplot.close(figure)
        files.append(path)
    return files


def panel(axis, table: Table, rows: list[Row], figure: str, word: str, label: str, everyone: list[str]) -> None:
    for name, points in lines(table, rows, figure).items():
        index = everyone.index(name) % 10
        ours = name == table.ours(rows[0])
        axis.plot(*zip(*points), label=name, marker="os^vDPX*<>"[index], markersize=5, color=f"C{index}",
                  linewidth=2.6 if ours else 1.3, linestyle="-" if ours else "--", zorder=3 if ours else 2)
    places = sorted({row.plot[1] for row in rows if row.plot})
    if places[0] > 0 and places[-1] / places[0] > 20:
        axis.set_xscale("log")
    else:
        axis.set_xlim(left=0)
    axis.set_xticks(places, [f"{place:,.0f}" for place in places])
    axis.xaxis.set_minor_locator(ticker.NullLocator())
    axis.set_ylim(bottom=0)
    axis.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: number(value, label) if value else "0"))
    axis.set_xlabel(word)
    axis.set_ylabel(label)
    axis.grid(alpha=0.3)


def lines(table: Table, rows: list[Row], figure: str) -> dict[str, list[tuple[float, float]]]:
    """Places and medians of each contender that has more than one; where it cuts frames it has none."""
    found: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        for contender in row.contenders:
            points = found.setdefault(contender.name, [])
            median = table.median(row, contender.name, figure)
            if row.plot and median is not None and not table.fault(row, contender.name):
                points.append((row.plot[1], median))
    return {name: sorted(points) for name, points in found.items() if len(points) > 1}
