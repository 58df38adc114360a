"""The third bank's other side: what the raw files say, by pandas alone. What is wanted of it: `stranger_wanted.py`."""

from __future__ import annotations

import datetime as dt
import json
import re
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
from stranger_records import clock, sleeps
from stranger_wanted import NIGHTS, SUMMED, spent_or_earned
from third_bank_money import FIRST, TODAY

QUESTIONS = Path(__file__).parents[1] / "fixtures" / "third_bank" / "questions.jsonl"
UNITS = {
    "step_count": "steps", "flights_climbed": "floors", "walking_running_distance": "km", "active_energy": "kJ",
    "basal_energy_burned": "kJ", "apple_exercise_time": "min", "apple_stand_hour": "stand hours",
    "cycling_distance": "km", "mindful_minutes": "min", "time_in_daylight": "min", "dietary_water": "mL",
    "weight_body_mass": "kg", "body_fat_percentage": "%", "vo2max": "mL/(kg·min)", "heart_rate": "bpm",
    "resting_heart_rate": "bpm", "heart_rate_variability": "ms", "blood_oxygen_saturation": "%",
    "respiratory_rate": "breaths/min", "apple_sleeping_wrist_temperature": "degC",
    "blood_pressure_systolic": "mmHg", "blood_pressure_diastolic": "mmHg", "bedtime": "HH:MM", "wake_time": "HH:MM",
    "workout_duration": "min", "workout_distance": "km", "workout_energy": "kJ",
}  # fmt: skip
APPLE = {
    "StepCount": "step_count", "DistanceWalkingRunning": "walking_running_distance",
    "ActiveEnergyBurned": "active_energy", "BasalEnergyBurned": "basal_energy_burned",
    "FlightsClimbed": "flights_climbed", "AppleExerciseTime": "apple_exercise_time",
    "DistanceCycling": "cycling_distance", "BodyMass": "weight_body_mass", "BodyFatPercentage": "body_fat_percentage",
    "HeartRate": "heart_rate", "RestingHeartRate": "resting_heart_rate",
    "HeartRateVariabilitySDNN": "heart_rate_variability", "OxygenSaturation": "blood_oxygen_saturation",
    "RespiratoryRate": "respiratory_rate", "VO2Max": "vo2max",
}  # fmt: skip
STAGES = {"AsleepCore": "Core", "AsleepDeep": "Deep", "AsleepREM": "REM", "Awake": "Awake"}
MOVED = ("Lena Vogt", "Kreditkartenabrechnung", "Zahlung erhalten, danke")
PHONES = "iPhone"


class RawHome:
    """The raw files in data frames: a `stranger_wanted.Life`."""

    first, today, units = FIRST, TODAY, UNITS

    def __init__(self, folder: Path) -> None:
        self._posts = [json.loads(each.read_text("utf-8"))["data"] for each in sorted(folder.glob("health/*.json"))]
        self._apple = ElementTree.parse(folder / "health" / "export.xml").getroot()
        self._money = folder / "money"

    @cached_property
    def _records(self) -> dict[str, list[tuple[dt.datetime, float, float, float, str]]]:
        """By metric: when, value, lowest, highest, source; what came twice once, nothing impossible or to come."""
        found: dict[str, dict[Any, tuple[dt.datetime, float, float, float, str]]] = {}
        for each in self._apple.iter("Record"):
            name = APPLE.get(each.attrib["type"].removeprefix("HKQuantityTypeIdentifier"))
            if name:
                at = instant(each.attrib["startDate"])
                value = float(each.attrib["value"]) * (100 if each.attrib["unit"] == "%" else 1)
                source = each.attrib["sourceName"]
                found.setdefault(name, {})[at, source] = (at, value, value, value, source)
        for post in self._posts:
            for metric in post["metrics"]:
                if metric["name"] == "sleep_analysis":
                    continue
                for row in metric["data"]:
                    at, source = instant(row["date"]), row["source"]
                    for side in ("systolic", "diastolic") if "systolic" in row else ("",):
                        name = f"{metric['name']}_{side}" if side else metric["name"]
                        value = float(row[side] if side else row.get("qty", row.get("Avg")))
                        lowest, highest = row.get("Min", value), row.get("Max", value)
                        if at.date() <= TODAY and not (name == "weight_body_mass" and value > 300):
                            found.setdefault(name, {})[at, source] = (at, value, lowest, highest, source)
        return {name: list(rows.values()) for name, rows in found.items()}

    @cache  # noqa: B019 - one household, as long as the tests run
    def readings(self, metric: str, source: str = "") -> pd.DataFrame:
        """Day, value, lowest and highest, by time; of two devices on a day the watch's."""
        found = pd.DataFrame(self._records[metric], columns=["at", "value", "low", "high", "source"])
        found = found.assign(day=[at.date() for at in found["at"]]).sort_values("at", kind="stable")
        if source:
            return found[found["source"] == source]
        phone = found["source"].str.contains(PHONES)
        return found[phone == phone.groupby(found["day"]).transform("min")]

    @cache  # noqa: B019 - as above
    def daily(self, metric: str) -> pd.Series:
        """By day: the sum of what is counted, the mean of what is measured, a night by its morning, money spent."""
        if metric in NIGHTS:
            return self.nights[metric].dropna()
        if metric == "spending":
            sums = spent_or_earned({"currency": "EUR"}, self, metric, FIRST, TODAY).groupby("day")["major"].sum()
            return sums.reindex([day.date() for day in pd.date_range(FIRST, TODAY)], fill_value=0.0)
        by_day = self.readings(metric).groupby("day")["value"]
        return by_day.sum() if metric in SUMMED else by_day.mean()

    @cached_property
    def nights(self) -> pd.DataFrame:
        """Hours by the date of waking up."""
        rows = [row for post in self._posts for metric in post["metrics"] if metric["name"] == "sleep_analysis"
                for row in metric["data"]]  # fmt: skip
        found = {}
        for row in (row for row in rows if "totalSleep" in row):
            fell, woke = instant(row["sleepStart"]), instant(row["sleepEnd"])
            found[woke.date()] = {
                "sleep": row["totalSleep"], "sleep_deep": row["deep"], "sleep_rem": row["rem"],
                "sleep_core": row["core"], "sleep_awake": row["awake"], "sleep_in_bed": row["inBed"],
                "bedtime": clock(fell, woke), "wake_time": clock(woke, woke),
            }  # fmt: skip
        spans = {(row["startDate"], row["value"]): (instant(row["startDate"]), instant(row["endDate"]), row["value"])
                 for row in rows if "value" in row}  # fmt: skip
        for each in self._apple.iter("Record"):
            if each.attrib["type"].endswith("SleepAnalysis"):
                stage = STAGES[each.attrib["value"].removeprefix("HKCategoryValueSleepAnalysis")]
                start, end = instant(each.attrib["startDate"]), instant(each.attrib["endDate"])
                spans[each.attrib["startDate"], stage] = (start, end, stage)
        found.update({woke.date(): night for _, woke, night in sleeps(spans.values())})
        return pd.DataFrame.from_dict(found, orient="index").sort_index()

    @cached_property
    def workouts(self) -> pd.DataFrame:
        """At, name, minutes, km and kJ of each."""
        rows = [(instant(each["start"]), each["name"], each["duration"] / 60, each.get("distance", {}).get("qty"),
                 each["activeEnergyBurned"]["qty"]) for post in self._posts for each in post["workouts"]]  # fmt: skip
        for each in self._apple.iter("Workout"):
            sums = {one.attrib["type"]: float(one.attrib["sum"]) for one in each.iter("WorkoutStatistics")}
            kind = each.attrib["workoutActivityType"].removeprefix("HKWorkoutActivityType")
            name = " ".join(re.findall("[A-Z][a-z]+", kind))
            rows.append((instant(each.attrib["startDate"]), name, float(each.attrib["duration"]),
                         sums.get("HKQuantityTypeIdentifierDistanceWalkingRunning"),
                         sums["HKQuantityTypeIdentifierActiveEnergyBurned"]))  # fmt: skip
        found = pd.DataFrame(rows, columns=["at", "name", "minutes", "distance", "energy"]).sort_values("at")
        return found.assign(day=[at.date() for at in found["at"]])

    @cached_property
    def money(self) -> pd.DataFrame:
        """Day, payee, cents, currency, account, category, kind and booking; a part of a batch is a row of its own."""
        rows = [
            *self._camt("giro.xml", "Hanse Giro"), *self._camt("london.xml", "Thames Current"),
            *self._mt940("tagesgeld.sta", "Tagesgeld"), *self._mt940("basel.sta", "Basel Privatkonto"),
            *self._csv(), *self._ofx(),
        ]  # fmt: skip
        found = pd.DataFrame(rows, columns=["day", "payee", "memo", "cents", "currency", "account", "booking"])
        own = json.loads((self._money / "own.json").read_text("utf-8"))
        category = [self._category(own, payee, memo) for payee, memo in zip(found["payee"], found["memo"], strict=True)]
        paid = set(found[found["cents"] < 0]["payee"])
        kinds = [
            "transfer" if payee in MOVED else "refund" if cents > 0 and payee in paid else "ordinary"
            for payee, cents in zip(found["payee"], found["cents"], strict=True)
        ]
        return found.assign(category=category, kind=kinds)

    @staticmethod
    def _category(own: dict[str, Any], payee: str, memo: str) -> str:
        for rule in own["rules"]:
            field = "memo" if "memo" in rule else "payee"
            if rule[field] in (memo if field == "memo" else payee):
                return str(rule["category"])
        return next((name for name, words in own["categories"].items() if any(word in payee for word in words)), "")

    def _camt(self, name: str, account: str) -> list[tuple[Any, ...]]:
        text = re.sub(r' xmlns="[^"]+"', "", (self._money / name).read_text("utf-8"))
        rows = []
        for n, entry in enumerate(ElementTree.fromstring(text).iter("Ntry")):
            sign = -1 if entry.findtext("CdtDbtInd") == "DBIT" else 1
            for detail in entry.iter("TxDtls"):
                amount, payee = detail.find("Amt"), next(detail.iter("Nm")).text
                assert amount is not None
                rows.append((dt.date.fromisoformat(entry.findtext("BookgDt/Dt") or ""), payee,
                             detail.findtext("RmtInf/Ustrd"), sign * _cents(amount.text or ""), amount.get("Ccy"),
                             account, f"{account} {n}"))  # fmt: skip
        return rows

    def _mt940(self, name: str, account: str) -> list[tuple[Any, ...]]:
        text = (self._money / name).read_text("utf-8").replace("\r\n", "\n")
        currency = re.search(r":60F:C\d{6}([A-Z]{3})", text)
        assert currency is not None
        pattern = r":61:(\d{6})\d{4}([DC])([\d,]+)N.*\n:86:.*?SVWZ\+(.*?)\?3.*?(?:\?32)?(?<=\?32)(.+)"
        rows = []
        for n, (day, side, amount, memo, payee) in enumerate(re.findall(pattern, text)):
            cents = _cents(amount.replace(",", ".")) * (-1 if side == "D" else 1)
            booked = dt.datetime.strptime(day, "%y%m%d").date()
            rows.append((booked, payee, memo, cents, currency[1], account, f"{account} {n}"))
        return rows

    def _csv(self) -> list[tuple[Any, ...]]:
        table = pd.read_csv(
            self._money / "gemeinschaft.csv", sep=";", dtype=str, keep_default_na=False, encoding="cp1252"
        )
        return [(dt.datetime.strptime(row["Buchungstag"], "%d.%m.%Y").date(), row["Empfänger"],
                 row["Verwendungszweck"], _cents(row["Betrag"].replace(".", "").replace(",", ".")), row["Währung"],
                 "Gemeinschaftskonto", f"j{n}") for n, row in enumerate(table.to_dict("records"))]  # fmt: skip

    def _ofx(self) -> list[tuple[Any, ...]]:
        text = (self._money / "mastercard.ofx").read_text("utf-8")
        root = ElementTree.fromstring(text[text.index("<OFX>") :])
        return [(dt.datetime.strptime((each.findtext("DTPOSTED") or "")[:8], "%Y%m%d").date(), each.findtext("NAME"),
                 each.findtext("MEMO") or "", _cents(each.findtext("TRNAMT") or ""), "EUR", "Alster Mastercard",
                 each.findtext("FITID")) for each in root.iter("STMTTRN")]  # fmt: skip

    def balances(self, account: str) -> dict[str, float]:
        """What banks say is there at the end of a statement, by currency; of all accounts for ""."""
        found = {}
        for file, name in (("giro.xml", "Hanse Giro"), ("london.xml", "Thames Current")):
            text = (self._money / file).read_text("utf-8")
            said = re.search(r'CLBD.*?<Amt Ccy="(\w+)">([\d.]+)', text)
            assert said is not None
            found[name] = (said[1], float(said[2]))
        for file, name in (("tagesgeld.sta", "Tagesgeld"), ("basel.sta", "Basel Privatkonto")):
            said = re.search(r":62F:C\d{6}(\w{3})([\d,]+)", (self._money / file).read_text("utf-8"))
            assert said is not None
            found[name] = (said[1], float(said[2].replace(",", ".")))
        said = re.search(r"<BALAMT>([-\d.]+)", (self._money / "mastercard.ofx").read_text("utf-8"))
        assert said is not None
        found["Alster Mastercard"] = ("EUR", float(said[1]))
        newest = (self._money / "gemeinschaft.csv").read_text("cp1252").splitlines()[1]
        left = newest.split(";")[-1].strip('"').replace(".", "").replace(",", ".")
        found["Gemeinschaftskonto"] = ("EUR", float(left))
        sums: dict[str, float] = {}
        for name, (currency, value) in found.items():
            if account in ("", name):
                sums[currency] = round(sums.get(currency, 0.0) + value, 2)
        return sums


def instant(written: str) -> dt.datetime:
    """A date as the app and Apple write it."""
    return dt.datetime.fromisoformat(f"{written[:19]}{written[20:]}")


def _cents(amount: str) -> int:
    return round(float(amount) * 100)
