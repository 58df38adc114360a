"""Seasons, as weather services count them: three whole months each, winter from December where that is the cold time.

Which hemisphere a person lives in is told by their time zone. Where it does not say (UTC), and in the tropics, where
people have other seasons, both are asked about. The answer shows the days.
"""

from __future__ import annotations

import datetime as dt
import re

from assistant.figures.language.calendar_words import Calendar, Doubt, Found, Span, bare, year_of
from assistant.figures.language.days import DAY, MONTHS, add_months
from assistant.figures.language.places import NORTH, SOUTH

_FIRST_MONTHS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_STILL_THIS = dt.timedelta(days=184)
""" "This summer" is the one that was, for half a year; then it is the one to come."""


def read_season(calendar: Calendar, said: re.Match[str]) -> Found:
    """ "Last summer" is the newest that is over, unless it stands beside "this summer"."""
    if said["season"] == "fall" and not (said["which"] or said.groupdict()["year"] or _is_a_time(said)):
        return None
    sides = [calendar.place.hemisphere] if calendar.place.hemisphere else [NORTH, SOUTH]
    found = [_season(calendar, said, side) for side in sides]
    if len(found) == 1:
        return found[0]
    choices = [choice for each in found for choice in (_choice(each) if isinstance(each, Span) else each.choices)]
    return Doubt(f'Which days do you mean by "{bare(said)}"?', tuple(dict.fromkeys(choices)))


def _is_a_time(said: re.Match[str]) -> bool:
    """ "In fall", not "did my weight fall"."""
    return said[0] == said.string or re.match(r"(?:in|during|over|for|throughout|of|the|from) ", said[0]) is not None


def _season(calendar: Calendar, said: re.Match[str], side: str) -> Span | Doubt:
    word, today = said["season"], calendar.today
    which = {"past": "last", "current": "this"}.get(said["which"], said["which"] or "")
    first = (_FIRST_MONTHS[word] + (6 if side == SOUTH else 0) - 1) % 12 + 1
    given = year_of(calendar, said)
    if given is not None:
        return _of_year(said, first, given)
    newest = _from(today.year - (first > today.month), first, word)
    if which == "this" and newest.end + _STILL_THIS < today:
        coming = _from(newest.start.year + 1, first, word)
        label = f"this {word}, which begins on {coming.start.day} {MONTHS[first]} {coming.start.year},"
        return Span(coming.start, coming.end, "season", label)
    over = newest.end < today
    if which == "last":
        beside = re.search(rf"\b(?:this|the current) {word}\b", said.string) is not None
        back = (0 if over else 1) + (1 if beside and over else 0)
        newest = _from(newest.start.year - back, first, word)
    if which == "previous":
        newest = _from(newest.start.year - 1, first, word)
    return Span(newest.start, newest.end, "season", f"{which or 'the'} {word}".removeprefix("the "))


def _from(year: int, first: int, word: str) -> Span:
    start = dt.date(year, first, 1)
    return Span(start, add_months(start, 3) - DAY, "season", word)


def _of_year(said: re.Match[str], first: int, year: int) -> Span | Doubt:
    """ "Winter 2025/26" is one; "winter 2025" could be the one that began in it or that ended in it."""
    word, until = said["season"], said["until"]
    begun = _from(year, first, word)
    if begun.end.year == year:
        return Span(begun.start, begun.end, "season", f"{word} {year}")
    if until:
        if int(until) % 100 != (year + 1) % 100:
            return Doubt(f'Which days do you mean by "{bare(said)}"?')
        return Span(begun.start, begun.end, "season", f"{word} {year}/{begun.end.year % 100:02}")
    both = (_choice(_from(year - 1, first, word)), _choice(begun))
    return Doubt(f'Which days do you mean by "{bare(said)}"?', tuple(choice for each in both for choice in each))


def _choice(span: Span) -> list[tuple[str, str]]:
    one, other = (f"{MONTHS[day.month]} {day.year}" for day in (span.start, span.end))
    label = f"{one} to {other}" if span.start.year != span.end.year else f"{MONTHS[span.start.month]} to {other}"
    return [(label, f"from {one} to {other}")]
