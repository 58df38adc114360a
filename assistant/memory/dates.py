"""Days of the year that the person told us: "my birthday is 3 May". They are needed for "since my birthday"."""

from __future__ import annotations

import datetime as dt
import re
from uuid import UUID

from assistant.db import memories
from assistant.db.database import Database

LOOKED_AT = 400
"""Facts that are looked through, the newest first."""
_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = "|".join(f"{each[:3]}(?:{each[3:]})?" if each != "may" else "may" for each in _MONTHS)
_DAY = rf"(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})|(?P<month2>{_MONTH}) (?P<day2>\d{{1,2}})\b"
_ISO = r"|\d{4}-(?P<month3>\d\d)-(?P<day3>\d\d))"
_NAMED = re.compile(
    rf"\b(?:my|our) (?P<name>(?:\w+ )?(?:birthday|anniversary|name day))(?: is| was|:)(?: on)?(?: the)? {_DAY}{_ISO}",
    re.IGNORECASE,
)
_BORN = re.compile(rf"\bi was born on (?:the )?{_DAY}{_ISO}", re.IGNORECASE)


async def known_dates(database: Database, owner: UUID, *, now: dt.datetime) -> dict[str, tuple[int, int]]:
    """Days of the year by name, {"birthday": (5, 3)} as (month, day); of two that differ the one told last."""
    async with database.session(owner) as session:
        facts = await memories.facts(session, owner, now=now, limit=LOOKED_AT)
    found: dict[str, tuple[int, int]] = {}
    for fact in facts:
        for name, day in days_of_the_year(fact.text).items():
            found.setdefault(name, day)
    return found


def days_of_the_year(text: str) -> dict[str, tuple[int, int]]:
    """The days that a sentence names, by name, as (month, day)."""
    said = [(each.group("name").lower(), each) for each in _NAMED.finditer(text)]
    said += [("birthday", each) for each in _BORN.finditer(text)]
    return {name: day for name, each in said if (day := _day(each)) is not None}


def _day(found: re.Match[str]) -> tuple[int, int] | None:
    parts = found.groupdict()
    day = next(int(parts[name]) for name in ("day", "day2", "day3") if parts[name])
    if parts["month3"]:
        month = int(parts["month3"])
    else:
        named = (parts["month"] or parts["month2"]).lower()[:3]
        month = 1 + [each[:3] for each in _MONTHS].index(named)
    try:
        dt.date(2024, month, day)
    except ValueError:
        return None
    return month, day
