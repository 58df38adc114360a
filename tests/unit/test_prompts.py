"""Prompts are rendered strictly, and are as short as their budget."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import prompts
from prompts import render

FOLDER = Path(prompts.__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.md") if path.stem != "README")


@pytest.fixture
def greeting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "greeting.md").write_text("Hello {name}, it is {weekday}. Say it as {name}.\n")
    monkeypatch.setattr(prompts, "__file__", str(tmp_path / "__init__.py"))
    prompts._read.cache_clear()
    return "greeting"


def test_gaps_are_filled(greeting: str) -> None:
    assert render(greeting, name="Ana", weekday="Monday") == "Hello Ana, it is Monday. Say it as Ana."


def test_a_value_is_never_read_as_a_gap(greeting: str) -> None:
    assert render(greeting, name="{weekday}", weekday="Monday").startswith("Hello {weekday}, it is Monday.")


@pytest.mark.parametrize(
    "gaps",
    [{}, {"name": "Ana"}, {"name": "Ana", "weekday": "Monday", "city": "Lisbon"}, {"nam": "Ana", "weekday": "x"}],
)
def test_an_open_gap_or_a_value_without_a_gap_is_refused(greeting: str, gaps: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="has the gaps"):
        render(greeting, **gaps)


def test_a_prompt_that_is_not_there_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        render("no-such-prompt")


@pytest.mark.parametrize("name", NAMES)
def test_every_prompt_has_its_row_in_the_readme_and_is_short(name: str) -> None:
    assert f"`{name}.md`" in (FOLDER / "README.md").read_text()
    words = (FOLDER / f"{name}.md").read_text()
    assert 0 < len(words) < 2000
    assert not re.search(r"\d{4}-\d\d-\d\d", words), "the date is a value, never part of the prompt"
