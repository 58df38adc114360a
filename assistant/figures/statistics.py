"""Sums over many values that are more than an addition: quantiles, trends, correlations, runs, distributions.

Plain functions over plain numbers; nothing here knows where they come from.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MIN_TREND_POINTS = 5
"""Fewer days, weeks or months than this have no trend."""
MIN_PAIRS = 8
"""Fewer days on which both are known say nothing about how two things go together."""
MIN_BASELINE = 14
"""Fewer values than this are no baseline of what is usual."""
_Z95 = 1.959963985
_MAD_TO_SIGMA = 1.4826
_MOST_BINS = 12


@dataclass(frozen=True)
class Trend:
    """A straight line through points.

    Attributes:
        slope: Change per day, by least squares.
        low, high: Its 95 % interval, widened for values that follow the ones before them.
        first, last: Where the line stands on the first and the last day.
    """

    slope: float
    low: float
    high: float
    first: float
    last: float
    points: int

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out "no change"."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Correlation:
    """How two series of the same days go together.

    Attributes:
        pearson: Of the values, -1..1.
        spearman: Of their ranks: a few wild values do not move it.
        low, high: The 95 % interval of `pearson` (Fisher).
    """

    pearson: float
    spearman: float
    low: float
    high: float
    pairs: int


@dataclass(frozen=True)
class Streak:
    """Days in a row: the first, the last, and how many."""

    start: dt.date
    end: dt.date
    days: int


@dataclass(frozen=True)
class Bin:
    """A part of a distribution: values from `low` to below `high`; None is an open end."""

    low: float | None
    high: float | None
    count: int


def quantile(values: Sequence[float], counts: Sequence[int], share: float) -> float:
    """The value at a share (0..1) of values that occur `counts` times each, between two neighbours by proportion.

    Args:
        values: In ascending order.
    """
    ends = np.cumsum(np.asarray(counts, dtype=np.int64))
    position = (int(ends[-1]) - 1) * share
    below = math.floor(position)
    low, high = (values[int(np.searchsorted(ends, at, side="right"))] for at in (below, math.ceil(position)))
    return low + (high - low) * (position - below)


def median(values: Sequence[float]) -> float:
    """The middle one, or the mean of the two in the middle."""
    return float(np.median(np.asarray(values, dtype=np.float64)))


def summed_up(measure: str, values: Sequence[float]) -> float:
    """The "sum", "mean", "median", "min" or "max" of at least one value."""
    match measure:
        case "mean":
            return sum(values) / len(values)
        case "median":
            return median(values)
        case "min":
            return min(values)
        case "max":
            return max(values)
        case _:
            return sum(values)


def trend(days: Sequence[dt.date], values: Sequence[float]) -> Trend | None:
    """The line of least squares through values of days in order; None below `MIN_TREND_POINTS`.

    Yesterday's value says something of today's, so that many days are worth fewer: the interval counts
    n * (1 - r) / (1 + r) of them, r being the correlation of each residual with the next (Santer et al. 2000,
    doi:10.1029/1999JD901105), and never more than n.
    """
    if len(values) < MIN_TREND_POINTS:
        return None
    x = np.asarray([day.toordinal() for day in days], dtype=np.float64)
    y = np.asarray(values, dtype=np.float64)
    middle = x.mean()
    spread = float(((x - middle) ** 2).sum())
    slope = float(((x - middle) * (y - y.mean())).sum()) / spread
    residuals = y - y.mean() - slope * (x - middle)
    squares = float((residuals**2).sum())
    following = float((residuals[1:] * residuals[:-1]).sum()) / squares if squares > 0 else 0.0
    worth = max(4.0, len(y) * min(1.0, (1 - following) / (1 + following)))
    error = math.sqrt(squares / (worth - 2) / spread) * _student(worth - 2)
    at = [float(y.mean() + slope * (each - middle)) for each in (x[0], x[-1])]
    return Trend(slope, slope - error, slope + error, at[0], at[1], len(y))


def correlation(first: Sequence[float], second: Sequence[float]) -> Correlation | None:
    """Of values that belong together in pairs; None below `MIN_PAIRS`, or where one of the two never changes."""
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if len(x) < MIN_PAIRS or _constant(x) or _constant(y):
        return None
    r = _pearson(x, y)
    bounded = min(max(r, -0.999999), 0.999999)
    reach = _Z95 / math.sqrt(len(x) - 3)
    low, high = (math.tanh(math.atanh(bounded) + sign * reach) for sign in (-1, 1))
    return Correlation(r, _pearson(_ranks(x), _ranks(y)), low, high, len(x))


def streaks(days: Sequence[dt.date], *, place: Callable[[dt.date], int] = dt.date.toordinal) -> list[Streak]:
    """Days in ascending order as runs without a gap.

    Args:
        place: A number that is one higher on the day that comes next.
    """
    runs: list[Streak] = []
    for _, group in itertools.groupby(enumerate(days), key=lambda each: place(each[1]) - each[0]):
        run = [day for _, day in group]
        runs.append(Streak(run[0], run[-1], len(run)))
    return runs


def distribution(values: Sequence[float], counts: Sequence[int], *, steps: Sequence[float] = ()) -> list[Bin]:
    """At most a dozen parts of equal, round width; what lies far outside goes into an open one at each end.

    Args:
        values: In ascending order, each with how often it occurs.
        steps: Widths to choose from, ascending; none for 1, 2, 5 and so on.
    """
    low, high = quantile(values, counts, 0.01), quantile(values, counts, 0.99)
    least = (high - low) / (_MOST_BINS - 3) if high > low else abs(low) / 10 or 1.0
    width = next((step for step in steps if step >= least), steps[-1] if steps else _round_width(least))
    start = math.floor(low / width + 1e-9)
    stop = max(math.floor(high / width + 1e-9) + 1, start + 1)
    edges = [float(f"{width * each:.12g}") for each in range(start, stop + 1)]
    weights = np.asarray(counts, dtype=np.int64)
    places = np.searchsorted(np.asarray(edges), np.asarray(values, dtype=np.float64), side="right")
    found = [int(weights[places == place].sum()) for place in range(len(edges) + 1)]
    bins = [Bin(one, other, count) for one, other, count in zip(edges, edges[1:], found[1:-1], strict=False)]
    below = [Bin(None, edges[0], found[0])] if found[0] else []
    above = [Bin(edges[-1], None, found[-1])] if found[-1] else []
    return [*below, *bins, *above]


def robust_z(value: float, baseline: Sequence[float]) -> float | None:
    """How far a value lies from the baseline's median, in robust standard deviations (1.4826 median deviations).

    Returns:
        None below `MIN_BASELINE` values, or where more than half of them are the same.
    """
    if len(baseline) < MIN_BASELINE:
        return None
    usual = np.asarray(baseline, dtype=np.float64)
    middle = float(np.median(usual))
    spread = float(np.median(np.abs(usual - middle))) * _MAD_TO_SIGMA
    return (value - middle) / spread if spread > 0 else None


def _student(freedom: float) -> float:
    """The 97.5 % point of Student's t by its expansion (Abramowitz and Stegun 26.7.5); 1 % short at two degrees."""
    z = _Z95
    g1 = (z**3 + z) / 4
    g2 = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    g3 = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    g4 = (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160
    return z + g1 / freedom + g2 / freedom**2 + g3 / freedom**3 + g4 / freedom**4


def _constant(values: npt.NDArray[np.float64]) -> bool:
    return bool(np.ptp(values) <= 1e-12 * max(1.0, float(np.abs(values).max())))


def _pearson(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> float:
    x, y = x - x.mean(), y - y.mean()
    return float((x * y).sum() / math.sqrt(float((x**2).sum()) * float((y**2).sum())))


def _ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """From 1; equal values share the mean of their ranks."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[which], dtype=np.float64)


def _round_width(least: float) -> float:
    """The smallest of 1, 2, 5, 10, ... times a power of ten that is not smaller."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least * (1 - 1e-9))
