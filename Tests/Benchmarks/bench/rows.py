"""What a row of the table is: one piece of work, those who do it side by side, and what is wanted of us."""

from dataclasses import dataclass, field
from typing import Callable

from .world import World

# What one run of a contender found: "rate", "loss", "cpu", "p50", ... The row says which of them is compared.
Figures = dict[str, float]


@dataclass(frozen=True)
class Contender:
    """One who does the work: us ("umbel"), a peer, or a limit that nobody can pass."""

    name: str
    # Starts everything fresh in an empty world, which is thrown away afterwards, and measures once. Raises Missing when
    # it is not to be had on this machine.
    run: Callable[[World], Figures]
    # "umbel", "peer" or "limit". The first of kind "umbel" is what the row compares; further ones are ours in another
    # form and shown beside.
    kind: str = "peer"
    # Whether `--quick` runs it, where it runs the row.
    quick: bool = True


@dataclass(frozen=True)
class Goal:
    """A ratio of medians within one run: our figure to the best of some others. Of "rate" more is best, of any other
    figure less, unless it is the row's own and the row says so. Against nobody: the worst figure of all rounds itself."""

    against: tuple[str, ...]
    at_least: float | None = None
    at_most: float | None = None
    figure: str | None = None
    """Which figure; the row's own unless said."""
    of: str | None = None
    """Whose figure; that of the row's first contender of kind "umbel" unless said."""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    title: str
    # Which figure is compared, and how it is written: "frames/s", "Gb/s", "us".
    figure: str
    unit: str
    contenders: tuple[Contender, ...]
    goals: tuple[Goal, ...] = ()
    # Whether more is better; times want less.
    more_is_better: bool = True
    # The most percent of our frames that may be lost: the row fails otherwise. None: its loss is shown, and no goal.
    loss_limit: float | None = 1.0
    # Whether `--quick` runs it.
    quick: bool = False
    # Places in a plot: ("frame size", 64.0). Rows with the same first word and figure make one line a contender.
    plot: tuple[str, float] | None = None


class Missing(Exception):
    """The contender is not to be had here, and why."""


@dataclass
class Results:
    """All figures of all rounds: row -> contender -> figure -> values."""

    values: dict[str, dict[str, dict[str, list[float]]]] = field(default_factory=dict)
    # "row: contender" -> why it is not to be had here, or what went wrong.
    missing: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def add(self, row: str, contender: str, figures: Figures) -> None:
        place = self.values.setdefault(row, {}).setdefault(contender, {})
        for name, value in figures.items():
            place.setdefault(name, []).append(value)
