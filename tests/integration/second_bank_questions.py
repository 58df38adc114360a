"""The second bank's other side: its questions, and what the raw files answer to them by pandas alone.

A line of `tests/fixtures/second_bank/questions.jsonl` is a question (`ask`) with
- `figures`: all that a right answer carries; or `either`: several such lists, any of which is right;
- or `note`: words of the note that answers it;
- or `unknown`: there is no such thing, and no figure may come;
- `ask_back`: it can mean several things, and a question that comes back is right, too;
- `unknown_ok`: that it cannot be told is right, too.

A figure is `how` (sum, mean, median, min, max, count, latest, trend, streak, top, correlation, histogram, balance;
`days` and `readings` count these), `of` (a metric or spending, income, net, workouts ...), `days` ("2026", "2026-07",
"2026-07-04", "2026-07-01..2026-08-19", "all"; missing, those which the answer names; `as` is the period that it names
where only a part of it counts), and what it is narrowed to, split `by`, divided by (`per`) and bounded with.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from second_bank_money import FIRST, TODAY

QUESTIONS = Path(__file__).parents[1] / "fixtures" / "second_bank" / "questions.jsonl"
SUMMED = (
    "step_count", "flights_climbed", "walking_running_distance", "active_energy", "apple_exercise_time",
    "mindful_minutes", "dietary_water", "dietary_caffeine",
)  # fmt: skip
NIGHTS = ("sleep", "sleep_deep", "sleep_rem", "sleep_core", "sleep_awake", "sleep_in_bed", "bedtime", "wake_time")
UNITS = {
    "step_count": "steps", "flights_climbed": "floors", "walking_running_distance": "mi", "active_energy": "kcal",
    "apple_exercise_time": "min", "mindful_minutes": "min", "dietary_water": "fl oz", "dietary_caffeine": "mg",
    "weight_body_mass": "lb", "body_fat_percentage": "%", "blood_glucose": "mg/dL", "vo2max": "mL/(kg·min)",
    "body_temperature": "degF", "heart_rate": "bpm", "resting_heart_rate": "bpm", "respiratory_rate": "breaths/min",
    "walking_speed": "mi/h", "blood_pressure_systolic": "mmHg", "blood_pressure_diastolic": "mmHg",
    "bedtime": "HH:MM", "wake_time": "HH:MM", "workout_duration": "min", "workout_distance": "mi",
    "workout_energy": "kcal",
}  # fmt: skip
WORKOUTS = {"workouts": "", "workout_duration": "minutes", "workout_distance": "miles", "workout_energy": "kcal"}
MONEY = ("spending", "income", "net")
WEEKDAYS = {
    "weekend": (5, 6), "weekdays": (0, 1, 2, 3, 4), "Mon": (0,), "Tue": (1,), "Wed": (2,), "Thu": (3,), "Fri": (4,),
    "Sat": (5,), "Sun": (6,),
}  # fmt: skip
BY = {"day": "%Y-%m-%d", "week": "%G-%V", "month": "%Y-%m", "year": "%Y", "weekday": "%u"}
MOVED = r"^(?:Transfer (?:to|from) |Summit Visa Autopay|Payment Thank You)"


def questions() -> list[dict[str, Any]]:
    """All of them, in order."""
    return [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines() if line.strip()]


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


def span(days: str) -> tuple[dt.date, dt.date]:
    """The first and the last day of "2026", "2026-07", "2026-07-04", "2026-07-01..2026-07-09" or "all"."""
    if days == "all":
        return FIRST, TODAY
    first, _, last = days.partition("..")
    if last:
        return dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    period = pd.Period(days, freq="YMD"[len(days) // 3 - 1])
    return period.start_time.date(), min(period.end_time.date(), TODAY)


def wanted(spec: Mapping[str, Any], raw: RawLife, start: dt.date, end: dt.date) -> list[Want]:
    """The figures that a spec means over these days: of money one for each currency."""
    how, of = spec["how"], spec["of"]
    if how == "balance":
        return [Want(unit, value) for unit, value in raw.balances(of).items()]
    if how == "correlation":
        pairs = pd.concat([raw.daily(each) for each in (of, spec["with"])], axis=1, join="inner")
        pairs = pairs[_inside(pairs.index, start, end, spec)]
        return [Want("", float(pairs.iloc[:, 0].corr(pairs.iloc[:, 1])), records=len(pairs))]
    if of in MONEY:
        return _money(spec, raw, start, end)
    if of in WORKOUTS:
        return _workouts(spec, raw, start, end)
    return _health(spec, raw, start, end)


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


def _health(spec: Mapping[str, Any], raw: RawLife, start: dt.date, end: dt.date) -> list[Want]:
    how, of, unit = spec["how"], spec["of"], UNITS.get(spec["of"], "h")
    daily = raw.readings(of, spec["source"]).groupby("day")["value"].sum() if "source" in spec else raw.daily(of)
    daily = daily[_inside(daily.index, start, end, spec)]
    if how == "days":
        return [
            Want("", float((end - start).days + 1 - len(daily) if spec.get("nothing") else _holds(daily, spec).sum()))
        ]
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


def _workouts(spec: Mapping[str, Any], raw: RawLife, start: dt.date, end: dt.date) -> list[Want]:
    found = raw.workouts[_inside(raw.workouts["day"], start, end, spec)]
    if spec.get("activity"):
        found = found[found["name"] == spec["activity"]]
    column = WORKOUTS[spec["of"]]
    unit, values = UNITS.get(spec["of"], ""), found[column] if column else pd.Series(1.0, index=found.index)
    if "over" in spec or "under" in spec:
        return [Want("", float(_holds(values, spec).sum()))]
    if by := spec.get("by"):
        sums = values.groupby(found["name"] if by == "activity" else [day.strftime(BY[by]) for day in found["day"]])
        rows = sums.agg(spec["how"])
        return [Want(unit, rows=dict(rows) if by == "activity" else [float(each) for each in rows])]
    if spec["how"] == "top":
        return [Want(unit, rows=[float(each) for each in values.sort_values(ascending=False).head(spec["n"])])]
    if spec["how"] == "latest":
        return [Want(unit, float(values.iloc[-1]), told=_said(found["day"].iloc[-1]))]
    return [Want(unit, float(values.agg(spec["how"])) / spec.get("per", 1))]


def _money(spec: Mapping[str, Any], raw: RawLife, start: dt.date, end: dt.date) -> list[Want]:
    if spec["of"] == "net":
        flows = {of: _picked(spec, raw, of, start, end).groupby("currency")["major"].sum() for of in MONEY[:2]}
        left = flows["income"].sub(flows["spending"], fill_value=0)
        return [Want(str(currency), float(value)) for currency, value in left.items()]
    found = _picked(spec, raw, spec["of"], start, end)
    how = spec["how"]
    if how in ("count", "mean", "median", "min", "max", "latest", "top") and spec.get("by") not in BY:
        found = found[found["kind"] != "refund"]
    if how == "count":
        found = found[_holds(found["major"], spec)]
        parts = found["booking"].nunique() if spec.get("bookings") else len(found)
        return [Want("", float(parts) / spec.get("per", 1))]
    if how == "days":
        sums = found.groupby("day")["major"].sum()
        if spec.get("nothing"):
            return [Want("", float((end - start).days + 1 - len(sums)))]
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
        every = {day.strftime(BY[by]) for day in pd.date_range(start, end) if day.weekday() in on}
        return Want(unit, float(sums.reindex(sorted(every), fill_value=0).agg(how)))
    if by:
        sums = part.groupby(by)["major"].sum().sort_values(ascending=spec.get("least", False))
        return Want(unit, rows={str(name): float(each) for name, each in sums.head(spec.get("n", 99)).items()})
    if how == "top":
        ranked = part["major"].sort_values(ascending=spec.get("least", False)).head(spec["n"])
        return Want(unit, rows=[float(each) for each in ranked])
    return Want(unit, float(part["major"].agg(how)) / spec.get("per", 1), told=spec.get("told", ""))


def _picked(spec: Mapping[str, Any], raw: RawLife, of: str, start: dt.date, end: dt.date) -> pd.DataFrame:
    """Income as it came; spending as ordinary bookings that went out, less refunds."""
    found = raw.money[_inside(raw.money["day"], start, end, spec)]
    ordinary = found["kind"] == "ordinary"
    out = (found["kind"] == "refund") | (ordinary & (found["cents"] < 0))
    found = found[out] if of == "spending" else found[ordinary & (found["cents"] > 0)]
    for column in ("category", "payee", "account", "currency"):
        if names := spec.get(column):
            found = found[found[column].isin([names] if isinstance(names, str) else names)]
    return found.assign(major=found["cents"] / (-100 if of == "spending" else 100))


class RawLife:
    """The raw files in data frames."""

    def __init__(self, folder: Path) -> None:
        self._posts = [json.loads(each.read_text("utf-8"))["data"] for each in sorted(folder.glob("health/*.json"))]
        self._money = folder / "money"

    def _rows(self, name: str) -> list[tuple[str, dict[str, Any]]]:
        return [(found["units"], row) for post in self._posts for found in post["metrics"] if found["name"] == name
                for row in found["data"]]  # fmt: skip

    @cache  # noqa: B019 - one life, as long as the tests run
    def readings(self, metric: str, source: str = "") -> pd.DataFrame:
        """Day, value, lowest and highest in the unit that came last, by time; of two devices on a day the watch's."""
        name, _, side = metric.rpartition("_") if metric.startswith("blood_pressure") else (metric, "", "qty")
        rows = []
        for units, row in self._rows(name):
            at, scale = instant(row["date"]), 1 / 0.45359237 if units == "kg" else 1.0
            value = float(row.get(side, row.get("Avg"))) * scale
            rows.append((at.date(), at, value, row.get("Min", value), row.get("Max", value), row["source"]))
        found = pd.DataFrame(rows, columns=["day", "at", "value", "low", "high", "source"])
        if metric == "weight_body_mass":
            found = found[found["value"] < 1000]
        if source:
            return found[found["source"] == source].sort_values("at")
        elsewhere = ~found["source"].str.contains("Watch")
        return found[elsewhere == elsewhere.groupby(found["day"]).transform("min")].sort_values("at")

    def daily(self, metric: str) -> pd.Series:
        """By day: the sum of what is counted, the mean of what is measured, a night by its morning, money spent."""
        if metric in NIGHTS:
            return self.nights[metric].dropna()
        if metric == "spending":
            sums = _picked({"currency": "USD"}, self, metric, FIRST, TODAY).groupby("day")["major"].sum()
            return sums.reindex([day.date() for day in pd.date_range(FIRST, TODAY)], fill_value=0.0)
        by_day = self.readings(metric).groupby("day")["value"]
        return by_day.sum() if metric in SUMMED else by_day.mean()

    @cached_property
    def nights(self) -> pd.DataFrame:
        """Hours by the date of waking up; the watch's where both are, and of its sleeps on a day the longest."""
        rows = [row for _, row in self._rows("sleep_analysis")]
        found = {}
        for row in (row for row in rows if "totalSleep" in row):
            fell, woke = instant(row["sleepStart"]), instant(row["sleepEnd"])
            found[woke.date()] = {
                "sleep": row["totalSleep"], "sleep_deep": row["deep"], "sleep_rem": row["rem"],
                "sleep_core": row["core"], "sleep_awake": row["awake"], "sleep_in_bed": row["inBed"],
                "bedtime": _clock(fell, woke), "wake_time": _clock(woke, woke),
            }  # fmt: skip
        of_watch: dict[dt.date, dict[str, Any]] = {}
        for sleep in _sleeps([row for row in rows if "value" in row]):
            day = sleep["day"]
            nap = sleep["sleep"] < 3 and 9 <= sleep["hour"] < 21
            if not nap and sleep["sleep"] > of_watch.get(day, {"sleep": 0})["sleep"]:
                of_watch[day] = sleep
        return pd.DataFrame.from_dict({**found, **of_watch}, orient="index").drop(columns=["day", "hour"]).sort_index()

    @cached_property
    def workouts(self) -> pd.DataFrame:
        rows = [(instant(each["start"]), each["name"], each["duration"] / 60, each.get("distance", {}).get("qty"),
                 each["activeEnergyBurned"]["qty"]) for post in self._posts for each in post["workouts"]]  # fmt: skip
        found = pd.DataFrame(rows, columns=["at", "name", "minutes", "miles", "kcal"]).sort_values("at")
        return found.assign(day=[at.date() for at in found["at"]])

    @cached_property
    def money(self) -> pd.DataFrame:
        """Day, payee, cents, currency, account, category, kind and booking; a part of a split is a row of its own."""
        rows = [*self._checking(), *self._visa(), *self._maple(), *self._household()]
        columns = ["day", "payee", "cents", "currency", "account", "category", "booking"]
        found = pd.DataFrame(rows, columns=columns)
        rules = json.loads((self._money / "setup.json").read_text("utf-8"))["categories"]
        for category, words in rules.items():
            found.loc[found["payee"].map(lambda payee, words=words: any(word in payee for word in words)),
                      "category"] = category  # fmt: skip
        moved = found["payee"].str.contains(MOVED)
        paid = set(found[found["cents"] < 0]["payee"])
        back = (found["cents"] > 0) & found["payee"].isin(paid)
        return found.assign(kind=["transfer" if one else "refund" if two else "ordinary"
                                  for one, two in zip(moved, back, strict=True)])  # fmt: skip

    def _checking(self) -> list[tuple[Any, ...]]:
        table = pd.read_csv(self._money / "harbor.csv", dtype=str, keep_default_na=False)
        return [
            (_american(row["Posting Date"]), row["Payee"], _cents(row["Amount"]), "USD", "Harbor Checking", "", f"h{n}")
            for n, row in enumerate(table.to_dict("records"))
        ]

    def _visa(self) -> list[tuple[Any, ...]]:
        text = (self._money / "visa.qfx").read_text("utf-8").replace("&amp;", "&")
        lines = re.findall(r"<DTPOSTED>(\d{8})[^<]*<TRNAMT>([-\d.]+)<FITID>(\w+)<NAME>([^<]+)", text)
        return [(dt.datetime.strptime(day, "%Y%m%d").date(), payee, _cents(amount), "USD", "Summit Visa", "", booking)
                for day, amount, booking, payee in lines]  # fmt: skip

    def _maple(self) -> list[tuple[Any, ...]]:
        pattern = r'<Ntry><Amt Ccy="CAD">([\d.]+)</Amt><CdtDbtInd>(\w+)</.*?<Dt>([\d-]+)</.*?<Nm>([^<]+)<'
        lines = re.findall(pattern, (self._money / "maple.xml").read_text("utf-8"))
        return [(dt.date.fromisoformat(day), payee, _cents(amount) * (-1 if side == "DBIT" else 1), "CAD",
                 "Maple Chequing", "", f"m{n}") for n, (amount, side, day, payee) in enumerate(lines)]  # fmt: skip

    def _household(self) -> list[tuple[Any, ...]]:
        rows, account = [], ""
        for n, record in enumerate((self._money / "household.qif").read_text("utf-8").split("^\n")):
            fields = [(line[0], line[1:]) for line in record.splitlines() if not line.startswith("!")]
            values = dict(fields)
            account = values.get("N", account)
            if "D" not in values:
                continue
            names = [value for code, value in fields if code == "S"]
            parts = [(name, value) for name, value in zip(names, (value for code, value in fields if code == "$"),
                                                          strict=True)] or [("", values["T"])]  # fmt: skip
            rows += [(_american(values["D"]), values["P"], _cents(value), "USD", account, name, f"q{n}")
                     for name, value in parts]  # fmt: skip
        return rows

    def balances(self, account: str) -> dict[str, float]:
        """What banks say is there at the end of a statement: of the QIF's two accounts nobody says anything."""
        harbor = pd.read_csv(self._money / "harbor.csv", dtype=str)["Balance"].iloc[-1]
        visa = re.search(r"<BALAMT>([-\d.]+)", (self._money / "visa.qfx").read_text("utf-8"))
        maple = re.search(r'</Tp><Amt Ccy="CAD">([-\d.]+)', (self._money / "maple.xml").read_text("utf-8"))
        assert visa is not None
        assert maple is not None
        cents = {"Harbor Checking": _cents(harbor), "Summit Visa": _cents(visa[1]), "Maple Chequing": _cents(maple[1])}
        if account in cents:
            return {"CAD" if account == "Maple Chequing" else "USD": cents[account] / 100}
        return {"USD": (cents["Harbor Checking"] + cents["Summit Visa"]) / 100, "CAD": cents["Maple Chequing"] / 100}


def instant(written: str) -> dt.datetime:
    """A date of a post, with a clock of 24 hours or of 12."""
    if "M " not in written:
        return dt.datetime.fromisoformat(written.replace(" -", "-"))
    return dt.datetime.strptime(written.replace("\u202f", " "), "%Y-%m-%d %I:%M:%S %p %z")


def _clock(at: dt.datetime, woke: dt.datetime) -> float:
    """Minutes after the midnight of the day of waking up, by the clock on the wall."""
    wall = at.replace(tzinfo=None) - dt.datetime.combine(woke.date(), dt.time())
    return wall.total_seconds() / 60


def _sleeps(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Stretches less than two hours apart, summed up by stage."""
    groups: list[list[dict[str, Any]]] = []
    for row in sorted(rows, key=lambda row: instant(row["startDate"])):
        if not groups or instant(row["startDate"]) - instant(groups[-1][-1]["endDate"]) >= dt.timedelta(hours=2):
            groups.append([])
        groups[-1].append(row)
    found = []
    for group in groups:
        hours = dict.fromkeys(("Core", "Deep", "REM", "Awake"), 0.0)
        for row in group:
            hours[row["value"]] += (instant(row["endDate"]) - instant(row["startDate"])).total_seconds() / 3600
        asleep = [row for row in group if row["value"] != "Awake"]
        fell, woke = instant(asleep[0]["startDate"]), instant(asleep[-1]["endDate"])
        found.append({
            "day": woke.date(), "hour": fell.hour, "sleep": hours["Core"] + hours["Deep"] + hours["REM"],
            "sleep_deep": hours["Deep"], "sleep_rem": hours["REM"], "sleep_core": hours["Core"],
            "sleep_awake": hours["Awake"], "bedtime": _clock(fell, woke), "wake_time": _clock(woke, woke),
        })  # fmt: skip
    return found


def _american(day: str) -> dt.date:
    return dt.datetime.strptime(day, "%m/%d/%Y").date()


def _cents(amount: str) -> int:
    return round(float(amount.replace(",", "")) * 100)
