"""Figures through the assistant: from files to an answer with its numbers, and what becomes of it afterwards."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from assistant import auth
from assistant.__main__ import main
from assistant.agent.assistant import Assistant
from assistant.channels import terminal
from assistant.db import operations, threads, users
from assistant.events import Answer, Asked, Finished, Message, Person
from assistant.house import House
from assistant.labels import Confidentiality
from assistant.settings import Settings

NOW = dt.datetime(2026, 11, 18, 14, 0, tzinfo=dt.UTC)
CSV = """Date;Amount;Currency;Payee;Description
2026-10-05;-42,50;EUR;Green Basket;weekly shop
2026-10-19;-57,50;EUR;Green Basket;weekly shop
2026-10-20;-20,00;EUR;Roadside Fuel;diesel
2026-11-02;-30,00;EUR;Green Basket;weekly shop
2026-11-10;2500,00;EUR;Example Works;salary
"""


def post(steps: dict[str, int], *, source: str = "Watch") -> str:
    rows = [{"date": f"{day} 12:00:00 +0100", "qty": qty, "source": source} for day, qty in steps.items()]
    return json.dumps({"data": {"metrics": [{"name": "step_count", "units": "count", "data": rows}]}})


STEPS = {f"2026-11-{day:02}": 1000 * day for day in range(1, 18)}


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        database_url=database_url,
        model="none",
        time_zone="Europe/Berlin",
        now=NOW,
        port=0,
    )


@pytest.fixture
async def folder(house: House, ana: Person, tmp_path: Path) -> Path:
    """A folder that mixes notes, a bank's file and a saved post, taken in."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "steps.json").write_text(post(STEPS))
    (folder / "statement.csv").write_text(CSV)
    (folder / "boiler.md").write_text("# Boiler\n\nThe boiler repair did cost 310 euros in May.\n")
    summary = await house.import_path(ana, folder)
    assert (summary.added, len(summary.figures), summary.skipped) == (1, 2, [])
    return folder


async def ask(house: House, person: Person, question: str) -> Answer:
    return await terminal.ask(house.assistant, person, question)


async def test_an_answer_carries_its_figure_with_what_it_stands_on(house: House, ana: Person, folder: Path) -> None:
    answer = await ask(house, ana, "How many steps did I walk last week?")
    (figure,) = answer.figures
    assert (answer.route, figure.kind, figure.value, figure.unit) == ("health_figures", "sum", 84_000, "steps")
    assert (figure.start, figure.end) == (dt.date(2026, 11, 9), dt.date(2026, 11, 15))
    assert (figure.records, list(figure.sources), figure.recorded, figure.expected) == (7, ["Watch"], 7, 7)
    assert "84,000" in answer.text
    printed = terminal.as_json(answer)["figures"][0]
    assert printed["period"] == {"start": "2026-11-09", "end": "2026-11-15"}
    assert {"kind", "value", "unit", "period", "records", "sources", "age_s", "state"} <= printed.keys()
    assert answer.model_calls == 0


async def test_money_is_computed_from_the_banks_file(house: House, ana: Person, folder: Path) -> None:
    answer = await ask(house, ana, "How much did I spend at Green Basket last month?")
    assert [(each.value, each.unit, each.records) for each in answer.figures] == [(100.0, "EUR", 2)]
    compared = await ask(house, ana, "What did I spend in October compared with November?")
    assert [each.value for each in compared.figures if each.kind == "sum"] == [120.0, 30.0]


async def test_without_any_figures_the_notes_are_asked(house: House, ana: Person) -> None:
    answer = await ask(house, ana, "How many steps did I walk last week?")
    assert (answer.route, answer.figures) == ("recall", ())


async def test_what_only_the_notes_know_is_quoted_from_there(house: House, ana: Person, folder: Path) -> None:
    answer = await ask(house, ana, "How much did the boiler repair cost?")
    assert answer.citations
    assert "310 euros" in answer.text
    assert answer.figures == ()


async def test_what_is_not_clear_is_asked_back_and_the_pick_is_computed(
    house: House, ana: Person, folder: Path
) -> None:
    thread = uuid4()
    events = [each async for each in house.assistant.run(Message("How many steps did I walk?", ana, thread=thread))]
    (asked,) = [each for each in events if isinstance(each, Asked)]
    assert len(asked.options) >= 2
    picked = await _last(house.assistant, ana, thread)
    assert picked.figures
    assert picked.figures[0].unit == "steps"


async def _last(assistant: Assistant, person: Person, thread: object) -> Answer:
    events = [each async for each in assistant.resume(person, thread, 0)]  # type: ignore[arg-type]
    (finished,) = [each for each in events if isinstance(each, Finished)]
    return finished.answer


async def test_a_late_correction_of_what_was_told_is_in_the_inbox(
    house: House, ana: Person, folder: Path, tmp_path: Path
) -> None:
    await ask(house, ana, "How many steps did I walk last week?")
    late = tmp_path / "late.json"
    late.write_text(post({"2026-11-10": 12_000}))
    await house.import_path(ana, late)
    async with house.database.session(ana.id) as session:
        (notice,) = await operations.notices(session, ana.id)
    assert "84,000" in notice.text
    assert "86,000" in notice.text
    again = await ask(house, ana, "How many steps did I walk last week?")
    assert again.figures[0].value == 86_000


async def test_what_was_told_goes_with_its_conversation_and_marks_it(house: House, ana: Person, folder: Path) -> None:
    thread = uuid4()
    question = Message("How much did I spend at Green Basket last month?", ana, thread=thread)
    async for _ in house.assistant.run(question):
        pass
    async with house.database.session(ana.id) as session:
        labels = await threads.labels(session, ana.id, thread)
    assert Confidentiality.FINANCE in labels["classes"]
    assert labels["sources"] == ["the records of your accounts"]  # whoever sends a cent writes a payee's name
    async with house.database.session(ana.id) as session:
        told = text("SELECT count(*) FROM figures_told")
        assert await session.scalar(told) == 1
    await house.assistant.delete_thread(ana.id, thread)
    async with house.database.session(ana.id) as session:
        assert await session.scalar(told) == 0


async def test_nobody_else_sees_any_of_it(house: House, ana: Person, folder: Path) -> None:
    async with house.database.session(None) as session:
        ben = auth.as_person(await users.create(session, "Ben", time_zone="UTC", week_start=0))
    answer = await ask(house, ben, "How many steps did I walk last week?")
    assert (answer.route, answer.figures) == ("recall", ())


def test_the_person_says_which_device_counts(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINNING_DATABASE_URL", database_url)
    monkeypatch.setenv("TWINNING_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TWINNING_MODEL", "none")
    for name, source, qty in (("watch", "Watch", 5000), ("phone", "iPhone", 3000)):
        (tmp_path / f"{name}.json").write_text(post({"2026-11-09": qty}, source=source))
        done = CliRunner().invoke(main, ["import", str(tmp_path / f"{name}.json")])
        assert done.exit_code == 0, done.output
    shown = CliRunner().invoke(main, ["sources"]).stdout
    assert "step_count (steps): Watch, then iPhone" in shown
    chosen = CliRunner().invoke(main, ["sources", "step_count", "iPhone", "Watch"])
    assert "1 day counts otherwise now." in chosen.stdout
    assert "iPhone, then Watch" in chosen.stdout
    wrong = CliRunner().invoke(main, ["sources", "step_count", "Ring"])
    assert wrong.exit_code == 1
    assert "There is no source 'Ring'; there are: Watch, iPhone." in wrong.output


def test_a_chart_is_written_where_there_is_something_to_draw(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINNING_DATABASE_URL", database_url)
    monkeypatch.setenv("TWINNING_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TWINNING_MODEL", "none")
    monkeypatch.setenv("TWINNING_NOW", NOW.isoformat())
    (tmp_path / "steps.json").write_text(post(STEPS))
    assert CliRunner().invoke(main, ["import", str(tmp_path / "steps.json")]).exit_code == 0
    picture = tmp_path / "steps.png"
    drawn = CliRunner().invoke(main, ["ask", "Show my steps by day this month", "--chart", str(picture)])
    assert drawn.exit_code == 0, drawn.output
    assert picture.read_bytes().startswith(b"\x89PNG")
    nothing = CliRunner().invoke(main, ["ask", "hello", "--chart", str(picture)])
    assert "nothing to draw" in nothing.output
