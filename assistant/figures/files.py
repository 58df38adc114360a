"""Files that hold figures: posts of Health Auto Export, Apple's export, and what banks give out. Known by content."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from assistant.db.database import Database
from assistant.events import Person

HEAD_BYTES = 65_536
SUFFIXES = frozenset(".json .xml .zip .csv .tsv .txt .ofx .qfx .qif .sta .mt940 .940".split())
"""Only such files are opened to be recognised; what else a folder holds is not read twice."""
_FORMATS = (
    # The person's own accounts and rules first: what the other files hold is judged by them.
    "money.ledger_setup",
    "health.health_post",
    "health.apple_export",
    "money.bank_ofx",
    "money.bank_camt",
    "money.bank_mt940",
    "money.bank_qif",
    "money.bank_csv",
)


@cache
def _formats() -> tuple[ModuleType, ...]:
    """Only when there is such a file: their parsers take half a second to import, at every start for nothing."""
    return tuple(import_module(f"assistant.figures.{name}") for name in _FORMATS)


def recognise(path: Path) -> int | None:
    """Which format a file is in, as its place in the order of reading; None when it holds no figures.

    Raises:
        OSError: it cannot be opened.
    """
    if path.suffix.lower() not in SUFFIXES or not path.is_file():
        return None
    with path.open("rb") as opened:
        head = opened.read(HEAD_BYTES)
    return next((place for place, each in enumerate(_formats()) if each.recognises(path, head)), None)


async def take_file(
    database: Database,
    person: Person,
    path: Path,
    *,
    place: int,
    now: dt.datetime,
    report: Callable[[int, int], None] = lambda _done, _all: None,
) -> Sequence[str]:
    """Stores the figures of a file; returns sentences for the person on what it held.

    Args:
        place: As `recognise` gave it.
        report: Called with (done, all) as it goes on.

    Raises:
        BadInput: it cannot be read; nothing of it was stored, or the sentence says what was.
    """
    said: Sequence[str] = await _formats()[place].take_file(database, person, path, now=now, report=report)
    return said
