"""Shares through the assistant: both figures, the percentage, and what is no share; against arithmetic by hand."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from assistant.channels import terminal
from assistant.db import operations
from assistant.events import Answer, Person
from assistant.house import House
from assistant.settings import Settings

NOW = dt.datetime(2026, 11, 18, 14, 0, tzinfo=dt.UTC)
CSV = """Date;Amount;Currency;Payee;Category
2026-09-30;-10,00;EUR;Green Basket;groceries
2026-10-01;2000,00;EUR;Example Works;salary
2026-10-02;-700,00;EUR;Hillside Homes;rent
2026-10-05;-42,50;EUR;Green Basket;groceries
2026-10-19;-57,50;EUR;Corner Grocer;groceries
2026-10-20;-20,00;CHF;Alpine Shop;groceries
2026-10-21;-60,00;CHF;Alpine Rail;transport
2026-11-02;-30,00;EUR;Green Basket;groceries
"""
STEPS = {f"2026-10-{day:02}": 1000 * day for day in range(1, 16)}
NIGHTS = {"2026-10-05": (6.0, 1.5), "2026-10-06": (8.0, 2.5), "2026-10-07": (7.0, None)}


def health() -> str:
    steps = [{"date": f"{day} 12:00:00 +0200", "qty": qty, "source": "Watch"} for day, qty in STEPS.items()]
    steps += [{"date": f"{day} 12:00:00 +0200", "qty": 7.0, "source": "iPhone"} for day in STEPS]
    nights = [
        {"date": f"{day} 00:00:00 +0200", "asleep": asleep, "source": "Watch", "sleepStart": f"{day} 00:05:00 +0200",
         "sleepEnd": f"{day} 08:30:00 +0200", "inBed": asleep, "totalSleep": asleep}
        | ({} if deep is None else {"deep": deep, "rem": 1.0, "core": asleep - deep - 1.0, "awake": 0.0})
        for day, (asleep, deep) in NIGHTS.items()
    ]  # fmt: skip
    metrics = [{"name": "step_count", "units": "count", "data": steps},
               {"name": "sleep_analysis", "units": "hr", "data": nights}]  # fmt: skip
    return json.dumps({"data": {"metrics": metrics}})


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path / "data", database_url=database_url, model="none", time_zone="Europe/Berlin", now=NOW, port=0
    )


@pytest.fixture
async def folder(house: House, ana: Person, tmp_path: Path) -> Path:
    folder = tmp_path / "life"
    folder.mkdir()
    (folder / "health.json").write_text(health())
    (folder / "statement.csv").write_text(CSV)
    assert not (await house.import_path(ana, folder)).skipped
    return folder


async def ask(house: House, person: Person, question: str) -> Answer:
    return await terminal.ask(house.assistant, person, question)


def triples(answer: Answer) -> list[tuple[float | None, float | None, float | None, str]]:
    """(share, part, whole, unit of both) for each currency."""
    figures = answer.figures
    return [
        (one.value if one.value is None else round(one.value, 3), two.value, three.value, two.unit)
        for one, two, three in zip(figures[::3], figures[1::3], figures[2::3], strict=True)
    ]


async def test_a_share_of_money_is_told_with_both_its_figures(house: House, ana: Person, folder: Path) -> None:
    answer = await ask(house, ana, "What share of my income went to rent in October 2026?")
    assert triples(answer)[0] == (35.0, 700.0, 2000.0, "EUR")
    first = answer.text.splitlines()[0]
    assert first.startswith("That is 35.0%: €700.00 of spending on rent, out of €2,000.00 of income, October 2026.")
    assert [each.kind for each in answer.figures[:3]] == ["share", "sum", "sum"]


async def test_several_currencies_have_a_share_each(house: House, ana: Person, folder: Path) -> None:
    answer = await ask(house, ana, "How much of my spending in October 2026 was groceries, in percent?")
    assert sorted(triples(answer), key=str) == [(12.5, 100.0, 800.0, "EUR"), (25.0, 20.0, 80.0, "CHF")]
    assert "That is 12.5%" in answer.text
    assert "That is 25.0%" in answer.text
    rent = await ask(house, ana, "What share of my spending in October 2026 was rent?")
    assert sorted(triples(rent), key=str) == [(0.0, 0.0, 80.0, "CHF"), (87.5, 700.0, 800.0, "EUR")]


async def test_of_a_whole_that_is_nothing_there_is_no_share(house: House, ana: Person, folder: Path) -> None:
    answer = await ask(house, ana, "What share of my income went to groceries in November 2026?")
    assert triples(answer) == [(None, 30.0, 0.0, "EUR")]
    assert answer.text.startswith(
        "There is no share to tell: €30.00 of spending on groceries, out of €0.00 of income, November 2026."
    )
    assert "%" not in answer.text


async def test_days_without_a_record_are_in_neither_side(house: House, ana: Person, folder: Path) -> None:
    answer = await ask(house, ana, "What percent of days did I reach 10,000 steps in October 2026?")
    assert triples(answer) == [(40.0, 6.0, 15.0, "days")]
    first = answer.text.splitlines()[0]
    assert first == ("That is 40.0%: 6 days with at least 10,000 steps, out of 15 days that are known, October 2026.")
    assert "15 of 31 days recorded" in answer.text
    assert answer.figures[0].state == "partial"


async def test_nights_of_which_one_side_is_missing_are_left_out(house: House, ana: Person, folder: Path) -> None:
    answer = await ask(house, ana, "Share of deep sleep in October 2026?")
    ((share, part, whole, unit),) = triples(answer)
    assert (share, part, whole, unit) == (pytest.approx(100 * 4 / 14, abs=0.001), 4.0, 14.0, "h")
    assert "Left out: 1 night of which only one of both is known." in answer.text


async def test_a_device_that_is_named_is_told_alone(house: House, ana: Person, folder: Path) -> None:
    answer = await ask(house, ana, "How many steps did my iPhone count in October 2026?")
    (figure,) = answer.figures
    assert (figure.value, list(figure.sources)) == (105.0, ["iPhone"])
    assert "105 steps in all by iPhone" in answer.text
    (watch,) = (await ask(house, ana, "Steps from my watch on 10 October 2026?")).figures
    assert (watch.value, list(watch.sources)) == (10_000.0, ["Watch"])


async def test_a_share_that_later_readings_correct_is_in_the_inbox(
    house: House, ana: Person, folder: Path, tmp_path: Path
) -> None:
    await ask(house, ana, "What percent of days did I reach 10,000 steps in October 2026?")
    (tmp_path / "late.json").write_text(
        json.dumps({"data": {"metrics": [{"name": "step_count", "units": "count", "data": [
            {"date": "2026-10-16 12:00:00 +0200", "qty": 12_000, "source": "Watch"}]}]}})
    )  # fmt: skip
    await house.import_path(ana, tmp_path / "late.json")
    async with house.database.session(ana.id) as session:
        (notice,) = await operations.notices(session, ana.id)
    assert "43.8%" in notice.text
