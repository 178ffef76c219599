"""What the figures of a run say: medians, ratios, goals, and the tables that show them."""

import statistics
from dataclasses import asdict, dataclass

from .rows import Contender, Goal, Results, Row

# Figures of which more is better; of all others less is, unless it is the row's own and the row says so.
MORE_IS_BETTER = {"rate"}


@dataclass(frozen=True)
class Spread:
    """A figure over all rounds."""

    median: float
    least: float
    most: float
    values: list[float]


@dataclass(frozen=True)
class Verdict:
    """A goal, and whether it is met; None: it cannot be told, because one of those it compares is not here."""

    goal: str
    ratio: float | None
    met: bool | None

    @property
    def word(self) -> str:
        return {True: "met", False: "missed", None: "not measured"}[self.met]


class Table:
    """Rows with their figures."""

    def __init__(self, rows: list[Row], results: Results) -> None:
        self.rows = rows
        self.results = results

    def spread(self, row: Row, contender: str, figure: str) -> Spread | None:
        """None: it has no such figure."""
        values = self.results.values.get(row.name, {}).get(contender, {}).get(figure)
        return Spread(statistics.median(values), min(values), max(values), values) if values else None

    def median(self, row: Row, contender: str, figure: str) -> float | None:
        spread = self.spread(row, contender, figure)
        return spread.median if spread else None

    def fault(self, row: Row, contender: str) -> str | None:
        """Why a contender's figures are no match for others: it does not deliver the frames that were sent."""
        if self.median(row, contender, "rate") == 0:
            return "delivers none"
        return "cuts frames" if (self.median(row, contender, "altered") or 0) > 0 else None

    def why(self, row: Row, contender: Contender) -> str | None:
        """Why figures of a contender are missing."""
        key = f"{row.name}: {contender.name}"
        failure = self.results.failed.get(key)
        return f"failed: {failure}" if failure else self.results.missing.get(key)

    def ours(self, row: Row) -> str:
        """The contender that the row compares."""
        return of_kind(row, "umbel")[0].name

    def best(self, row: Row, contenders: tuple[str, ...], figure: str) -> float | None:
        """The best median of some contenders; None: none of them has one."""
        medians = [median for name in contenders if not self.fault(row, name)
                   and (median := self.median(row, name, figure)) is not None]
        return (max if more_is_better(row, figure) else min)(medians, default=None)

    def worst(self, row: Row, contender: str, figure: str) -> float | None:
        """A contender's worst figure of all rounds."""
        spread = self.spread(row, contender, figure)
        return None if spread is None else spread.least if more_is_better(row, figure) else spread.most

    def ratio(self, row: Row, contender: str, others: tuple[str, ...], figure: str) -> float | None:
        """A contender's figure to the best of others; None: one of both is not there."""
        mine, theirs = self.median(row, contender, figure), self.best(row, others, figure)
        return mine / theirs if mine is not None and theirs else None

    def verdicts(self, row: Row) -> list[Verdict]:
        """All goals of a row, its limit of loss included."""
        found = [self.judge(row, goal) for goal in row.goals]
        loss = self.median(row, self.ours(row), "loss")
        if loss is not None and row.loss_limit is not None:
            found.append(Verdict(f"loss ≤ {row.loss_limit:g} %", None, loss <= row.loss_limit))
        return found

    def judge(self, row: Row, goal: Goal) -> Verdict:
        figure = goal.figure or row.figure
        contender = goal.of or self.ours(row)
        ratio = self.ratio(row, contender, goal.against, figure) if goal.against else self.worst(row, contender, figure)
        bounds = [(sign, bound) for sign, bound in (("≥", goal.at_least), ("≤", goal.at_most)) if bound is not None]
        words = [f"{sign} {bound:g}" for sign, bound in bounds]
        if goal.against:
            words += ["×", " or ".join(goal.against)]
        if figure != row.figure:
            words.insert(0, figure_name(figure))
        if goal.of:
            words.insert(0, goal.of)
        met = None
        if f"{row.name}: {contender}" in self.results.failed or goal.against and self.fault(row, contender):
            met = False
        elif ratio is not None:
            met = all(ratio >= bound if sign == "≥" else ratio <= bound for sign, bound in bounds)
        return Verdict(" ".join(words), ratio, met)

    # ---- Markdown ----------------------------------------------------------------------------------------------------

    def summary(self) -> str:
        """One line a row."""
        lines = [["work", "Umbel", "peers", "limits", "÷ best peer", "÷ best limit", "goals", "loss %: ours; peers",
                  "CPU µs a frame: ours; peers; limits"]]
        for row in self.rows:
            ours = self.ours(row)
            peers, limits = of_kind(row, "peer"), of_kind(row, "limit")
            lines.append([
                row.title,
                self.cell(row, ours) + " " + row.unit.replace("us", "µs"),
                ", ".join(f"{peer.name} {self.cell(row, peer.name)}" for peer in peers),
                ", ".join(f"{limit.name} {self.cell(row, limit.name)}" for limit in limits),
                shown_ratio(self.ratio(row, ours, names(peers), row.figure)),
                shown_ratio(self.ratio(row, ours, names(limits), row.figure)),
                "; ".join(goal_text(verdict) for verdict in self.verdicts(row)),
                self.listed(row, "loss", "{:.3g}", peers),
                self.listed(row, "cpu", "{:.2f}", peers, limits),
            ])
        return markdown(lines)

    def cell(self, row: Row, contender: str) -> str:
        median = self.median(row, contender, row.figure)
        if median is None:
            return "–"
        return self.fault(row, contender) or number(median, row.unit)

    def listed(self, row: Row, figure: str, form: str, *others: list[Contender]) -> str:
        """A figure of ours and of others, group after group."""
        groups = [[self.ours(row)], *(list(names(group)) for group in others)]
        texts = [", ".join("–" if (median := self.median(row, name, figure)) is None else form.format(median)
                           for name in group) for group in groups]
        return "" if all(set(text) <= set("–, ") for text in texts) else "; ".join(texts)

    def details(self) -> str:
        """One line a contender, with the spread of its figure and all its other figures."""
        lines = [["work", "contender", "median", "least – most", "ours ÷ it", "loss %", "CPU µs a frame", "also"]]
        for row in self.rows:
            for contender in row.contenders:
                spread = self.spread(row, contender.name, row.figure)
                why = self.why(row, contender)
                if spread is None:
                    lines.append([row.title, contender.name, "–", "", "", "", "", why or ""])
                    continue
                others = [f"{figure_name(figure)} {self.median(row, contender.name, figure):.4g}"
                          for figure in self.results.values[row.name][contender.name]
                          if figure not in {row.figure, "loss", "cpu", "altered"}]
                others += [text for text in (self.fault(row, contender.name), why) if text]
                lines.append([
                    row.title, contender.name, f"{number(spread.median, row.unit)} {row.unit.replace('us', 'µs')}",
                    f"{number(spread.least, row.unit)} – {number(spread.most, row.unit)}",
                    shown_ratio(self.ratio(row, self.ours(row), (contender.name,), row.figure)),
                    *("" if (median := self.median(row, contender.name, figure)) is None else form.format(median)
                      for figure, form in (("loss", "{:.3g}"), ("cpu", "{:.2f}"))),
                    ", ".join(others)])
        return markdown(lines)

    # ---- Terminal ----------------------------------------------------------------------------------------------------

    def text(self) -> str:
        """One line a contender, goals below: what fits a terminal."""
        lines = [f"{'':34} {'median':>9} {'least – most':>19} {'ours ÷ it':>9} {'loss %':>7} {'CPU µs':>7}"]
        for row in self.rows:
            lines.append(f"{row.title}, {row.unit.replace('us', 'µs')}")
            for contender in row.contenders:
                spread = self.spread(row, contender.name, row.figure)
                if spread is None:
                    lines.append(f"  {contender.name:32} {'–':>9} {self.why(row, contender) or ''}".rstrip())
                    continue
                loss, cpu = (self.median(row, contender.name, figure) for figure in ("loss", "cpu"))
                between = f"{number(spread.least, row.unit)} – {number(spread.most, row.unit)}"
                ratio = shown_ratio(self.ratio(row, self.ours(row), (contender.name,), row.figure))
                lines.append(f"  {contender.name:32} {number(spread.median, row.unit):>9} {between:>19} {ratio:>9}"
                             f" {'' if loss is None else f'{loss:.3g}':>7} {'' if cpu is None else f'{cpu:.2f}':>7}"
                             f" {self.fault(row, contender.name) or ''}".rstrip())
            lines += [f"  goal: {goal_text(verdict)}" for verdict in self.verdicts(row)]
        return "\n".join(lines) + "\n"

    # ---- JSON --------------------------------------------------------------------------------------------------------

    def json(self) -> list[dict[str, object]]:
        """Rows as they are written to bench.json."""
        return [{
            "name": row.name, "title": row.title, "figure": row.figure, "unit": row.unit,
            "contenders": [{
                "name": contender.name, "kind": contender.kind,
                "missing": self.why(row, contender),
                "figures": {figure: asdict(self.spread(row, contender.name, figure))
                            for figure in self.results.values.get(row.name, {}).get(contender.name, {})},
            } for contender in row.contenders],
            "goals": [asdict(verdict) for verdict in self.verdicts(row)],
        } for row in self.rows]


def of_kind(row: Row, kind: str) -> list[Contender]:
    return [contender for contender in row.contenders if contender.kind == kind]


def names(contenders: list[Contender]) -> tuple[str, ...]:
    return tuple(contender.name for contender in contenders)


def more_is_better(row: Row, figure: str) -> bool:
    return row.more_is_better if figure == row.figure else figure in MORE_IS_BETTER


def figure_name(figure: str) -> str:
    return "CPU" if figure == "cpu" else figure.replace("_", " ")


def number(value: float, unit: str) -> str:
    """A figure in three digits or so."""
    if unit.endswith("/s") and not unit.startswith("G") and value >= 10_000:
        return f"{value / 1e6:.2f} M" if value >= 999_500 else f"{value / 1e3:.0f} k"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def shown_ratio(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}"


def goal_text(verdict: Verdict) -> str:
    ratio = "" if verdict.ratio is None else f" ({verdict.ratio:.2f})"
    return f"{verdict.goal}: {verdict.word}{ratio}"


def markdown(lines: list[list[str]]) -> str:
    """A table whose first line is the head, with columns as wide as their widest cell."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    rendered = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines]
    rendered.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(rendered) + "\n"
