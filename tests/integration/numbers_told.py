"""The numbers that an answer's words have, each held against the figures that stand behind them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_DAY = rf"\d{{1,2}} {_MONTH}(?: \d{{4}})?"
_DATES = re.compile(
    rf"\d{{1,2}}\s?–\s?{_DAY}|\d{{1,2}} to {_DAY}|{_DAY}|{_MONTH} \d{{4}}|\bQ[1-4](?: \d{{4}})?|\b(?:19|20)\d\d\b"
)
_DURATION = re.compile(r"(-?[\d,]+) h(?: (\d{1,2}) min)?")
_CLOCK = re.compile(r"\b([01]\d|2[0-3]):([0-5]\d)\b")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
Figures = Sequence[Mapping[str, Any]]


def strays(text: str, figures: Figures, *, asked: str) -> list[str]:
    """Numbers of the text that no figure has: no value, row, sum of rows, difference, share, record or note of one.

    Args:
        figures: As `ask --json` prints them.
        asked: The question; what it names may come back ("more than 10,000 steps", "the last 7 days").
    """
    text = _without_names(text, figures)
    text = _DATES.sub(" ", text)
    known = [*_values(figures), *_shares(figures), *map(_number, _NUMBER.findall(asked))]
    notes = " ".join(note for each in figures for note in each.get("notes", ()))
    known += [_number(each) for each in _NUMBER.findall(_DATES.sub(" ", notes))]
    known += [_number(one) + int(other or 0) / 60 for one, other in _DURATION.findall(notes)]
    clocks = {round(value) % 1440 for each in figures if each["unit"] == "HH:MM" for value in _values([each])}
    clocks |= {int(one) * 60 + int(other) for one, other in _CLOCK.findall(notes)}
    found = [each[0] for each in _CLOCK.finditer(text) if int(each[1]) * 60 + int(each[2]) not in clocks]
    text = _CLOCK.sub(" ", text)
    for each in _DURATION.finditer(text):
        hours = _number(each[1].lstrip("-")) + int(each[2] or 0) / 60
        close = 0.5 if hours >= 100 else 0.5 / 60
        if not any(abs(abs(value) - hours) <= close * 1.01 for value in known):
            found.append(each[0])
    text = _DURATION.sub(" ", text)
    minutes = [value * 60 for value in _values([each for each in figures if each["unit"].split(" ")[0] == "h"])]
    for written in _NUMBER.findall(text):
        precision = 0.5001 * 10 ** -len(written.partition(".")[2])
        if not any(abs(abs(value) - _number(written)) <= precision for value in (*known, *minutes)):
            found.append(written)
    return found


def _without_names(text: str, figures: Figures) -> str:
    """The text without labels of rows, names of sources and subjects, which may have numbers of their own."""
    names = [row["label"] for each in figures for row in each["rows"]]
    names += [name for each in figures for name in (*each["sources"], each["subject"])]
    for name in sorted(map(str, names), key=len, reverse=True):
        text = text.replace(name, " ")
    return text


def _values(figures: Figures) -> Iterable[float]:
    for each in figures:
        rows = [row["value"] for row in each["rows"] if row["value"] is not None]
        whole = (each["value"], each["records"], each.get("expected"), each.get("recorded"), each["age_s"])
        yield from (float(value) for value in (*whole, *rows) if value is not None)
        yield from (float(row["records"]) for row in each["rows"])
        yield from (sum(rows), float(len(rows)))
        if each["age_s"] is not None:
            yield from (each["age_s"] // size for size in (60, 3600, 86_400))


def _shares(figures: Figures) -> Iterable[float]:
    """By how many percent values differ from each other."""
    values = [each["value"] for each in figures if each["value"] is not None and each["kind"] != "change"]
    for one in values:
        yield from (abs(one / other - 1) * 100 for other in values if other)


def _number(written: str) -> float:
    return float(written.replace(",", ""))
