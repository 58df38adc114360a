"""The synthetic year: the same bytes from the same seed, nothing from the future, everything marked."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from assistant import demo
from assistant.demo import health, money, notes
from assistant.demo.year import DAY, year_until

BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2026, 11, 18, 14, 0, tzinfo=BERLIN)
NOWS = [
    NOW,
    dt.datetime(2027, 1, 1, 0, 5, tzinfo=BERLIN),
    dt.datetime(2028, 2, 29, 23, 59, tzinfo=ZoneInfo("America/New_York")),
    dt.datetime(2026, 3, 31, 6, 0, tzinfo=ZoneInfo("UTC")),
    dt.datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=BERLIN),
]


def _written(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in sorted(folder.rglob("*")) if each.is_file()}


def _rows(files: dict[str, str]) -> list[dict[str, object]]:
    metrics = [metric for each in files.values() for metric in json.loads(each)["data"]["metrics"]]
    return [row for metric in metrics for row in metric["data"]]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What is written for `NOW`, as the path of each file and its bytes."""
    folder = tmp_path_factory.mktemp("written") / "demo"
    demo.write(folder, now=NOW)
    return _written(folder)


@pytest.fixture(scope="module")
def posted(written: dict[str, bytes]) -> dict[str, str]:
    """The health files among them."""
    return {name: text.decode() for name, text in written.items() if name.endswith(".json") and b'"metrics"' in text}


def _instant(written: object) -> dt.datetime:
    day, clock, offset = str(written).split()  # strptime takes three seconds for them all
    return dt.datetime.fromisoformat(f"{day}T{clock}{offset}")


def test_the_same_clock_and_seed_write_the_same_bytes_and_nothing_of_the_year_before_is_left(
    tmp_path: Path, written: dict[str, bytes]
) -> None:
    demo.write(tmp_path / "demo", now=NOW - 90 * DAY)
    assert _written(tmp_path / "demo").keys() - written.keys()
    demo.write(tmp_path / "demo", now=NOW)
    assert _written(tmp_path / "demo") == written
    assert money.files(year_until(NOW, seed=7)) != money.files(year_until(NOW))


@pytest.mark.parametrize("now", NOWS, ids=str)
def test_nothing_is_later_than_the_clock_says_or_earlier_than_the_first_day(
    now: dt.datetime, posted: dict[str, str]
) -> None:
    year = year_until(now)
    rows = _rows(posted if now is NOW else health.files(year))
    instants = [_instant(row[name]) for row in rows for name in ("date", "endDate", "sleepEnd") if name in row]
    assert year.at(year.first - DAY, 12 * 60) < min(instants) <= max(instants) <= now
    days = [each.day for each in money.bookings(year)]
    assert year.first <= min(days) <= max(days) <= year.today
    dated = [dt.date.fromisoformat(text.splitlines()[1].removeprefix("date: ")) for text in notes.files(year).values()]
    assert len(dated) == 40
    assert max(dated) <= year.today


def test_every_source_is_marked_as_demo(written: dict[str, bytes], posted: dict[str, str]) -> None:
    assert all(Path(name).name.startswith("demo-") for name in written)
    sources = {row.get("source", row.get("sleepSource")) for row in _rows(posted)}
    assert sources == {"demo iPhone", "demo Apple Watch", "demo Scale", "demo Blood Pressure Cuff"}


def test_a_day_on_which_the_clocks_are_changed_has_the_hours_that_it_had(posted: dict[str, str]) -> None:
    beats = [
        _instant(row["date"])
        for text in posted.values()
        for metric in json.loads(text)["data"]["metrics"]
        if metric["name"] == "heart_rate"
        for row in metric["data"]
    ]
    assert len(beats) == len(set(beats))
    assert sum(at.date() == dt.date(2026, 3, 29) for at in beats) == 23
    assert sum(at.date() == dt.date(2026, 10, 25) for at in beats) == 25 * 6


def test_some_days_are_missing_and_some_have_the_phone_alone(posted: dict[str, str]) -> None:
    year = year_until(NOW)
    steps = [
        (_instant(row["date"]).date(), row["source"])
        for row in _rows(posted)
        if str(row.get("source")).endswith(("iPhone", "Watch")) and {"date", "qty"} <= row.keys()
    ]
    assert not {day for day, _ in steps} & year.without_anything
    assert {source for day, source in steps if day in year.without_watch} == {"demo iPhone"}


def test_the_balance_in_the_statement_is_the_sum_of_what_was_booked() -> None:
    written = money.files(year_until(NOW))["demo-checking.csv"]
    rows = list(csv.DictReader(io.StringIO(written)))
    booked = sum(round(float(row["Amount"]) * 100) for row in rows)
    assert money.OPENING[money.CHECKING] + booked == round(float(rows[-1]["Balance"]) * 100)


def test_every_payee_on_whom_money_is_spent_has_a_category() -> None:
    spent_on = {each.payee for each in money.bookings(year_until(NOW)) if each.cents < 0 and not each.other}
    assert all(any(pattern in payee for pattern in money.RULES) for payee in spent_on)
