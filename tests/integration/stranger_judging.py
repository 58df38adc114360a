"""Judges an answer as `twinning ask --json` prints it: its figures against the raw files, and the numbers of its text.

Wrong is a value, a unit or a period that is not what the words mean, a figure where the records have none, and a number
in the answer's text that is none of its figures.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from stranger_wanted import Life, Want, in_unit, span, wanted

STRETCHES = {"day": 1, "week": 7, "month": 30.4375, "year": 365.25}
Answered = Mapping[str, Any]
NOT_UNDERSTOOD = "What would you like me to do?"
"""Asks nothing about the question, so it is fair for none."""


@dataclass(frozen=True)
class Verdict:
    """How one question went: "right", "wrong", "asked" (back) or "none" (no figure)."""

    how: str
    why: str = ""


def judge(answer: Answered, spec: Mapping[str, Any], raw: Life) -> Verdict:
    """What an answer, as `twinning ask --json` prints it, is worth."""
    figures = [each for each in answer["figures"] if each["value"] is not None or each["rows"]]
    if strays := stray_numbers(answer, asked=spec["ask"]):
        return Verdict("wrong", f"numbers of no figure in the text: {strays}\n    {answer['answer']}")
    if "note" in spec:
        said = f"{answer['answer']} {' '.join(each['text'] for each in answer['citations'])}"
        if figures:
            return Verdict("wrong", f"a figure where a note answers: {_seen(figures)}")
        return Verdict("right") if spec["note"] in said else Verdict("none", answer["answer"])
    if spec.get("unknown"):
        zero = not figures and _ZERO.search(answer["answer"].partition("\n")[0])
        told = _seen(figures) or (answer["answer"] if zero else "")
        return Verdict("wrong", f"nothing tells it: {told}") if told else Verdict("right")
    if not figures and (answer["asked_back"] or answer["answer"].endswith("?")):
        fair = spec.get("ask_back") and answer["answer"] != NOT_UNDERSTOOD
        return Verdict("right" if fair else "asked", f"{answer['answer']} {answer['options']}")
    if not figures:
        return Verdict("right" if spec.get("unknown_ok") else "none", answer["answer"])
    if unsaid := _unsaid(answer["answer"], figures):
        return Verdict("wrong", f"not in the text: {unsaid}\n    {answer['answer']}")
    ways = spec.get("either", [spec.get("figures", [])])
    if any(_meets(answer, figures, way, raw) for way in ways):
        return Verdict("right")
    return Verdict("wrong", f"wanted {_wanted_in_words(ways, figures, raw)}\n    got {_seen(figures)}")


def _meets(answer: Answered, figures: Sequence[Mapping[str, Any]], way: Sequence[Mapping[str, Any]], raw: Life) -> bool:
    """Every wanted figure is there, and none besides; a "change" is the difference of two of them."""
    left = [each for each in figures if each["kind"] != "change"]
    for spec in way:
        for want_at in range(len(_wants(spec, left[0], raw)) if left else 1):
            found = next((each for each in left if _is(each, spec, want_at, raw, answer["answer"])), None)
            if found is None:
                return False
            left.remove(found)
    values = [each["value"] for each in figures if each["kind"] != "change" and each["value"] is not None]
    gaps = [one - other for one in values for other in values]
    changes = [each["value"] for each in figures if each["kind"] == "change"]
    return not left and all(any(abs(each - gap) < 1e-6 for gap in gaps) for each in changes)


def _wants(spec: Mapping[str, Any], figure: Mapping[str, Any], raw: Life) -> list[Want]:
    """What is wanted over the days of the spec, or else over those that the figure names."""
    days = spec.get("days")
    start, end = span(days, raw) if days else _days(figure, raw)
    return _computed(json.dumps(spec, sort_keys=True), raw, start, end)


@cache
def _computed(spec: str, raw: Life, start: dt.date, end: dt.date) -> list[Want]:
    """Once for all figures that it may be."""
    return wanted(json.loads(spec), raw, start, end)


def _days(figure: Mapping[str, Any], raw: Life) -> tuple[dt.date, dt.date]:
    """The days of a figure, as far as there are records."""
    start, end = (dt.date.fromisoformat(figure["period"][each]) for each in ("start", "end"))
    return max(start, raw.first), min(end, raw.today)


def _is(figure: Mapping[str, Any], spec: Mapping[str, Any], at: int, raw: Life, text: str) -> bool:
    if (days := spec.get("as", spec.get("days"))) and spec["how"] not in ("latest", "balance"):
        start, end = span(days, raw)
        start, end, slack = max(start, raw.first), min(end, raw.today), 14 if days == "all" else 0
        # "All that is recorded" begins with the first record of what is asked.
        if _days(figure, raw)[1] != end or not 0 <= (_days(figure, raw)[0] - start).days <= slack:
            return False
    wants = _wants(spec, figure, raw)
    if at >= len(wants):
        return False
    want = wants[at]
    if want.told and want.told not in text:
        return False
    if want.records is not None and figure["records"] != want.records:
        return False
    if want.a_day:
        stretch = next((days for name, days in STRETCHES.items() if figure["unit"].endswith(name)), 1)
        return figure["unit"].startswith(want.unit) and _near(figure["value"], (want.value or 0) * stretch, "slope")
    if want.unit and figure["unit"] != want.unit and "unit" not in spec:
        want = in_unit(want, figure["unit"])
    if want.unit and figure["unit"] != want.unit:
        return False
    rows = [each for each in figure["rows"] if each["value"] is not None]
    if want.rows is None:
        if figure["value"] is None:
            return len(rows) == 1 and _near(rows[0]["value"], want.value, want.unit)
        return _near(figure["value"], want.value, want.unit)
    if want.together:
        return sum(each["value"] for each in rows) == want.rows[0]
    if isinstance(want.rows, Mapping):
        by_label = {(str(each["label"]).casefold()): each["value"] for each in rows}
        return len(rows) == len(want.rows) and all(
            _near(by_label.get((label or "uncategorised").casefold()), value, want.unit)
            for label, value in want.rows.items()
        )
    # A month in which nothing was spent is a zero in the table, and no row of the raw files.
    told = not re.fullmatch("[A-Z]{3}|transactions|workouts", figure["unit"])
    values = [each["value"] for each in rows if each["value"] or told]
    return len(values) == len(want.rows) and all(
        _near(one, other, want.unit) for one, other in zip(values, want.rows, strict=True)
    )


def _near(one: float | None, other: float | None, unit: str = "") -> bool:
    """The same number: money to less than a cent, what is counted exactly, the rest to a thousandth."""
    if one is None or other is None or math.isnan(other):
        return one is None and (other is None or math.isnan(other))
    if re.fullmatch("[A-Z]{3}", unit):
        return abs(one - other) < 0.0051
    if unit != "slope" and float(other).is_integer():
        return abs(one - other) < 1e-6
    return math.isclose(one, other, rel_tol=0.001, abs_tol=0.02 if unit == "HH:MM" else 1e-4)


def _wanted_in_words(ways: Sequence[Any], figures: Sequence[Mapping[str, Any]], raw: Life) -> str:
    return " or ".join(
        "; ".join(
            f"{spec['how']} of {spec['of']} {spec.get('days', '')} "
            f"{[each.rows or (each.value, each.unit, each.told) for each in _wants(spec, figures[0], raw)]}"
            for spec in way
        )
        for way in ways
    )


def _seen(figures: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(
        f"{each['kind']} of {each['subject']}: {each['value']} {each['unit']} "
        f"{each['period']['start']}..{each['period']['end']} "
        f"{[(row['label'], row['value']) for row in each['rows']][:14]} ({each['records']} records, {each['state']})"
        for each in figures
    )


# Every number in the text ---------------------------------------------------------------------------------------------

_DURATION = re.compile(r"(?<![\d.,])(?:([\d,]+) h(?: (\d+) min)?|(\d+) min)(?![a-z])")
_CLOCK = re.compile(r"(?<!\d)(\d\d):(\d\d)(?!\d)")
_NUMBER = re.compile(r"(?<![\w.,])\d[\d,]*(?:\.\d+)?")
_THOUSANDS = re.compile(r"(\d+)(?:k| thousand)\b", re.IGNORECASE)
_ZERO = re.compile(r"(?<![\d.,:])[$€£]?0(?:\.0+)?(?![\d.,:])|\bno (?:steps|sleep|spending)\b")
_WORDS = "one two three four five six seven eight nine ten eleven twelve".split()


def stray_numbers(answer: Answered, *, asked: str) -> list[str]:
    """Numbers in the text that are neither of its figures nor of their days, nor were asked with."""
    figures = answer["figures"]
    if not figures:
        return []
    text = _without_names(answer["answer"], figures)
    values = [each["value"] for each in figures if each["value"] is not None]
    values += [row["value"] for each in figures for row in each["rows"] if row["value"] is not None]
    values += [sum(row["value"] or 0 for row in each["rows"]) for each in figures]
    given = [_number(each) for each in _NUMBER.findall(_THOUSANDS.sub(r"\g<1>000", asked))]
    given += [n for n, word in enumerate(_WORDS, 1) if word in asked.casefold().split()]
    given += [each + 0.5 for each in given if "and a half" in asked]
    # "Under six hours" and "30 minutes" come back as 6 h and 30 min, midnight and "after 8" as times of day.
    values += [each / 60 for each in given] + given
    clocks = {round(each * 60) for each in given} | ({0} if "midnight" in asked else set())
    clocks |= {round(value) % 1440 for each in figures if each["unit"] == "HH:MM" for value in _all_of(each)}
    strays = []

    def duration(found: re.Match[str]) -> str:
        minutes = int((found[1] or "0").replace(",", "")) * 60 + int(found[2] or found[3] or 0)
        close = 30.01 if found[1] and not found[2] and minutes >= 6000 else 0.51
        if not any(abs(abs(value) * 60 - minutes) <= close or abs(abs(value) - minutes) <= 0.51 for value in values):
            strays.append(found[0])
        return " "

    def clock(found: re.Match[str]) -> str:
        if int(found[1]) * 60 + int(found[2]) not in clocks:
            strays.append(found[0])
        return " "

    text = _CLOCK.sub(clock, _DURATION.sub(duration, text))
    allowed = [*values, *_beside(figures)]
    for found in _NUMBER.findall(text):
        digits = len(found.partition(".")[2])
        if not any(abs(abs(each) - _number(found)) <= 0.5001 * 10**-digits for each in allowed):
            strays.append(found)
    return strays


def _unsaid(text: str, figures: Sequence[Mapping[str, Any]]) -> list[float]:
    """Values that the text does not say: of a figure without rows, other than a difference."""
    numbers = [(_number(each), len(each.partition(".")[2])) for each in _NUMBER.findall(text)]
    clocks = {int(found[1]) * 60 + int(found[2]) for found in _CLOCK.finditer(text)}
    minutes = {
        int((found[1] or "0").replace(",", "")) * 60 + int(found[2] or found[3] or 0)
        for found in _DURATION.finditer(text)
    }
    unsaid = []
    for figure in figures:
        value, unit = figure["value"], figure["unit"]
        if value is None or figure["kind"] == "change" or figure["rows"]:
            continue
        if unit == "HH:MM":
            said = round(value) % 1440 in clocks
        elif unit == "h" or unit.startswith("h per"):
            said = any(abs(abs(value) * 60 - each) <= (0.51 if abs(value) < 100 else 30.01) for each in minutes)
        else:
            said = any(abs(abs(value) - each) <= 0.5001 * 10**-digits for each, digits in numbers)
        unsaid += [] if said else [value]
    return unsaid


def _number(written: str) -> float:
    return float(written.replace(",", "").rstrip("."))


def _all_of(figure: Mapping[str, Any]) -> list[float]:
    return [each for each in (figure["value"], *(row["value"] for row in figure["rows"])) if each is not None]


def _without_names(text: str, figures: Sequence[Mapping[str, Any]]) -> str:
    """The text without what stands in the figures as words: notes, labels, sources, subjects, units."""
    text = text.replace("\\", "")
    words = [word for each in figures for word in (*each["notes"], *each["sources"], each["subject"], each["unit"])]
    words += [str(row["label"]) for each in figures for row in each["rows"]]
    for word in sorted((" ".join(word.split()) for word in words if re.search(r"\d", word)), key=len, reverse=True):
        text = text.replace(word, " ")
    return text


def _beside(figures: Sequence[Mapping[str, Any]]) -> Iterator[float]:
    """Days, numbers of records, ages, shares: what is said beside the values."""
    for each in figures:
        start, end = (dt.date.fromisoformat(each["period"][name]) for name in ("start", "end"))
        yield from (start.day, start.year, end.day, end.year, (end - start).days + 1, (start.month + 2) // 3)
        # A night is told by the evening before, too.
        evening = start - dt.timedelta(days=1)
        yield from (evening.day, evening.year) if each["unit"] == "HH:MM" else ()
        yield from (each["records"], each["expected"] or 0, each["recorded"] or 0, len(each["rows"]) - 31)
        yield from (row["records"] for row in each["rows"])
        if each["age_s"] is not None:
            yield from (each["age_s"] // size for size in (86_400, 3600, 60))
        for other in figures:
            if each["value"] is not None and other["value"]:
                yield (each["value"] / other["value"] - 1) * 100
