"""The search for a rate without loss in traffic.py. Run by Tests/Benchmarks/bench-check."""

import unittest
from unittest import mock

from . import traffic


def carries(most: float, offered: float = 400_000):
    """A network that delivers this many datagrams a second and loses what is above; at saturation only half of them."""
    def measure(place, sizes, batch, rate=0, seconds=1):
        sent = min(rate or offered, offered)
        rate = sent if sent <= most else most / 2
        return {"rate": rate, "offered": sent, "loss": 100 * (1 - rate / sent)}
    return mock.patch.object(traffic, "datagrams", measure)


class CleanTests(unittest.TestCase):
    def test_the_rate_found_is_near_what_is_carried_and_without_loss(self) -> None:
        for most in (20_000, 90_000, 310_000):
            with self.subTest(most=most), carries(most):
                found = traffic.clean(None)
                self.assertLessEqual(found["loss"], 1)
                self.assertGreater(found["rate"], 0.9 * most)

    def test_what_loses_nothing_at_saturation_is_not_searched_further(self) -> None:
        with carries(500_000):
            self.assertEqual(traffic.clean(None)["rate"], 400_000)

    def test_where_all_rates_lose_there_is_none(self) -> None:
        with carries(0):
            self.assertEqual(traffic.clean(None)["rate"], 0)
