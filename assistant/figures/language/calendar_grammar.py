"""Which words name a stretch of time: the patterns, each with what reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from assistant.figures.language.calendar_days import (
    read_day,
    read_iso,
    read_named_day,
    read_night,
    read_numeric,
    read_own_date,
    read_the_weekend,
    read_weekday,
    read_weekday_night,
    read_weekend,
)
from assistant.figures.language.calendar_stretches import (
    read_ago,
    read_before_last,
    read_first_week,
    read_fortnight,
    read_half,
    read_iso_month,
    read_month,
    read_named_month,
    read_numbered_week,
    read_quarter,
    read_relative,
    read_rolling,
    read_so_far,
    read_the_last,
    read_vague,
    read_year,
)
from assistant.figures.language.calendar_words import (
    MONTH_NUMBERS,
    NUMBERS,
    WEEKDAY_NUMBERS,
    Calendar,
    Doubt,
    Found,
    Span,
)
from assistant.figures.language.days import named, week_of
from assistant.figures.language.feasts import FEASTS, STRETCH, read_easter_weekend, read_feast, read_new_year
from assistant.figures.language.seasons import read_season

_M = r"(?P<month>" + "|".join(sorted(MONTH_NUMBERS, key=len, reverse=True)) + r")\b(?<!\bmay(?= (?:i|we|you|it|be)\b))"
_W = r"(?P<weekday>" + "|".join(sorted(WEEKDAY_NUMBERS, key=len, reverse=True)) + r")\b"
_D = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\b"
_Y = r"(?P<year>(?:19[89]|20\d)\d)\b"
_YEARLIKE = rf"(?:{_Y}|(?P<rel>this year|last year|the year|the current year|the previous year))"
COUNT = r"(?P<count>\d{1,4}|" + "|".join(sorted(NUMBERS, key=len, reverse=True)) + r")\b"

Builder = Callable[[Calendar, re.Match[str]], Found]
_PIECE = r"(?P<unit>day|night|week|month|quarter|year)"
_UNIT = r"(?P<unit>week|month|quarter|year)\b"
_WHICH = r"(?P<which>this|current|last|past|previous|next|coming|upcoming)"
_ON = r"(?:the )?(?:(?:whole |entire )?(?:month|year|calendar year|quarter) (?:of )?)?"
_NTH4 = r"(?P<nth>first|1st|second|2nd|third|3rd|fourth|4th|last|final) quarter"
_NTH2 = r"(?P<nth>first|1st|second|2nd|last|latter) half"
_NO_SEASON = "holidays?|vacations?|break|cleaning|sales?|camp|school|term|clothes|tyres|tires|coat|jacket|time"
"""After the name of a season: other days, or a thing."""
_DATE: list[tuple[str, Builder]] = [
    (r"(?P<year>\d{4})[-/](?P<m>\d{2})[-/](?P<d>\d{2})\b", read_iso),
    (rf"(?:{_W} )?(?:the )?{_D}(?: of)? {_M}(?: {_Y})?", read_day),
    (rf"(?:{_W} )?{_M} (?:the )?{_D}(?! ?(?:days|nights|weeks|months|years|steps|km|h|hours)\b)(?: {_Y})?", read_day),
    (r"\b(?P<one>\d{1,2})(?P<sep>[./-])(?P<two>\d{1,2})(?P=sep)(?P<year>\d{4}|\d{2})\b", read_numeric),
    (r"\b(?P<one>\d{1,2})/(?P<two>\d{1,2})(?P<year>)\b(?!/)", read_numeric),
]


def _any(rules: Sequence[tuple[str, Builder]]) -> str:
    """One pattern without groups that matches whatever one of these rules does."""
    alone = [re.sub(r"\(\?P<\w+>", "(?:", pattern.replace("(?P=sep)", "[./-]")) for pattern, _ in rules]
    return "|".join(f"(?:{pattern})" for pattern in alone)


def read_week_of(calendar: Calendar, said: re.Match[str]) -> Found:
    inner = span_of(said["of"], calendar)
    if not isinstance(inner, Span) or inner.unit != "day":
        return inner if isinstance(inner, Doubt) else None
    start, end = week_of(inner.start, calendar.week_start)
    return Span(start, end, "week", f"the week of {named(inner.start)}")


_ANY_DATE = _any(_DATE)
_TEXT: list[tuple[str, Builder]] = [
    (rf"(?:(?:the )?(?P<which>last|this|past|previous|current) |the )?(?P<season>spring|summer|autumn|winter|fall)\b"
     rf"(?! (?:asleep|{_NO_SEASON})\b)(?:(?: of| in)? {_YEARLIKE}(?:[/-](?P<until>\d{{4}}|\d{{2}})\b)?)?", read_season),
    (rf"(?:the )?(?:last )?easter (?:weekend|long weekend)\b(?:(?: of| in)? {_YEARLIKE})?", read_easter_weekend),
    (rf"(?P<which>last |this )?(?P<feast>{FEASTS})\b(?!{STRETCH})(?:(?: of| in)? {_YEARLIKE})?", read_feast),
    (r"(?:the |this )?new years?\b(?! (?:resolution|plan))", read_new_year),
    (rf"(?:the )?(?:week|seven days) (?:of|containing|with|around) (?:the )?(?P<of>{_ANY_DATE})", read_week_of),
    (rf"(?:the )?(?P<nth>first|1st|last) week (?:of|in) {_M}(?:(?: of)? {_YEARLIKE})?", read_first_week),
    (r"(?:the )?(?P<unit>week|month|quarter|year) before last\b", read_before_last),
    (rf"(?:(?:last|this|on|past) )?{_W} night\b", read_weekday_night),
    (r"(?:calendar )?(?:week|kw) (?P<week>\d{1,2})\b(?! ?(?:to|until|till|and|-) \d)"
     rf"(?:(?: of| in)? {_YEARLIKE})?", read_numbered_week),
    (rf"(?:the )?{_NTH2} of (?:{_YEARLIKE}|{_M}(?: (?P<of_year>\d{{4}}))?)", read_half),
    (rf"h(?P<h>[12])\b(?:(?: of)? {_YEARLIKE})?", read_half),
    (rf"(?:the )?{_NTH4} of {_YEARLIKE}", read_quarter),
    (rf"(?:the )?{_NTH4.replace('|last|final', '')}(?: {_Y})?", read_quarter),
    (rf"{_Y}[ -]?q(?P<q>[1-4])\b", read_quarter),
    (rf"q(?P<q>[1-4])\b(?:(?: of)? {_YEARLIKE})?", read_quarter),
    *_DATE,
    (rf"(?:the )?(?:last|past|previous|preceding|latest) {COUNT} {_PIECE}s?\b", read_rolling),
    (r"(?:the )?(?:last|past) fortnight\b", read_fortnight),
    (rf"{COUNT} (?P<unit>day|week|month|year)s? ago", read_ago),
    (rf"{COUNT} (?P<unit>night)s ago|(?:the )?night before last|last night|this morning", read_night),
    (rf"(?P<which>last|this) {_M}(?! \d)", read_named_month),
    (rf"{_ON}{_M}(?:(?: of)? {_YEARLIKE})?", read_month),
    (r"(?P<year>(?:19[89]|20\d)\d)-(?P<m>0[1-9]|1[0-2])\b(?!-)", read_iso_month),
    (r"(?:(?:this|the current) )?(?:(?P<unit>year|month|week) to date|(?P<short>ytd|mtd|wtd))\b", read_so_far),
    (rf"(?P<within>(?:in|over|during|within|for|across|throughout) )?the last {_UNIT}(?! (?:of|"
     rf"before)\b)", read_the_last),
    (rf"(?:the )?{_WHICH} {_UNIT}", read_relative),
    (r"(?:the )?day before yesterday\b|\btoday\b|\byesterday\b(?! (?:morning|afternoon|evening|"
     r"night))", read_named_day),
    (r"(?P<which>this|last|the past|the last|the previous) weekend\b", read_weekend),
    (r"(?:at|on|over|during)? ?the weekend\b", read_the_weekend),
    (rf"(?P<which>last|this|on|past|previous) {_W}(?! (?:morning|afternoon|evening|night))", read_weekday),
    (r"my (?:last )?(?P<name>birthday|(?:wedding )?anniversary)\b", read_own_date),
    (r"(?:recently|lately|these days|of late|in recent (?:days|weeks|months|times))\b", read_vague),
    (rf"{_ON}{_Y}(?! ?(?:steps|kcal|calories|km|m|h|kj|eur|usd|gbp|meters|metres)\b)(?![-/.,]\d)", read_year),
]  # fmt: skip
ATOMS = [(re.compile(pattern), build) for pattern, build in _TEXT]
ANY = _any(_TEXT)
"""A pattern without groups that matches any of them."""


def span_of(words: str, calendar: Calendar) -> Found:
    """The days that these words name, and nothing else."""
    for pattern, build in ATOMS:
        if found := pattern.fullmatch(words):
            return build(calendar, found)
    return None
