"""The second bank's other side: what the raw files say, by pandas alone. What is wanted of it: `stranger_wanted.py`."""

from __future__ import annotations

import datetime as dt
import json
import re
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from second_bank_money import FIRST, TODAY
from stranger_records import clock, sleeps
from stranger_wanted import NIGHTS, SUMMED, spent_or_earned

QUESTIONS = Path(__file__).parents[1] / "fixtures" / "second_bank" / "questions.jsonl"
UNITS = {
    "step_count": "steps", "flights_climbed": "floors", "walking_running_distance": "mi", "active_energy": "kcal",
    "apple_exercise_time": "min", "mindful_minutes": "min", "dietary_water": "fl oz", "dietary_caffeine": "mg",
    "weight_body_mass": "lb", "body_fat_percentage": "%", "blood_glucose": "mg/dL", "vo2max": "mL/(kg·min)",
    "body_temperature": "degF", "heart_rate": "bpm", "resting_heart_rate": "bpm", "respiratory_rate": "breaths/min",
    "walking_speed": "mi/h", "blood_pressure_systolic": "mmHg", "blood_pressure_diastolic": "mmHg",
    "bedtime": "HH:MM", "wake_time": "HH:MM", "workout_duration": "min", "workout_distance": "mi",
    "workout_energy": "kcal",
}  # fmt: skip
MOVED = r"^(?:Transfer (?:to|from) |Summit Visa Autopay|Payment Thank You)"


class RawLife:
    """The raw files in data frames: a `stranger_wanted.Life`."""

    first, today, units = FIRST, TODAY, UNITS

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
            sums = spent_or_earned({"currency": "USD"}, self, metric, FIRST, TODAY).groupby("day")["major"].sum()
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
                "bedtime": clock(fell, woke), "wake_time": clock(woke, woke),
            }  # fmt: skip
        spans = [(instant(row["startDate"]), instant(row["endDate"]), row["value"]) for row in rows if "value" in row]
        of_watch: dict[dt.date, dict[str, float]] = {}
        for fell, woke, sleep in sleeps(spans):
            day, nap = woke.date(), sleep["sleep"] < 3 and 9 <= fell.hour < 21
            if not nap and sleep["sleep"] > of_watch.get(day, {"sleep": 0})["sleep"]:
                of_watch[day] = sleep
        return pd.DataFrame.from_dict({**found, **of_watch}, orient="index").sort_index()

    @cached_property
    def workouts(self) -> pd.DataFrame:
        rows = [(instant(each["start"]), each["name"], each["duration"] / 60, each.get("distance", {}).get("qty"),
                 each["activeEnergyBurned"]["qty"]) for post in self._posts for each in post["workouts"]]  # fmt: skip
        found = pd.DataFrame(rows, columns=["at", "name", "minutes", "distance", "energy"]).sort_values("at")
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


def _american(day: str) -> dt.date:
    return dt.datetime.strptime(day, "%m/%d/%Y").date()


def _cents(amount: str) -> int:
    return round(float(amount.replace(",", "")) * 100)
