"""From plain English to the closed set of queries, by code alone.

The first rule is that no figure may be wrong. Every word of a question must have found a meaning, or be one of the few
that narrow nothing (`lexicon.FILLER`); what is left over is asked about, never passed over. A question that is not
about the person's own figures is nobody's here, and goes to their notes.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

from assistant.figures.language.asking import Ask, NotFigures, unclear
from assistant.figures.language.building import correlation, queries_of
from assistant.figures.language.calendar_words import Calendar
from assistant.figures.language.checking import (
    ask_when,
    ask_which,
    must_ask,
    must_be_joined,
    must_compare_times,
    must_not_point_back,
    say_absent,
)
from assistant.figures.language.idioms import heard
from assistant.figures.language.lexicon import COMMAND, QUESTION, STATEMENT
from assistant.figures.language.meant import Meant
from assistant.figures.language.places import place_of
from assistant.figures.language.portions import portion
from assistant.figures.language.reading import Reading
from assistant.figures.query import Query, Unclear, Understood, Vocabulary

LONGEST = 400
"""Characters; a longer text is no question."""


def understand(text: str, have: Vocabulary, *, now: dt.datetime, week_start: int = 0) -> Understood | Unclear | None:
    """The queries that a question means.

    Args:
        have: What this person has; a question can be about nothing else.
        now: In the person's time zone: "today" is its day.
        week_start: 0 is Monday.

    Returns:
        `Unclear` asks back, with choices that are clear, or says that nothing of it is recorded. None: it is not about
        the figures of this person.
    """
    calendar = Calendar(now.date(), week_start, have.dates, place_of(now))
    words = heard(text, have)
    if not have.subjects or len(text) > LONGEST or not words:
        return None
    try:
        return _understood(words, have, calendar)
    except NotFigures:
        return None
    except Ask as ask:
        return unclear(ask, lambda choice: _is_clear(choice, have, calendar))


def _is_clear(choice: str, have: Vocabulary, calendar: Calendar) -> bool:
    try:
        _understood(heard(choice, have), have, calendar)
    except (Ask, NotFigures):
        return False
    return True


def _understood(words: str, have: Vocabulary, calendar: Calendar, *, mends: bool = True) -> Understood:
    """The queries of a question in plain words.

    Raises:
        Ask: it must be asked back.
        NotFigures: it is about something else.
    """
    if COMMAND.search(words) or (STATEMENT.search(words) and not QUESTION.search(words)):
        raise NotFigures("not a question")
    if shared := portion(words, have, calendar, lambda one: _understood(one, have, calendar)):
        return shared
    reading = Reading(words, have, calendar, lambda choice: _is_clear(choice, have, calendar), mends=mends)
    meant = reading.read()
    if mended := reading.leftovers(meant):
        return _understood(mended, have, calendar, mends=False)
    _check(reading, meant)
    if "correlation" in reading.asked.measures:
        return correlation(reading, meant)
    must_not_point_back(reading)
    must_be_joined(reading, meant)
    must_compare_times(reading, meant)
    queries: list[Query] = []
    for each in meant:
        for key in each.keys:
            queries += queries_of(reading, each, key)
    queries = list(dict.fromkeys(queries))
    if reading.names and all(each.unsaid for each in meant) and "income" in have.subjects:
        return Understood(tuple(queries), tuple(replace(each, subject="income") for each in queries))
    return Understood(tuple(queries))


def _check(reading: Reading, meant: list[Meant]) -> None:
    """Everything that is asked about is there, and means one thing."""
    if not meant and reading.sources and reading.times:
        steps = re.sub(r"^what did\b", "how many steps did", reading.words)
        raise Ask("Which of its figures do you want? Say it as in: steps.", [("steps", steps)])
    if not meant:
        raise NotFigures("no subject")
    if absent := [each for each in meant if not each.keys]:
        say_absent(reading, absent, meant)
    must_ask(reading, meant)
    for each in meant:
        if len(each.keys) > 1 and not each.both:
            ask_which(reading, each)
    for mention in reading.times:
        if mention.doubt:
            ask_when(reading, mention)
