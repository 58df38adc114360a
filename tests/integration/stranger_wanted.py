"""What a question of a stranger's bank wants, computed from data frames of the raw files by pandas alone.

A line of a bank's `questions.jsonl` is a question (`ask`) with
- `figures`: all that a right answer carries; or `either`: several such lists, any of which is right;
- or `note`: words of the note that answers it;
- or `unknown`: there is no such thing, and no figure may come;
- `ask_back`: it can mean several things, and a question that comes back is right, too;
- `unknown_ok`: that it cannot be told is right, too.

A figure is `how` (sum, mean, median, min, max, count, latest, trend, streak, top, correlation, histogram, balance;
`days` and `readings` count these; `share` is that of the days that have a record, with both numbers), `of` (a metric
or spending, income, net, workouts ...), `days` ("2026", "2026-07", "2026-07-04",
"2026-07-01..2026-08-19", "all"; missing, those which the answer names; `as` is the period that it names
where only a part of it counts), and what it is narrowed to, split `by` (`whole`: of a mean, without what the period
cuts off; `rank`: the `n` with the most first), divided by (`per`), bounded with (of `days` of money, `quiet` ones
without any count, too; by the highest of a day where `peak` is said) and told in (`unit`; where nothing is said, in any
that measures the same).
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

SUMMED = (
    "step_count", "flights_climbed", "walking_running_distance", "cycling_distance", "active_energy",
    "basal_energy_burned", "apple_exercise_time", "apple_stand_hour", "time_in_daylight", "mindful_minutes",
    "dietary_water", "dietary_caffeine",
)  # fmt: skip
NIGHTS = ("sleep", "sleep_deep", "sleep_rem", "sleep_core", "sleep_awake", "sleep_in_bed", "bedtime", "wake_time")
WORKOUTS = {"workouts": "", "workout_duration": "minutes", "workout_distance": "distance", "workout_energy": "energy"}
MONEY = ("spending", "income", "net")
WEEKDAYS = {
    "weekend": (5, 6), "weekdays": (0, 1, 2, 3, 4), "Mon": (0,), "Tue": (1,), "Wed": (2,), "Thu": (3,), "Fri": (4,),
    "Sat": (5,), "Sun": (6,),
}  # fmt: skip
WHOLE = {"day": 1, "week": 7, "month": 28, "year": 365}
"""Days that a week, a month or a year has at least when none of it is cut off."""
SCALES = {
    ("mi", "km"): 1.609344, ("kcal", "kJ"): 4.184, ("lb", "kg"): 0.45359237, ("L", "mL"): 1000, ("km", "m"): 1000,
    ("h", "min"): 60,
}  # fmt: skip
BY = {"day": "%Y-%m-%d", "week": "%G-%V", "month": "%Y-%m", "year": "%Y", "weekday": "%u"}


class Life(Protocol):
    """The raw files of a household in data frames.

    Attributes:
        first, today: Between which all records are.
        units: In which a metric is shown; hours where nothing is said.
        workouts: `day`, `name`, `minutes`, `distance` and `energy`, by time.
        money: `day`, `payee`, `cents`, `currency`, `account`, `category`, `kind` and `booking`.
    """

    first: dt.date
    today: dt.date
    units: Mapping[str, str]

    @property
    def workouts(self) -> pd.DataFrame: ...

    @property
    def money(self) -> pd.DataFrame: ...

    def readings(self, metric: str, source: str = "") -> pd.DataFrame:
        """`day`, `value`, `low` and `high`, by time."""

    def daily(self, metric: str) -> pd.Series:
        """A value by day."""

    def balances(self, account: str) -> dict[str, float]:
        """By currency, in major units; of all accounts for ""."""


def questions(path: Path) -> list[dict[str, Any]]:
    """All of a file, in order."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


@dataclass(frozen=True)
class Want:
    """One figure: a value or rows, by label where those are names; `told` are words that must be said, too."""

    unit: str
    value: float | None = None
    rows: Sequence[float] | Mapping[str, float] | None = None
    told: str = ""
    records: int | None = None
    a_day: bool = False
    together: bool = False


def span(days: str, raw: Life) -> tuple[dt.date, dt.date]:
    """The first and the last day of "2026", "2026-07", "2026-07-04", "2026-07-01..2026-07-09" or "all"."""
    if days == "all":
        return raw.first, raw.today
    first, _, last = days.partition("..")
    if last:
        return dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    period = pd.Period(days, freq="YMD"[len(days) // 3 - 1])
    return period.start_time.date(), min(period.end_time.date(), raw.today)


def wanted(spec: Mapping[str, Any], raw: Life, start: dt.date, end: dt.date) -> list[Want]:
    """The figures that a spec means over these days: of money one for each currency."""
    how, of = spec["how"], spec["of"]
    if how == "balance":
        return [Want(unit, value) for unit, value in raw.balances(of).items() if spec.get("currency", unit) == unit]
    if how == "correlation":
        pairs = pd.concat([raw.daily(each) for each in (of, spec["with"])], axis=1, join="inner")
        pairs = pairs[_inside(pairs.index, start, end, spec)]
        return [Want("", float(pairs.iloc[:, 0].corr(pairs.iloc[:, 1])), records=len(pairs))]
    if of in MONEY:
        return _money(spec, raw, start, end)
    found = _workouts(spec, raw, start, end) if of in WORKOUTS else _health(spec, raw, start, end)
    return [in_unit(each, spec["unit"]) for each in found] if "unit" in spec else found


def in_unit(want: Want, unit: str) -> Want:
    """The same, told in another unit where both measure one thing."""
    factor = 1 / SCALES[unit, want.unit] if (unit, want.unit) in SCALES else SCALES.get((want.unit, unit))
    if factor is None:
        return want
    value = None if want.value is None else want.value * factor
    if isinstance(want.rows, Mapping):
        return replace(want, unit=unit, value=value, rows={name: each * factor for name, each in want.rows.items()})
    return replace(want, unit=unit, value=value, rows=want.rows and [each * factor for each in want.rows])


def _inside(days: Any, start: dt.date, end: dt.date, spec: Mapping[str, Any]) -> Any:
    """Which of these days are meant."""
    on = WEEKDAYS.get(spec.get("on", ""), range(7))
    return [start <= day <= end and day.weekday() in on for day in days]


def _holds(values: pd.Series, spec: Mapping[str, Any]) -> pd.Series:
    if "between" in spec:
        return values.between(*spec["between"])
    for sign, holds in (("over", values.gt), ("atleast", values.ge), ("under", values.lt), ("atmost", values.le)):
        if sign in spec:
            return holds(spec[sign])
    return values.notna()


def _health(spec: Mapping[str, Any], raw: Life, start: dt.date, end: dt.date) -> list[Want]:
    how, of, unit = spec["how"], spec["of"], raw.units.get(spec["of"], "h")
    daily = raw.readings(of, spec["source"]).groupby("day")["value"].sum() if "source" in spec else raw.daily(of)
    daily = daily[_inside(daily.index, start, end, spec)]
    if spec.get("peak"):
        found = raw.readings(of)
        daily = found[_inside(found["day"], start, end, spec)].groupby("day")["high"].max()
    if how == "days":
        return [
            Want("", float((end - start).days + 1 - len(daily) if spec.get("nothing") else _holds(daily, spec).sum()))
        ]
    if how == "share":
        meeting, all_of_them = float(_holds(daily, spec).sum()), float(len(daily))
        return [Want("%", 100 * meeting / all_of_them), Want("", meeting), Want("", all_of_them)]
    if how == "histogram":
        return [Want("", rows=[float(len(daily))], together=True)]
    if how == "streak":
        return [Want("", float(_longest(daily[_holds(daily, spec)].index)))]
    if how == "trend":
        x = pd.Series([float(day.toordinal()) for day in daily.index], index=daily.index)
        slope = ((x - x.mean()) * (daily - daily.mean())).sum() / ((x - x.mean()) ** 2).sum()
        return [Want(unit, float(slope), a_day=True)]
    if how == "top":
        ranked = daily.sort_values(ascending=spec.get("least", False)).head(spec["n"])
        return [Want(unit, rows=[float(each) for each in ranked])]
    if of in SUMMED or of in NIGHTS:
        values = pd.DataFrame({"day": daily.index, "value": daily, "low": daily, "high": daily})
    else:
        values = raw.readings(of)
        values = values[_inside(values["day"], start, end, spec)]
    if how == "readings":
        return [Want("", float(len(values)))]
    if by := spec.get("by"):
        column = {"min": "low", "max": "high"}.get(how, "value")
        found = values[column].groupby([day.strftime(BY[by]) for day in values["day"]]).agg(how)
        if spec.get("rank"):
            found = found.sort_values(ascending=spec.get("least", False)).head(spec.get("n", 99))
        return [Want(unit, rows=[float(each) for each in found])]
    if how == "latest":
        return [Want(unit, float(values["value"].iloc[-1]))]
    column = {"min": "low", "max": "high"}.get(how, "value")
    value = float(values[column].agg(how)) / spec.get("per", 1)
    day = values["day"][values[column] == value].iloc[0] if spec.get("told") == "day" else None
    return [Want(unit, value, told=_said(day) if day else spec.get("told", ""))]


def _said(day: dt.date) -> str:
    return f"{day.day} {day:%b %Y}"


def _longest(days: Any) -> int:
    """The longest run of days in a row."""
    longest, run, before = 0, 0, None
    for day in sorted(days):
        run = run + 1 if before and day - before == dt.timedelta(days=1) else 1
        longest, before = max(longest, run), day
    return longest


def _workouts(spec: Mapping[str, Any], raw: Life, start: dt.date, end: dt.date) -> list[Want]:
    found = raw.workouts[_inside(raw.workouts["day"], start, end, spec)]
    if spec.get("activity"):
        names = spec["activity"]
        found = found[found["name"].isin([names] if isinstance(names, str) else names)]
    column = WORKOUTS[spec["of"]]
    unit, values = raw.units.get(spec["of"], ""), found[column] if column else pd.Series(1.0, index=found.index)
    if "over" in spec or "under" in spec:
        return [Want("", float(_holds(values, spec).sum()))]
    if by := spec.get("by"):
        sums = values.groupby(found["name"] if by == "activity" else [day.strftime(BY[by]) for day in found["day"]])
        rows = sums.agg(spec["how"])
        if "n" in spec:
            rows = rows.sort_values(ascending=spec.get("least", False)).head(spec["n"])
        return [Want(unit, rows=dict(rows) if by == "activity" else [float(each) for each in rows])]
    if spec["how"] == "top":
        return [Want(unit, rows=[float(each) for each in values.sort_values(ascending=False).head(spec["n"])])]
    if spec["how"] == "latest":
        return [Want(unit, float(values.iloc[-1]), told=_said(found["day"].iloc[-1]))]
    return [Want(unit, float(values.agg(spec["how"])) / spec.get("per", 1))]


def _money(spec: Mapping[str, Any], raw: Life, start: dt.date, end: dt.date) -> list[Want]:
    if spec["of"] == "net":
        flows = {of: spent_or_earned(spec, raw, of, start, end).groupby("currency")["major"].sum() for of in MONEY[:2]}
        left = flows["income"].sub(flows["spending"], fill_value=0)
        return [Want(str(currency), float(value)) for currency, value in left.items()]
    found = spent_or_earned(spec, raw, spec["of"], start, end)
    how = spec["how"]
    if how in ("count", "mean", "median", "min", "max", "latest", "top") and spec.get("by") not in BY:
        found = found[found["kind"] != "refund"]
    if how == "count":
        found = found[_holds(found["major"], spec)]
        if by := spec.get("by"):
            labels = [day.strftime(BY[by]) for day in found["day"]] if by in BY else list(found[by])
            counts = Counter(labels)
            return [Want("", rows=[float(counts[each]) for each in sorted(counts)] if by in BY else dict(counts))]
        parts = found["booking"].nunique() if spec.get("bookings") else len(found)
        return [Want("", float(parts) / spec.get("per", 1))]
    if how == "days":
        sums = found.groupby("day")["major"].sum()
        if spec.get("nothing"):
            return [Want("", float((end - start).days + 1 - len(sums)))]
        if spec.get("quiet"):
            sums = sums.reindex([day.date() for day in pd.date_range(start, end)], fill_value=0.0)
        return [Want("", float(_holds(sums, spec).sum()))]
    if how == "latest":
        last = found.sort_values("day", kind="stable").iloc[-1]
        return [Want(str(last["currency"]), float(last["major"]), told=_said(last["day"]))]
    return [_of_currency(spec, part, str(currency), start, end) for currency, part in found.groupby("currency")]


def _of_currency(spec: Mapping[str, Any], part: pd.DataFrame, unit: str, start: dt.date, end: dt.date) -> Want:
    how, by = spec["how"], spec.get("by", "")
    if by in BY:
        sums = part.groupby([day.strftime(BY[by]) for day in part["day"]])["major"].sum()
        if how == "sum":
            return Want(unit, rows=[float(each) for each in sums])
        if how == "top":
            ranked = sums.sort_values(ascending=spec.get("least", False)).head(spec["n"])
            return Want(unit, rows=[float(each) for each in ranked])
        on = WEEKDAYS.get(spec.get("on", ""), range(7))
        counted = Counter(day.strftime(BY[by]) for day in pd.date_range(start, end) if day.weekday() in on)
        every = {label for label, days in counted.items() if not spec.get("whole") or days >= WHOLE[by]}
        return Want(unit, float(sums.reindex(sorted(every), fill_value=0).agg(how)))
    if by:
        sums = part.groupby(by)["major"].sum().sort_values(ascending=spec.get("least", False))
        return Want(unit, rows={str(name): float(each) for name, each in sums.head(spec.get("n", 99)).items()})
    if how == "top":
        ranked = part["major"].sort_values(ascending=spec.get("least", False)).head(spec["n"])
        return Want(unit, rows=[float(each) for each in ranked])
    return Want(unit, float(part["major"].agg(how)) / spec.get("per", 1), told=spec.get("told", ""))


def spent_or_earned(spec: Mapping[str, Any], raw: Life, of: str, start: dt.date, end: dt.date) -> pd.DataFrame:
    """Income as it came; spending as ordinary bookings that went out, less refunds."""
    found = raw.money[_inside(raw.money["day"], start, end, spec)]
    ordinary = found["kind"] == "ordinary"
    out = (found["kind"] == "refund") | (ordinary & (found["cents"] < 0))
    found = found[out] if of == "spending" else found[ordinary & (found["cents"] > 0)]
    for column in ("category", "payee", "account", "currency"):
        if names := spec.get(column):
            found = found[found[column].isin([names] if isinstance(names, str) else names)]
    return found.assign(major=found["cents"] / (-100 if of == "spending" else 100))
