"""A second bank of questions, over a life that whoever wrote the parser never saw; no model takes part.

What is wrong: `stranger_judging.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import second_bank_data
from second_bank_questions import QUESTIONS, RawLife
from stranger_house import hold_to_the_bank, moved_in
from stranger_judging import judge, stray_numbers
from stranger_wanted import questions

from assistant.db.server import EmbeddedServer
from assistant.events import Person
from assistant.house import House

RIGHT_SHARE = 0.9


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("life")
    second_bank_data.write(folder)
    return folder


@pytest.fixture(scope="module")
def raw(folder: Path) -> RawLife:
    return RawLife(folder)


@pytest.fixture(scope="module")
async def life(
    server: EmbeddedServer, embedding_weights: Path, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[House, Person]]:
    data = tmp_path_factory.mktemp("second_bank")
    now, facts = second_bank_data.NOW, second_bank_data.FACTS
    async with moved_in(server, folder, data=data, weights=embedding_weights, now=now, facts=facts) as life:
        yield life


async def test_no_figure_is_wrong_over_a_life_that_was_not_seen(life: tuple[House, Person], raw: RawLife) -> None:
    specs = questions(QUESTIONS)
    assert len(specs) >= 150
    await hold_to_the_bank(life, specs, raw, right_share=RIGHT_SHARE)


# Controls ------------------------------------------------------------------------------------------------------------

_ANSWER = {
    "answer": "You spent $813.27 at Home Depot, March 2026.\n\n*6 transactions; newest transaction 12 days old.*",
    "figures": [{
        "kind": "sum", "subject": "spending at Home Depot", "value": 813.27, "rows": [], "unit": "USD", "records": 6,
        "period": {"start": "2026-03-01", "end": "2026-03-31"}, "sources": ["Summit Visa"], "age_s": 1_100_000,
        "state": "ok", "expected": None, "recorded": None, "notes": [],
    }],
    "asked_back": False, "options": [], "citations": [],
}  # fmt: skip
_SPEC = {
    "ask": "how much went to Home Depot in March",
    "figures": [{"how": "sum", "of": "spending", "days": "2026-03", "payee": "Home Depot"}],
}


@pytest.mark.parametrize(
    ("change", "how"),
    [
        ({}, "right"),
        ({"value": 813.29}, "wrong"),
        ({"value": None}, "wrong"),
        ({"unit": "CAD"}, "wrong"),
        ({"period": {"start": "2026-03-01", "end": "2026-03-30"}}, "wrong"),
        ({"records": 7}, "wrong"),
        ({"age_s": 2_000_000}, "wrong"),
    ],
    ids=str,
)
def test_the_judge_sees_a_wrong_figure(raw: RawLife, change: dict[str, Any], how: str) -> None:
    assert judge({**_ANSWER, "figures": [{**_ANSWER["figures"][0], **change}]}, _SPEC, raw).how == how


@pytest.mark.parametrize(
    ("said", "strays"),
    [
        ("You spent $813.27, that is 4% more.", ["4"]),
        ("You spent $813, on 3 days.", ["3"]),
        ("You spent $1,813.27.", ["1,813.27"]),
        ("You spent $813.27 in 2 h 10 min.", ["2 h 10 min"]),
        ("You spent $813.27 at 21:40.", ["21:40"]),
        ("6 purchases from 1 to 31 March 2026 came to 813.3.", []),
    ],
)
def test_a_number_of_no_figure_is_seen_in_the_text(said: str, strays: list[str]) -> None:
    assert stray_numbers({**_ANSWER, "answer": said}, asked=_SPEC["ask"]) == strays
