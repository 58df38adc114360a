"""Questions in plain English over the synthetic year: no figure may be wrong, few may stay unanswered."""

from __future__ import annotations

import math
import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from numbers_told import strays
from question_bank import BANK, FURTHER, AskBack, Note, Unknown, Wanted
from raw_year import RawYear
from wanted import NOW, Either, Want

from assistant import auth
from assistant.channels import terminal
from assistant.db.server import EmbeddedServer
from assistant.demo import living
from assistant.events import Mode, Person
from assistant.house import House, open_house
from assistant.settings import Settings
from assistant.weights import DEFAULT_CHAT_MODEL

STRETCHES = {"day": 1, "week": 7, "month": 30.4375, "year": 365.25}


@dataclass(frozen=True)
class Verdict:
    """How one question went: "right", "wrong", "asked" (back) or "none" (no figure)."""

    how: str
    why: str = ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("year") / "demo"


@pytest.fixture(scope="module")
def filled_url(server: EmbeddedServer) -> Iterator[str]:
    """A database of this file's own: the year goes in once."""
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as admin:
        admin.execute("CREATE DATABASE house_question_bank TEMPLATE house_template")
        yield server.url("postgres", "house_question_bank")
        admin.execute("DROP DATABASE house_question_bank WITH (FORCE)")


def _settings(url: str, models: Path, data: Path, *, model: str) -> Settings:
    data.mkdir(parents=True, exist_ok=True)
    if not (data / "models").exists():
        (data / "models").symlink_to(models)
    return Settings(
        data_dir=data, database_url=url, model=model, model_threads=1, time_zone="Europe/Berlin", now=NOW, port=0
    )


@pytest.fixture(scope="module")
async def filled(
    filled_url: str, embedding_weights: Path, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[House, Person]]:
    """The year in a house without a model."""
    settings = _settings(filled_url, embedding_weights, tmp_path_factory.mktemp("data"), model="none")
    async with open_house(settings) as house:
        person = await auth.owner_of_the_folder(house.database, settings)
        await living.fill(house.omac, person, folder, now=NOW)
        yield house, person


@pytest.fixture(scope="module")
def raw(filled: tuple[House, Person], folder: Path) -> RawYear:
    """The same files, read by the other side."""
    return RawYear(folder)


async def test_every_figure_is_right_without_a_model(filled: tuple[House, Person], raw: RawYear) -> None:
    house, person = filled
    _hold(await _ask_all(house, person, raw))


async def test_further_figures_are_right_too(filled: tuple[House, Person], raw: RawYear) -> None:
    house, person = filled
    verdicts = await _ask_all(house, person, raw, FURTHER)
    assert {text: each for text, each in verdicts.items() if each.how != "right"} == {}


@pytest.mark.model
async def test_every_figure_is_right_with_the_built_in_model(
    filled: tuple[House, Person], chat_weights: Path, raw: RawYear, tmp_path: Path
) -> None:
    settings = _settings(
        str(filled[0].settings.database_url), chat_weights, tmp_path / "data", model=f"builtin:{DEFAULT_CHAT_MODEL}"
    )
    async with open_house(settings) as house:
        # Testing the model takes longer than all the questions, and finds what an untested one is given anyway.
        model, mode = await house.brain.ready()
        assert model is not None
        assert mode is Mode.WRITER
        _hold(await _ask_all(house, filled[1], raw))


def _hold(verdicts: Mapping[str, Verdict]) -> None:
    """The goals; what falls short is listed."""
    counts = Counter(each.how for each in verdicts.values())
    short = "\n".join(f"{each.how}: {text}\n    {each.why}" for text, each in verdicts.items() if each.how != "right")
    if report := os.environ.get("QUESTION_BANK_REPORT"):
        Path(report).write_text(f"{dict(counts)}\n{short}\n", encoding="utf-8")
    assert len(verdicts) == 120
    assert counts["wrong"] == 0, short
    assert counts["right"] >= 110, short


async def _ask_all(house: House, person: Person, raw: RawYear, bank: Mapping[str, Wanted] = BANK) -> dict[str, Verdict]:
    return {
        text: judge(terminal.as_json(await terminal.ask(house.assistant, person, text)), wanted, raw, text=text)
        for text, wanted in bank.items()
    }


def judge(answer: Mapping[str, Any], wanted: Wanted, raw: RawYear, *, text: str) -> Verdict:
    """What an answer, as `twinning ask --json` prints it, is worth; `text` is the question."""
    figures = answer["figures"]
    if isinstance(wanted, Note):
        passages = " ".join(each["text"] for each in answer["citations"])
        if figures:
            return Verdict("wrong", f"a figure where a note answers: {_seen(figures)}")
        said = f"{answer['answer']} {passages}"
        return Verdict("right") if wanted.says in said else Verdict("none", answer["answer"])
    if isinstance(wanted, Unknown):
        told = [each for each in figures if each["value"] is not None or each["rows"]]
        return Verdict("wrong", _seen(told)) if told else Verdict("right")
    if isinstance(wanted, AskBack):
        if answer["asked_back"]:
            return Verdict("right")
        if wanted.fair is None or not figures:
            return Verdict("wrong" if figures else "none", _seen(figures) or answer["answer"])
        wanted = wanted.fair
    if answer["asked_back"]:
        return Verdict("asked", f"{answer['answer']} {answer['options']}")
    if not figures:
        return Verdict("none", answer["answer"])
    if stray := strays(answer["answer"], figures, asked=text):
        return Verdict("wrong", f"numbers of no figure: {stray} in {answer['answer']}")
    unmarked = [source for each in figures for source in each["sources"] if not source.startswith("demo")]
    if unmarked:
        return Verdict("wrong", f"made up, and not marked so: {unmarked}")
    ways = [list(way(raw)) for way in wanted.ways] if isinstance(wanted, Either) else [list(wanted(raw))]
    if any(_meets(figures, way) for way in ways):
        return Verdict("right")
    return Verdict("wrong", f"wanted {ways}\n    got {_seen(figures)}")


def _meets(figures: Sequence[Mapping[str, Any]], wants: Sequence[Want]) -> bool:
    """Every wanted figure is there, and there is none besides, other than the difference of two periods."""
    left = [each for each in figures if each["kind"] != "change"]
    for want in wants:
        found = next((each for each in left if _is(each, want)), None)
        if found is None:
            return False
        left.remove(found)
    return not left


def _is(figure: Mapping[str, Any], want: Want) -> bool:
    days = (figure["period"]["start"], figure["period"]["end"])
    if want.period is not None and days != (want.period.start.isoformat(), want.period.end.isoformat()):
        return False
    if want.kinds and figure["kind"] not in want.kinds:
        return False
    if want.records is not None and figure["records"] != want.records:
        return False
    if want.a_day:
        stretch = next((days for name, days in STRETCHES.items() if figure["unit"].endswith(name)), 1)
        unit_fits = figure["unit"].startswith(want.unit)
        return unit_fits and _near(figure["value"], want.value * stretch if want.value is not None else None)
    if want.unit and figure["unit"] != want.unit:
        return False
    if want.rows is None:
        return _near(figure["value"], want.value, want.unit)
    rows = [each for each in figure["rows"] if each["value"] is not None]
    if isinstance(want.rows, Mapping):
        by_label = {str(each["label"]).casefold(): each["value"] for each in rows}
        return len(rows) == len(want.rows) and all(
            _near(by_label.get(label.casefold()), value, want.unit) for label, value in want.rows.items()
        )
    return len(rows) == len(want.rows) and all(
        _near(row["value"], value, want.unit) for row, value in zip(rows, want.rows, strict=True)
    )


def _near(one: float | None, other: float | None, unit: str = "") -> bool:
    """The same number: money to less than a cent, what is counted exactly, the rest to a thousandth."""
    if one is None or other is None:
        return one is other
    if re.fullmatch("[A-Z]{3}", unit):
        return abs(one - other) < 0.0051
    if other.is_integer():
        return abs(one - other) < 1e-6
    return math.isclose(one, other, rel_tol=0.001)


def _seen(figures: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(
        f"{each['kind']} of {each['subject']}: {each['value']} {each['unit']} "
        f"{each['period']['start']}..{each['period']['end']} "
        f"{[(row['label'], row['value']) for row in each['rows']][:14]} ({each['records']} records, {each['state']})"
        for each in figures
    )


@pytest.mark.parametrize(
    ("change", "how"),
    [
        ({}, "right"),
        ({"value": 430.02}, "wrong"),
        ({"value": None}, "wrong"),
        ({"unit": "GBP"}, "wrong"),
        ({"kind": "mean"}, "wrong"),
        ({"period": {"start": "2026-10-01", "end": "2026-10-30"}}, "wrong"),
        ({"sources": ["bank"]}, "wrong"),
    ],
    ids=str,
)
def test_the_judge_sees_what_is_wrong(raw: RawYear, change: dict[str, Any], how: str) -> None:
    text = "How much did I spend on groceries last month?"
    wanted = BANK[text]
    figure = {
        "kind": "sum", "subject": "spending on groceries", "value": 430.01, "unit": "EUR", "rows": [], "records": 9,
        "period": {"start": "2026-10-01", "end": "2026-10-31"}, "sources": ["demo checking"], "state": "ok",
        "age_s": 90_000, "notes": [],
    }  # fmt: skip
    answer = {"figures": [{**figure, **change}], "asked_back": False, "options": [], "answer": "", "citations": []}
    assert judge(answer, wanted, raw, text=text).how == how
    assert judge({**answer, "figures": [figure, figure]}, wanted, raw, text=text).how == "wrong", "a figure too many"
    unknown = "wrong" if figure | change != figure | {"value": None} else "right"
    assert judge(answer, Unknown(), raw, text=text).how == unknown
    assert judge({**answer, "figures": []}, wanted, raw, text=text).how == "none"


@pytest.mark.parametrize(
    ("said", "stray"),
    [
        ("You spent €430.01 on groceries, last month (1–31 Oct 2026).", []),
        ("You spent €430.01. *9 transactions; newest transaction 25 hours old.*", []),
        ("You spent €430.02.", ["430.02"]),
        ("You spent €430.01, 12% more.", ["12"]),
        ("You slept 7 h 12 min and went to bed at 23:40.", ["23:40", "7 h 12 min"]),
        ("You spent €1,430.01 in 30 days.", ["1,430.01", "30"]),
    ],
)
def test_a_number_that_no_figure_has_is_seen(said: str, stray: list[str]) -> None:
    figure = {"kind": "sum", "subject": "spending", "value": 430.01, "unit": "EUR", "rows": [], "records": 9,
              "sources": ["demo checking"], "age_s": 90_000, "notes": []}  # fmt: skip
    assert strays(said, [figure], asked="How much did I spend on groceries last month?") == stray
