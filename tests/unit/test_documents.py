"""Documents say what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assistant import documents
from assistant.settings import Settings
from tools import all_tools

ROOT = Path(__file__).parents[2]


def _rows(readme: Path) -> set[str]:
    return set(re.findall(r"^\| `([^`]+)`", readme.read_text(encoding="utf-8"), re.MULTILINE))


def test_every_setting_is_in_the_example() -> None:
    example = documents.env_example()
    for name, field in Settings.model_fields.items():
        assert f"# TWINNING_{name.upper()}=" in example
        assert field.description
        assert field.description in example


def test_every_tool_has_its_row() -> None:
    rows = _rows(ROOT / "tools" / "README.md")
    assert rows == set(all_tools())


def test_every_prompt_has_its_row() -> None:
    folder = ROOT / "prompts"
    assert _rows(folder / "README.md") == {path.name for path in folder.glob("*.md") if path.name != "README.md"}


def test_every_channel_has_its_row() -> None:
    folder = ROOT / "assistant" / "channels"
    found = {path.name for path in folder.glob("*.py")} | {
        f"{path.name}/" for path in folder.iterdir() if path.is_dir()
    }
    assert _rows(folder / "README.md") == found - {"__init__.py", "__pycache__/"}


def test_every_integration_has_its_row() -> None:
    folder = ROOT / "integrations"
    assert _rows(folder / "README.md") == {path.name for path in folder.glob("*.py")} - {"__init__.py"}


def test_a_table_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="marks"):
        documents.with_table("no marks here", "| a |")
