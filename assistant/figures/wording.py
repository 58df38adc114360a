"""How values are written for people: 7 h 12 min, 23:12, €1,234.50, 8,120 steps."""

from __future__ import annotations

import re
from decimal import Decimal

from babel.numbers import format_currency, format_decimal

from assistant.figures.money.amounts import is_currency
from assistant.figures.units import label

LOCALE = "en"
CLOCK = "HH:MM"
"""The unit of a time of day: minutes after midnight, those of the evening before count back from it."""
_SINGULAR = {"falls": "fall", "puffs": "puff", "stand hours": "stand hour"}
_COUNTED = frozenset(
    "steps floors pushes strokes falls drinks puffs workouts days nights readings transactions weeks months".split()
) | {"stand hours"}
_ESCAPED = str.maketrans({each: f"\\{each}" for each in "\\`*_[]<>#|~!"})


def said(value: float, unit: str) -> str:
    """A value with its unit."""
    if unit == CLOCK:
        return clock(value)
    if unit == "h":
        return hours(value)
    if is_currency(unit):
        return money(value, unit)
    shown = unit if unit in _COUNTED else label(unit)
    if unit in _COUNTED and round(value, 2) == 1:
        shown = _SINGULAR.get(unit, unit.removesuffix("s"))
    number = plain_number(value)
    return f"{number}%" if shown == "%" else f"{number} {shown}".rstrip() if shown != "count" else number


def difference(value: float, unit: str) -> str:
    """How far two values are apart, without a sign: of two times of day in minutes."""
    return f"{round(abs(value))} min" if unit == CLOCK else said(abs(value), unit)


def plain_number(value: float) -> str:
    """Three figures that matter after the point's start, thousands parted: 8,120; 81.2; 5.43; 0.012."""
    size = abs(value)
    digits = 0 if size >= 1000 else 1 if size >= 10 else 2 if size >= 0.1 or size == 0 else 4
    text = format_decimal(Decimal(repr(round(value, digits))), format=f"#,##0.{'#' * digits}", locale=LOCALE)
    return "0" if text == "-0" else str(text)


def percent(value: float) -> str:
    """A share with one decimal: 39.2%; as many as it needs where that would be none of it, or all: 0.02%."""
    text = f"{value:.1f}"
    if float(text) in (0.0, 100.0) and round(value, 6) not in (0.0, 100.0):
        text = f"{value:.6g}" if abs(value) > 99 else f"{value:.1g}"
    return f"{text.removeprefix('-') if float(text) == 0 else text}%"


def money(value: float, currency: str) -> str:
    """An amount in major units."""
    text = str(format_currency(Decimal(repr(value)), currency, locale=LOCALE)).replace("\u00a0", " ")
    return re.sub(r"(?<=[A-Z])(?=\d)", " ", text)


def hours(value: float) -> str:
    """Hours and minutes: 7 h 12 min; 45 min; 1,240 h."""
    if abs(value) >= 100:
        return f"{plain_number(round(value))} h"
    minutes = round(abs(value) * 60)
    sign = "-" if value < 0 and minutes else ""
    whole, rest = divmod(minutes, 60)
    if not whole:
        return f"{sign}{rest} min"
    return f"{sign}{whole} h {rest} min" if rest else f"{sign}{whole} h"


def clock(minutes: float) -> str:
    """A time of day: 23:12."""
    whole, rest = divmod(round(minutes) % 1440, 60)
    return f"{whole:02}:{rest:02}"


def age(seconds: int) -> str:
    """How old something is: "9 hours", "3 days"."""
    for size, name in ((86_400 * 2, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // (86_400 if name == "day" else size)
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "less than a minute"


def count(number: int, noun: str) -> str:
    """ "1 night", "1,240 readings"."""
    return f"{format_decimal(number, locale=LOCALE)} {noun if number == 1 else f'{noun}s'}"


def joined(names: list[str] | tuple[str, ...]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def escaped(text: str) -> str:
    """Words from outside as Markdown that shows them and does nothing."""
    return " ".join(text.split()).translate(_ESCAPED)
