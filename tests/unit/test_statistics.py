"""Quantiles, trends, correlations, runs and distributions against numbers that are known, or counted the long way."""

from __future__ import annotations

import datetime as dt
import random
import statistics as plain

import numpy as np
import pytest

from assistant.figures import statistics

DAY = dt.timedelta(days=1)
START = dt.date(2026, 1, 1)


def days(count: int) -> list[dt.date]:
    return [START + each * DAY for each in range(count)]


@pytest.mark.parametrize("seed", range(50))
def test_a_quantile_of_counted_values_is_that_of_all_of_them(seed: int) -> None:
    chance = random.Random(seed)
    values = sorted({round(chance.uniform(-5, 200), 1) for _ in range(chance.randint(1, 40))})
    counts = [chance.randint(1, 9) for _ in values]
    spelled = np.repeat(values, counts)
    for share in (0.0, 0.01, 0.25, 0.5, 0.77, 0.99, 1.0):
        assert statistics.quantile(values, counts, share) == pytest.approx(float(np.quantile(spelled, share)))


def test_a_trend_finds_the_slope_that_was_put_in() -> None:
    noise = random.Random(1)
    values = [80 - 0.02 * each + noise.gauss(0, 0.3) for each in range(200)]
    found = statistics.trend(days(200), values)
    assert found is not None
    assert found.slope == pytest.approx(plain.linear_regression(range(200), values).slope)
    assert found.low < -0.02 < found.high
    assert found.clear
    assert found.first == pytest.approx(80, abs=0.2)


def test_the_interval_of_a_trend_holds_what_it_promises() -> None:
    """In 95 of 100 series without a trend it has "no change" in it, also where values follow the ones before."""
    for following in (0.0, 0.5):
        noise, misses = random.Random(7), 0
        for _ in range(400):
            value, values = 0.0, []
            for _ in range(120):
                value = following * value + noise.gauss(0, 1)
                values.append(value)
            found = statistics.trend(days(120), values)
            misses += found is not None and found.clear
        assert misses <= 400 * 0.09, following


def test_too_few_points_have_no_trend() -> None:
    assert statistics.trend(days(4), [1, 2, 3, 4]) is None
    straight = statistics.trend(days(5), [1, 2, 3, 4, 5])
    assert straight is not None
    assert (straight.slope, straight.points) == (1, 5)


def ranks(values: list[float]) -> list[float]:
    """The long way: below each, and half of its equals."""
    return [sum(other < each for other in values) + (values.count(each) + 1) / 2 for each in values]


@pytest.mark.parametrize("seed", range(20))
def test_a_correlation_is_pearsons_and_spearmans(seed: int) -> None:
    chance = random.Random(seed)
    first = [chance.randint(0, 20) for _ in range(30)]
    second = [each * chance.choice((1, -1)) + chance.gauss(0, 5) for each in first]
    found = statistics.correlation(first, second)
    assert found is not None
    assert found.pearson == pytest.approx(plain.correlation(first, second))
    assert found.spearman == pytest.approx(plain.correlation(ranks(first), ranks(second)))
    assert found.low < found.pearson < found.high
    assert found.pairs == 30


def test_too_few_pairs_or_a_value_that_never_changes_have_no_correlation() -> None:
    assert statistics.correlation(range(7), range(7)) is None
    assert statistics.correlation([3.3] * 20, range(20)) is None
    whole = statistics.correlation(range(8), range(8))
    assert whole is not None
    assert whole.pearson == pytest.approx(1)


def test_runs_end_at_a_gap() -> None:
    some = [START, START + DAY, START + 3 * DAY, START + 5 * DAY, START + 6 * DAY, START + 7 * DAY]
    found = statistics.streaks(some)
    assert [(run.start, run.days) for run in found] == [(START, 2), (START + 3 * DAY, 1), (START + 5 * DAY, 3)]
    assert statistics.streaks([]) == []
    weekends = [day for day in days(30) if day.weekday() >= 5]
    saturdays = statistics.streaks(weekends, place=weekends.index)
    assert [run.days for run in saturdays] == [len(weekends)]


@pytest.mark.parametrize("seed", range(50))
def test_a_distribution_counts_every_value_once_in_round_steps(seed: int) -> None:
    chance = random.Random(seed)
    values = sorted({round(chance.gauss(70, chance.choice((0.1, 5, 500))), 2) for _ in range(chance.randint(1, 300))})
    counts = [chance.randint(1, 3) for _ in values]
    bins = statistics.distribution(values, counts)
    assert sum(each.count for each in bins) == sum(counts)
    assert len(bins) <= 14
    for each in bins:
        inside = [
            count
            for value, count in zip(values, counts, strict=True)
            if (each.low is None or value >= each.low) and (each.high is None or value < each.high)
        ]
        assert each.count == sum(inside)


def test_a_distribution_can_be_in_given_steps() -> None:
    bins = statistics.distribution([0.0, 40.0, 95.0], [1, 1, 1], steps=(15, 30, 60))
    assert [(each.low, each.high) for each in bins][:2] == [(0, 15), (15, 30)]


def test_a_robust_z_is_not_moved_by_one_wild_value() -> None:
    usual = [float(each % 7) for each in range(28)]
    calm = statistics.robust_z(20, usual)
    wild = statistics.robust_z(20, [*usual[:-1], 10_000.0])
    assert calm is not None
    assert wild == pytest.approx(calm, rel=0.2)
    assert statistics.robust_z(5, usual[:13]) is None
    assert statistics.robust_z(5, [3.0] * 20) is None
