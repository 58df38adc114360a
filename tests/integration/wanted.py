"""The figures that a right answer carries, computed from the raw files straight from what the words mean."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from raw_year import SUMMED, RawYear

NOW = dt.datetime.fromisoformat("2026-11-18T14:00:00+01:00")
TODAY = NOW.date()
NIGHTS = ("sleep", "deep", "rem", "core", "awake", "in_bed", "bedtime", "wake")
UNITS = {
    "step_count": "steps", "active_energy": "kcal", "walking_running_distance": "km", "apple_exercise_time": "min",
    "heart_rate": "bpm", "resting_heart_rate": "bpm", "heart_rate_variability": "ms", "weight_body_mass": "kg",
    "blood_oxygen_saturation": "%", "respiratory_rate": "breaths/min", "blood_pressure#systolic": "mmHg",
    "blood_pressure#diastolic": "mmHg", "bedtime": "HH:MM", "wake": "HH:MM",
}  # fmt: skip


@dataclass(frozen=True)
class Days:
    """Both included; with `weekdays`, only those (0 is Monday)."""

    start: dt.date
    end: dt.date
    weekdays: frozenset[int] = frozenset()

    def of(self, days: pd.Series | pd.Index) -> pd.Series:
        """Which of these days are meant."""
        days = pd.Series(list(days), index=days.index if isinstance(days, pd.Series) else days)
        inside = (days >= self.start) & (days <= self.end)
        return inside & days.map(lambda day: not self.weekdays or day.weekday() in self.weekdays).astype(bool)

    def on(self, *weekdays: int) -> Days:
        """Only these weekdays of it."""
        return Days(self.start, self.end, frozenset(weekdays))


def days(start: str, end: str = "2026-11-18") -> Days:
    """From one ISO date to another, or to today."""
    return Days(dt.date.fromisoformat(start), dt.date.fromisoformat(end))


def month(number: int, year: int = 2026) -> Days:
    """A calendar month, up to today."""
    first = dt.date(year, number, 1)
    last = dt.date(year + number // 12, number % 12 + 1, 1) - dt.timedelta(days=1)
    return Days(first, min(last, TODAY))


def last(count: int) -> Days:
    """So many days that end today."""
    return Days(TODAY - dt.timedelta(days=count - 1), TODAY)


THIS_YEAR, THIS_MONTH, LAST_MONTH = days("2026-01-01"), month(11), month(10)
THIS_WEEK, LAST_WEEK = days("2026-11-16"), days("2026-11-09", "2026-11-15")
WEEKDAYS, WEEKEND = (0, 1, 2, 3, 4), (5, 6)


@dataclass(frozen=True)
class Want:
    """One figure of a right answer.

    Attributes:
        kinds: Any of these; empty for any.
        period: None for what is known last, whenever that was.
        value: In `unit`; or `rows`.
        rows: The values in order; or by a piece of the label.
        records: How many pairs, nights, ... where that is part of the answer.
        a_day: `value` is the change in a day, in whatever stretch of time the figure says it.
    """

    kinds: tuple[str, ...]
    unit: str
    period: Days | None
    value: float | None = None
    rows: Sequence[float] | Mapping[str, float] | None = None
    records: int | None = None
    a_day: bool = False


Wants = Callable[[RawYear], Sequence[Want]]


@dataclass(frozen=True)
class Either:
    """Several answers are right; one of them must come."""

    ways: tuple[Wants, ...]


def _values(raw: RawYear, metric: str, period: Days) -> pd.Series:
    """What a mean, a median, a lowest and a highest are taken over: readings of what is measured, else days, nights."""
    if metric in SUMMED or metric in NIGHTS:
        found = raw.daily(metric)
        return found[period.of(found.index)]
    readings = raw.readings(metric)
    return readings[period.of(readings["day"])]["value"]


def health(how: str, metric: str, period: Days, *kinds: str) -> Wants:
    """A sum, mean, median, min, max or latest value of a metric."""

    def wants(raw: RawYear) -> list[Want]:
        values = _values(raw, metric, period)
        if how in ("min", "max") and metric not in SUMMED and metric not in NIGHTS:
            readings = raw.readings(metric)
            values = readings[period.of(readings["day"])]["low" if how == "min" else "high"]
        value = values.iloc[-1] if how == "latest" else getattr(values, how)()
        when = None if how == "latest" else period
        return [Want(kinds or (how,), UNITS.get(metric, "h"), when, float(value))]

    return wants


def both(*parts: Wants) -> Wants:
    """Several figures in one answer."""
    return lambda raw: [want for part in parts for want in part(raw)]


def either(*ways: Wants) -> Either:
    """Any of these is right."""
    return Either(ways)


def trend(metric: str, period: Days) -> Wants:
    """The slope of least squares through the days' values."""

    def wants(raw: RawYear) -> list[Want]:
        found = raw.daily(metric)
        found = found[period.of(found.index)]
        x = pd.Series([day.toordinal() for day in found.index], index=found.index, dtype=float)
        slope = float(((x - x.mean()) * (found - found.mean())).sum() / ((x - x.mean()) ** 2).sum())
        return [Want(("trend",), UNITS.get(metric, "h"), period, slope, a_day=True)]

    return wants


def day_count(metric: str, period: Days, holds: Callable[[float], bool]) -> Wants:
    """On how many days or nights something holds."""

    def wants(raw: RawYear) -> list[Want]:
        found = raw.daily(metric)
        return [Want(("count",), "", period, float(found[period.of(found.index)].map(holds).sum()))]

    return wants


def streak(metric: str, period: Days, holds: Callable[[float], bool]) -> Wants:
    """The longest run of days on which something holds; a day without a record ends it."""

    def wants(raw: RawYear) -> list[Want]:
        found = raw.daily(metric)
        longest = run = 0
        day = period.start
        while day <= period.end:
            run = run + 1 if day in found.index and holds(found[day]) else 0
            longest = max(longest, run)
            day += dt.timedelta(days=1)
        return [Want(("streak",), "", period, float(longest))]

    return wants


def groups(how: str, metric: str, period: Days, by: str) -> Wants:
    """A row for each "%Y-%m" (or other `strftime`) that has records, in order."""

    def wants(raw: RawYear) -> list[Want]:
        if metric in SUMMED or metric in NIGHTS:
            found = raw.daily(metric)
            found = found[period.of(found.index)]
            keys = [day.strftime(by) for day in found.index]
        else:
            readings = raw.readings(metric)
            readings = readings[period.of(readings["day"])]
            found, keys = readings["value"], [day.strftime(by) for day in readings["day"]]
        rows = [float(each) for each in getattr(found.groupby(keys), how)()]
        return [Want((), UNITS.get(metric, "h"), period, rows=rows)]

    return wants


def top_days(metric: str, period: Days, count: int, *, smallest: bool = False) -> Wants:
    """The days with the most, or the least, the most extreme first."""

    def wants(raw: RawYear) -> list[Want]:
        found = raw.daily(metric)
        ranked = found[period.of(found.index)].sort_values(ascending=smallest)
        return [Want(("top",), UNITS.get(metric, "h"), period, rows=[float(each) for each in ranked.head(count)])]

    return wants


def correlation(one: str, other: str, period: Days) -> Wants:
    """Pearson's r of two days' values, over the days that have both."""

    def wants(raw: RawYear) -> list[Want]:
        pairs = pd.concat([raw.daily(one), raw.daily(other)], axis=1, join="inner")
        pairs = pairs[period.of(pairs.index)]
        value = float(pairs.iloc[:, 0].corr(pairs.iloc[:, 1]))
        return [Want(("correlation",), "", period, value, records=len(pairs))]

    return wants


def workouts(what: str, period: Days, name: str = "", *, how: str = "sum") -> Wants:
    """Their number, minutes, km or kcal; of one kind or of all."""

    def wants(raw: RawYear) -> list[Want]:
        found = raw.workouts[period.of(raw.workouts["day"])]
        found = found[found["name"] == name] if name else found
        if what == "count":
            return [Want(("count", "sum"), "", period, float(len(found)))]
        unit = {"minutes": "min", "km": "km", "kcal": "kcal"}[what]
        return [Want((how,), unit, period, float(getattr(found[what], how)()))]

    return wants


def workouts_by_name(period: Days) -> Wants:
    """How many of each kind."""

    def wants(raw: RawYear) -> list[Want]:
        found = raw.workouts[period.of(raw.workouts["day"])].groupby("name").size()
        return [Want((), "", period, rows={str(name): float(count) for name, count in found.items()})]

    return wants


def _picked(raw: RawYear, table: str, period: Days, where: Mapping[str, str]) -> pd.DataFrame:
    found = getattr(raw, table)
    found = found[period.of(found["day"])]
    for column, value in where.items():
        found = found[found[column] == value]
    return found.assign(amount=found["spent"] if table == "spending" else found["cents"])


def money(table: str, period: Days, *kinds: str, how: str = "sum", **where: str) -> Wants:
    """A figure for each currency in which something was booked. With `how`: "sum", "mean", "max" or "count"."""

    def wants(raw: RawYear) -> list[Want]:
        found = _picked(raw, table, period, where)
        if how in ("max", "mean", "count", "median"):
            found = found[found["kind"] != "refund"]
        if how == "count":
            return [Want(("count",), "", period, float(len(found)))]
        values = found.groupby("currency")["amount"].agg(how)
        return [
            Want(kinds or (how,), str(currency), period, round(cents / 100, 2)) for currency, cents in values.items()
        ]

    return wants


def money_a_day(period: Days, **where: str) -> Wants:
    """What an average one of these days comes to, with those on which nothing was spent."""

    def wants(raw: RawYear) -> list[Want]:
        every = [period.start + dt.timedelta(days=at) for at in range((period.end - period.start).days + 1)]
        meant = [day for day in every if not period.weekdays or day.weekday() in period.weekdays]
        sums = _picked(raw, "spending", period, where).groupby("currency")["amount"].sum()
        return [
            Want(("mean",), str(currency), period, float(cents) / 100 / len(meant)) for currency, cents in sums.items()
        ]

    return wants


def together(period: Days, *categories: str) -> Wants:
    """What several categories come to, and each of them as a row."""

    def wants(raw: RawYear) -> list[Want]:
        found = _picked(raw, "spending", period, {})
        found = found[found["category"].isin(categories) & (found["currency"] == "EUR")]
        rows = {str(name): float(cents) / 100 for name, cents in found.groupby("category")["amount"].sum().items()}
        whole = float(found["amount"].sum()) / 100
        return [Want(("sum",), "EUR", period, whole), Want((), "EUR", period, rows=rows)]

    return wants


def money_over(least: float, period: Days, **where: str) -> Wants:
    """How many purchases cost more than that, in the main currency."""

    def wants(raw: RawYear) -> list[Want]:
        found = _picked(raw, "spending", period, where)
        found = found[(found["amount"] > least * 100) & (found["currency"] == "EUR")]
        return [Want(("count",), "", period, float(len(found)))]

    return wants


def money_by(column: str, period: Days, *, limit: int | None = None, table: str = "spending", **where: str) -> Wants:
    """Rows by payee or category, the largest first; for each currency."""

    def wants(raw: RawYear) -> list[Want]:
        found = _picked(raw, table, period, where)
        wanted = []
        for currency, part in found.groupby("currency"):
            sums = part.groupby(column)["amount"].sum().sort_values(ascending=False) / 100
            sums = sums.head(limit) if limit else sums
            wanted.append(Want((), str(currency), period, rows={str(name): float(each) for name, each in sums.items()}))
        return wanted

    return wants


def money_by_month(period: Days, *, table: str = "spending", **where: str) -> Wants:
    """A row for each month, in order, for each currency: all accounts are known through the whole period."""

    def wants(raw: RawYear) -> list[Want]:
        found = _picked(raw, table, period, where)
        months = pd.period_range(period.start, period.end, freq="M").strftime("%Y-%m")
        wanted = []
        for currency, part in found.groupby("currency"):
            sums = part.groupby([day.strftime("%Y-%m") for day in part["day"]])["amount"].sum()
            rows = [float(each) / 100 for each in sums.reindex(months, fill_value=0)]
            wanted.append(Want((), str(currency), period, rows=rows))
        return wanted

    return wants


def largest(period: Days, count: int, **where: str) -> Wants:
    """The largest purchases, for each currency."""

    def wants(raw: RawYear) -> list[Want]:
        found = _picked(raw, "spending", period, where)
        return [
            Want(("top",), str(currency), period, rows=[
                float(each) / 100 for each in part["amount"].sort_values(ascending=False).head(count)
            ])
            for currency, part in found.groupby("currency")
        ]  # fmt: skip

    return wants


def net(period: Days) -> Wants:
    """Income less spending, for each currency."""

    def wants(raw: RawYear) -> list[Want]:
        came = _picked(raw, "income", period, {}).groupby("currency")["amount"].sum()
        went = _picked(raw, "spending", period, {}).groupby("currency")["amount"].sum()
        left = came.sub(went, fill_value=0) / 100
        return [Want((), str(currency), period, float(each)) for currency, each in left.items()]

    return wants


def balance(account: str, currency: str) -> Wants:
    """What the bank says is there."""
    return lambda raw: [Want((), currency, None, raw.balance(account))]
