"""Medians, ratios and goals of report.py. Run by Tests/Benchmarks/bench-check."""

import unittest
from dataclasses import replace

from .report import Table, number
from .rows import Contender, Goal, Results, Row


def row(goals: tuple[Goal, ...], figure: str = "rate", more: bool = True) -> Row:
    contenders = (Contender("umbel", lambda _: {}, "umbel"), Contender("first", lambda _: {}),
                  Contender("second", lambda _: {}), Contender("bound", lambda _: {}, "limit"))
    return Row("row", "a row", figure, "frames/s", contenders, goals, more)


def table(of: Row, figures: dict[str, list[dict[str, float]]]) -> Table:
    results = Results()
    for contender, rounds in figures.items():
        for found in rounds:
            results.add(of.name, contender, found)
    return Table([of], results)


def told(shown: Table, of: Row) -> list[tuple[float | None, bool | None]]:
    return [(verdict.ratio, verdict.met) for verdict in shown.verdicts(of)]


class ReportTests(unittest.TestCase):
    def test_a_goal_compares_medians_with_the_best_of_the_others(self) -> None:
        of = row((Goal(("first", "second"), at_least=2.0), Goal(("first", "second"), at_least=2.1)))
        shown = table(of, {"umbel": [{"rate": 900}, {"rate": 410}, {"rate": 100}],
                           "first": [{"rate": 200}], "second": [{"rate": 150}]})
        self.assertEqual(told(shown, of), [(2.05, True), (2.05, False)])

    def test_of_times_the_least_is_best(self) -> None:
        of = row((Goal(("first", "second"), at_most=1.05),), "p50", False)
        shown = table(of, {"umbel": [{"p50": 20}], "first": [{"p50": 40}], "second": [{"p50": 10}]})
        self.assertEqual(told(shown, of), [(2.0, False)])

    def test_cpu_time_wants_less_in_a_row_that_wants_more(self) -> None:
        of = row((Goal(("first", "second"), at_most=0.4, figure="cpu"),))
        shown = table(of, {"umbel": [{"cpu": 2}], "first": [{"cpu": 4}], "second": [{"cpu": 8}]})
        self.assertEqual(told(shown, of), [(0.5, False)])

    def test_one_that_cuts_frames_is_no_peer(self) -> None:
        of = row((Goal(("first", "second"), at_least=1.0),))
        shown = table(of, {"umbel": [{"rate": 100}], "first": [{"rate": 900, "altered": 100}],
                           "second": [{"rate": 50}]})
        self.assertEqual(shown.verdicts(of)[0].ratio, 2.0)

    def test_a_goal_is_not_told_where_one_is_missing_and_missed_where_we_failed(self) -> None:
        of = row((Goal(("first",), at_least=1.0),))
        self.assertEqual(table(of, {"umbel": [{"rate": 100}]}).verdicts(of)[0].word, "not measured")
        failed = table(of, {"first": [{"rate": 100}]})
        self.assertEqual(failed.verdicts(of)[0].word, "not measured")
        failed.results.failed["row: umbel"] = "it ended"
        self.assertEqual(failed.verdicts(of)[0].word, "missed")

    def test_figures_of_other_rounds_do_not_make_up_for_one_that_failed(self) -> None:
        of = row((Goal(("first",), at_least=1.0),))
        once = table(of, {"umbel": [{"rate": 200}], "first": [{"rate": 100}]})
        self.assertEqual(once.verdicts(of)[0].word, "met")
        once.results.failed["row: umbel"] = "it ended"
        self.assertEqual(once.verdicts(of)[0].word, "missed")

    def test_of_one_that_is_missing_the_reason_is_shown(self) -> None:
        shown = table(row(()), {"umbel": [{"rate": 200}]})
        shown.results.missing["row: second"] = "it is not installed"
        self.assertRegex(shown.text(), "(?m)^  second +– it is not installed$")

    def test_loss_of_ours_above_the_limit_is_missed(self) -> None:
        of = row(())
        self.assertEqual(told(table(of, {"umbel": [{"rate": 1, "loss": 1.5}]}), of), [(None, False)])
        self.assertEqual(told(table(of, {"umbel": [{"rate": 1, "loss": 0.5}]}), of), [(None, True)])

    def test_loss_that_is_only_shown_is_no_goal(self) -> None:
        of = replace(row(()), loss_limit=None)
        self.assertEqual(told(table(of, {"umbel": [{"rate": 1, "loss": 50}]}), of), [])

    def test_frames_that_we_cut_miss_the_goals(self) -> None:
        of = row((Goal(("first",), at_least=1.0), Goal((), at_most=0, figure="altered")))
        first = [{"rate": 100}]
        whole = [{"rate": 200, "altered": 0}]
        self.assertEqual(told(table(of, {"umbel": 3 * whole, "first": first}), of), [(2.0, True), (0, True)])
        once = [{"rate": 200, "altered": 10}]
        self.assertEqual(told(table(of, {"umbel": 2 * whole + once, "first": first}), of), [(2.0, True), (10, False)])
        self.assertEqual(told(table(of, {"umbel": 3 * once, "first": first}), of), [(2.0, False), (10, False)])

    def test_a_goal_may_be_about_another_of_ours(self) -> None:
        of = row((Goal(("first",), at_most=0.3, of="second"),), "p50", False)
        shown = table(of, {"umbel": [{"p50": 90}], "second": [{"p50": 25}], "first": [{"p50": 100}]})
        self.assertEqual(told(shown, of), [(0.25, True)])
        self.assertEqual(shown.verdicts(of)[0].goal, "second ≤ 0.3 × first")

    def test_figures_are_short(self) -> None:
        self.assertEqual([number(value, unit) for value, unit in (
            (413_400, "frames/s"), (1_234_000, "copies/s"), (9_500, "frames/s"), (16.42, "Gb/s"), (57.04, "us"))],
            ["413 k", "1.23 M", "9500", "16.4", "57"])


if __name__ == "__main__":
    unittest.main()
