"""Days as banks write them: 2026-01-31, 31.01.26, 1/31/2026, 31 Jan 2026, 31. Januar 2026, 20260131, 1/31'26 (QIF).

Whether 03/04 is in March or in April is a matter of the whole file: one 31/01 or 01/31 settles it, else it is asked.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from functools import lru_cache

from babel.dates import get_month_names

from assistant.errors import BadInput

ORDERS = ("ymd", "dmy", "mdy")
_LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
_NUMBERS = re.compile(r"\s*(\d{1,4})\s*([./\-'])\s*(\d{1,2})\s*[./\-']\s*(\d{2,4})(?!\d)")
_EIGHT = re.compile(r"\s*(\d{4})(\d{2})(\d{2})(?!\d)")
_DAY_FIRST = re.compile(r"\s*(\d{1,2})\.?[\s\-/]*([^\W\d_]{3,})\.?[\s\-/,']*(\d{2,4})(?!\d)")
_MONTH_FIRST = re.compile(r"\s*([^\W\d_]{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)", re.IGNORECASE)


class UnclearDays(BadInput):
    """Every day could be read in two ways; the person has to say which."""


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    found: dict[str, int] = {}
    for language in _LANGUAGES:
        for width in ("wide", "abbreviated"):
            for number, name in get_month_names(width, locale=language).items():
                found.setdefault(name.casefold().strip("."), int(number))
    found.update({"sept": 9, "mrz": 3, "jän": 1, "jänner": 1})
    return found


def _year(text: str) -> int:
    """Two digits are 1970 to 2069."""
    year = int(text)
    if len(text) > 2:
        return year
    return year + (1900 if year >= 70 else 2000)


def day_order(texts: Iterable[str]) -> str:
    """In which order day, month and year stand in a column: one of `ORDERS`; "" where names or dots leave no choice.

    Raises:
        UnclearDays: all could be day/month as well as month/day, or some say the one and some the other.
    """
    says: dict[str, str] = {}
    unclear = ""
    for text in texts:
        found = _NUMBERS.match(text)
        if not found:
            continue
        first, sign, second, _ = found.groups()
        if len(first) > 2 or int(first) > 31:
            says.setdefault("ymd", text)
        elif sign == "." or int(first) > 12:
            says.setdefault("dmy", text)
        elif int(second) > 12:
            says.setdefault("mdy", text)
        elif first != second:
            unclear = unclear or text
    if "dmy" in says and "mdy" in says:
        raise UnclearDays(f"“{says['dmy'].strip()}” has the day first and “{says['mdy'].strip()}” the month.")
    if unclear and "dmy" not in says and "mdy" not in says:
        raise UnclearDays(
            f"“{unclear.strip()[:20]}”, and all other dates with it, could have the day or the month first."
        )
    return "dmy" if "dmy" in says else "mdy" if "mdy" in says else "ymd" if says else ""


@lru_cache(maxsize=16384)
def parse_day(text: str, order: str = "") -> dt.date:
    """The day of a text; a time after it is left out.

    Args:
        order: What `day_order` said, for those that could be both.

    Raises:
        BadInput: it is no day.
    """
    try:
        if found := _NUMBERS.match(text):
            first, sign, second, third = found.groups()
            if len(first) > 2 or int(first) > 31:
                return dt.date(_year(first), int(second), int(third))
            month_first = order == "mdy" and sign != "."
            month, day = (first, second) if month_first else (second, first)
            return dt.date(_year(third), int(month), int(day))
        if found := _EIGHT.match(text):
            year, month, day = found.groups()
            if not 1900 <= int(year) <= 2100:
                year, month, day = text.strip()[4:8], text.strip()[2:4], text.strip()[:2]
            return dt.date(int(year), int(month), int(day))
        if (found := _DAY_FIRST.match(text)) and found[2].casefold() in _months():
            return dt.date(_year(found[3]), _months()[found[2].casefold()], int(found[1]))
        if (found := _MONTH_FIRST.match(text)) and found[1].casefold() in _months():
            return dt.date(_year(found[3]), _months()[found[1].casefold()], int(found[2]))
    except ValueError:
        pass  # the sentence below says it: 31.02. is no day
    raise BadInput(f"“{text.strip()[:40]}” is no day.")
