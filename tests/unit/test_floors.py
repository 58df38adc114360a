"""The import roots are ours alone, and what is locked names no host."""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("assistant", "tools", "prompts", "integrations")
_distributions = cache(packages_distributions)  # it reads every installed file list, a tenth of a second each


@pytest.mark.parametrize("root", OURS)
def test_no_other_distribution_provides_our_import_roots(root: str) -> None:
    assert set(_distributions().get(root, [])) <= {"twinning"}


@pytest.mark.parametrize("root", OURS)
def test_what_is_imported_is_the_folder_of_this_project(root: str) -> None:
    module = __import__(root)
    assert [Path(each).resolve() for each in module.__path__] == [ROOT / root]


def test_tests_are_no_package() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_names_of_test_modules_are_unique() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_file_names_no_host_and_has_a_hash_for_everything(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert not re.search(r"https?://|--index|--find-links|\bfile:|@ ", text)
    pinned = re.findall(r"^([a-z0-9][\w.\[\],-]*)==", text, re.MULTILINE | re.IGNORECASE)
    entries = re.split(r"^(?=[a-zA-Z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(pinned) == len(entries) > 0
    assert all("--hash=sha256:" in entry for entry in entries)
