"""What the files of the synthetic year say, read with pandas and nothing of ours: the bank's other side."""

from __future__ import annotations

import datetime as dt
import json
import re
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

WRITTEN = "%Y-%m-%d %H:%M:%S %z"
SOURCES = ("Watch", "Scale", "Cuff", "iPhone")
"""Of several on one day the first counts."""
SUMMED = ("step_count", "active_energy", "walking_running_distance", "apple_exercise_time")
IMPOSSIBLE = {"weight_body_mass": 500}


def _local(written: str) -> dt.datetime:
    """By the clock on the wall where it was written."""
    return dt.datetime.strptime(written, WRITTEN)


class RawYear:
    """The year in data frames. A day is that of the offset written in a reading."""

    def __init__(self, folder: Path) -> None:
        self._posts = [json.loads(each.read_text())["data"] for each in sorted((folder / "health").glob("*.json"))]
        self._money = folder / "money"
        self.notes = {each.name: each.read_text() for each in sorted((folder / "notes").glob("*.md"))}

    def _rows(self, metric: str) -> list[dict[str, Any]]:
        return [
            row for post in self._posts for found in post["metrics"] if found["name"] == metric for row in found["data"]
        ]

    def readings(self, metric: str) -> pd.DataFrame:
        """What counts of a metric: day, instant, value, lowest, highest. Of two sources on one day, one."""
        name, _, side = metric.partition("#")
        rows = []
        for row in self._rows(name):
            at = _local(row["date"])
            value = row.get("qty", row.get("Avg", row.get(side)))
            low, high = row.get("Min", value), row.get("Max", value)
            rows.append((at.date(), at.astimezone(dt.UTC), float(value), float(low), float(high), row["source"]))
        found = pd.DataFrame(rows, columns=["day", "at", "value", "low", "high", "source"])
        found = found[found["value"] <= IMPOSSIBLE.get(name, float("inf"))]
        rank = found["source"].map(lambda source: next(n for n, word in enumerate(SOURCES) if word in source))
        return found[rank == rank.groupby(found["day"]).transform("min")].sort_values("at")

    def daily(self, metric: str) -> pd.Series:
        """A value for each day that has one: the sum of what is counted, the mean of what is measured."""
        if metric in ("sleep", "deep", "rem", "core", "awake", "in_bed", "bedtime", "wake"):
            return self.nights[metric].dropna()
        by_day = self.readings(metric).groupby("day")["value"]
        return by_day.sum() if metric in SUMMED else by_day.mean()

    @cached_property
    def nights(self) -> pd.DataFrame:
        """Hours by the date of getting up; clock times in minutes from midnight, negative for the evening before."""
        rows = self._rows("sleep_analysis")
        found = [self._given(row) for row in rows if "value" not in row]
        beds = sorted((row for row in rows if row.get("value") == "In Bed"), key=lambda row: _local(row["startDate"]))
        stages = [row for row in rows if row.get("value") not in (None, "In Bed")]
        starts = [_local(row["startDate"]) for row in stages]
        for bed in beds:
            start, end = _local(bed["startDate"]), _local(bed["endDate"])
            inside = [row for row, at in zip(stages, starts, strict=True) if start <= at < end]
            found.append(self._of_stages(start, end, inside))
        return pd.DataFrame(found).set_index("day").sort_index()

    @staticmethod
    def _given(row: dict[str, Any]) -> dict[str, Any]:
        day = _local(row["date"]).date()
        if "totalSleep" not in row:
            return {"day": day, "sleep": row["asleep"], "in_bed": row["inBed"]}
        fell, woke = _local(row["sleepStart"]), _local(row["sleepEnd"])
        assert woke.date() == day
        return {
            "day": day,
            "sleep": row["totalSleep"],
            "in_bed": row["inBed"],
            "core": row["core"],
            "deep": row["deep"],
            "rem": row["rem"],
            "awake": row["awake"],
            "bedtime": _clock(fell, day),
            "wake": _clock(woke, day),
        }

    @staticmethod
    def _of_stages(start: dt.datetime, end: dt.datetime, inside: list[dict[str, Any]]) -> dict[str, Any]:
        day = end.date()
        hours = {"Core": 0.0, "Deep": 0.0, "REM": 0.0, "Awake": 0.0}
        asleep = []
        for row in inside:
            began, ended = _local(row["startDate"]), _local(row["endDate"])
            hours[row["value"]] += (ended - began).total_seconds() / 3600
            asleep += [began, ended] if row["value"] != "Awake" else []
        return {
            "day": day,
            "sleep": hours["Core"] + hours["Deep"] + hours["REM"],
            "in_bed": (end - start).total_seconds() / 3600,
            "core": hours["Core"],
            "deep": hours["Deep"],
            "rem": hours["REM"],
            "awake": hours["Awake"],
            "bedtime": _clock(min(asleep), day),
            "wake": _clock(max(asleep), day),
        }

    @cached_property
    def workouts(self) -> pd.DataFrame:
        """Day, name, minutes, km and kcal of each."""
        rows = [
            (
                _local(each["start"]).date(),
                each["name"],
                each["duration"] / 60,
                each.get("distance", {}).get("qty"),
                each["activeEnergyBurned"]["qty"],
            )
            for post in self._posts
            for each in post["workouts"]
        ]
        return pd.DataFrame(rows, columns=["day", "name", "minutes", "km", "kcal"])

    @cached_property
    def money(self) -> pd.DataFrame:
        """All bookings: day, payee, cents (signed), currency, account, category, kind."""
        statement = pd.read_csv(self._money / "demo-checking.csv", dtype=str, keep_default_na=False)
        rows = [
            (dt.date.fromisoformat(row["Date"]), row["Payee"], _cents(row["Amount"]), row["Currency"], "checking",
             row["Counterparty account"] != "")
            for row in statement.to_dict("records")
        ]  # fmt: skip
        for name in ("savings", "card"):
            text = (self._money / f"demo-{name}.ofx").read_text()
            currency = re.search(r"<CURDEF>(\w+)", text)[1]  # type: ignore[index]
            for kind, day, amount, payee in re.findall(
                r"<TRNTYPE>(\w+)<DTPOSTED>(\d{8})<TRNAMT>([-\d.]+)<FITID>[^<]+<NAME>([^<]+)", text
            ):
                booked = dt.datetime.strptime(day, "%Y%m%d").date()
                rows.append((booked, payee, _cents(amount), currency, name, kind == "XFER"))
        found = pd.DataFrame(rows, columns=["day", "payee", "cents", "currency", "account", "transfer"])
        rules = json.loads((self._money / "demo-setup.json").read_text())["rules"]
        found["category"] = [
            next((rule["category"] for rule in rules if rule["pattern"].lower() in payee.lower()), "")
            for payee in found["payee"]
        ]
        paid = set(found[found["cents"] < 0]["payee"])
        back = (found["cents"] > 0) & found["payee"].isin(paid) & ~found["transfer"]
        found["kind"] = "ordinary"
        found.loc[back, "kind"] = "refund"
        found.loc[found["transfer"], "kind"] = "transfer"
        return found

    @cached_property
    def spending(self) -> pd.DataFrame:
        """What was spent, and what came back of it (negative), in cents that are positive for spending."""
        found = self.money[
            (self.money["kind"] == "refund") | ((self.money["kind"] == "ordinary") & (self.money["cents"] < 0))
        ]
        return found.assign(spent=-found["cents"])

    @cached_property
    def income(self) -> pd.DataFrame:
        """What came in, without what was only moved or given back."""
        return self.money[(self.money["kind"] == "ordinary") & (self.money["cents"] > 0)]

    def balance(self, account: str) -> float:
        """What the bank says at the end of its statement."""
        if account == "checking":
            lines = (self._money / "demo-checking.csv").read_text().splitlines()
            return float(lines[-1].split(",")[-1])
        return float(re.search(r"<BALAMT>([-\d.]+)", (self._money / f"demo-{account}.ofx").read_text())[1])  # type: ignore[index]


def _clock(at: dt.datetime, day: dt.date) -> float:
    """Minutes after midnight of `day` by the clock on the wall."""
    wall = at.replace(tzinfo=None) - dt.datetime.combine(day, dt.time())
    return wall.total_seconds() / 60


def _cents(amount: str) -> int:
    whole, _, rest = amount.lstrip("-").partition(".")
    return int(f"{whole}{rest:0<2}") * (-1 if amount.startswith("-") else 1)
