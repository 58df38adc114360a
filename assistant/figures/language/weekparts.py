"""Parts of the week set against each other: "do I spend more on weekends?"

Always by the day: a weekend has two days and the rest of the week five, so their sums say nothing. What is set against
"on weekends" alone are the weekdays, against any other day of the week the rest of the days.
"""

from __future__ import annotations

import re

from assistant.figures.language.asking import Ask
from assistant.figures.language.cases import Case, Plan, kind_of
from assistant.figures.language.deciding import measure_words
from assistant.figures.language.measures import MEASURE_OF
from assistant.figures.language.reading import Reading
from assistant.figures.query import Group, Measure

_EVERY = frozenset(range(7))
_ENDS = (Measure.MIN, Measure.MAX)


def _by_day(words: str) -> str:
    return re.sub(r"\bweek ?nights?\b", "weekdays", words)


def sides_of_the_week(reading: Reading, key: str) -> list[frozenset[int]]:
    """The days of the week that the question is about; two or more where they are set against each other.

    A weeknight is one from which the person wakes on a weekday: that is the day a night belongs to.

    Raises:
        Ask: nights were said of what has none.
    """
    found = [each.weekdays for each in reading.times if each.weekdays]
    if found and re.search(r"\bweek ?nights?\b", reading.words) and kind_of(key) not in ("night", "clock"):
        raise Ask("Only sleep is told by night. Do you mean weekdays?", [("on weekdays", _by_day(reading.words))])
    asked, words = reading.asked, reading.words
    against = reading.compare or asked.relative or " or " in words
    if len(found) > 1 and not against:
        return [frozenset().union(*found)]
    shifted = any(each.shift for each in reading.times)
    alone = len(found) == 1 and asked.relative and not reading.compare and not shifted
    if alone and not {"trend", "correlation"} & set(asked.measures):
        return [found[0], _EVERY - found[0]]
    return found


def plan_of_a_side(case: Case) -> Plan:
    """What is computed of each side.

    Raises:
        Ask: it could be several things, or is not told by the day.
    """
    asked, kind = case.asked, kind_of(case.key)
    words = [word for word in measure_words(case, kind) if word in MEASURE_OF]
    measure = MEASURE_OF[words[0]] if words else Measure.MEAN
    other = asked.bound or asked.which or asked.split or asked.limit or asked.per not in (None, Group.DAY)
    if kind == "stock" or other or len(words) > 1 or measure not in (Measure.MEAN, Measure.MEDIAN, *_ENDS, Measure.SUM):
        raise Ask(f"I can set the average day of {case.title} on weekends and on weekdays side by side. Shall I?")
    if kind == "flow":
        return _of_flow(case, measure)
    if case.key == "workouts":
        return Plan(Measure.MEAN if measure is Measure.SUM else measure, Group.DAY)
    if kind == "workout" and not words:
        raise Ask(f"Do you mean {case.title} of each workout, or how often?")
    if measure is Measure.SUM and kind != "total":
        raise Ask(f"{case.title.capitalize()} does not add up. Do you want the average?")
    return Plan(measure)


def _of_flow(case: Case, measure: Measure) -> Plan:
    if case.counted and not case.asked.per_purchase and measure not in _ENDS:
        raise Ask(f"I can tell how much {case.title} a day has, on weekends and on weekdays, not how often.")
    by_day = measure in (Measure.MEAN, Measure.MEDIAN) and not case.asked.per_purchase
    return Plan(measure, Group.DAY if by_day else None)
