"""What a question must have before it is answered: a subject that is there, something asked of it, one meaning."""

from __future__ import annotations

import re

from assistant.figures.language.asking import Ask, NotFigures, listed, what_there_is
from assistant.figures.language.calendar_words import MONTH_NUMBERS
from assistant.figures.language.days import MONTHS
from assistant.figures.language.lexicon import ASKS_ABOUT_ME
from assistant.figures.language.meant import Meant
from assistant.figures.language.periods import Mention
from assistant.figures.language.reading import Reading
from assistant.figures.language.subjects import CLOCKS, title_of

_TWO_HOWS = re.compile(
    r"\bhow (many|much|often|long|far)\b.*\band how (many|much|often|long|far)\b(?! (?:more|fewer|longer|further)\b)"
)


def must_ask(reading: Reading, meant: list[Meant]) -> None:
    must_tell_a_day_from_a_year(reading)
    asked, words = reading.asked, reading.words
    ends = any(word in ("max", "min", "latest") or word.startswith("top ") for word in asked.measures)
    if (asked.when or (re.search(r"\bwhen\b", words) and not asked.nothing)) and not (
        any(each.key in (*CLOCKS, "bills") for each in meant) or (ends and not asked.habit)
    ):
        raise NotFigures("it asks for a time")  # what is told of the least, the most and the last shows its day
    if re.search(r"\bwhere\b", words) and any(each.key == "spending" for each in meant) and "max" in asked.measures:
        kinds = (("categories", "on which categories"), ("payees", "at which payees"))
        choices = [(label, re.sub(r"\bwhere\b", lead, words)) for label, lead in kinds]
        raise Ask("Do you mean categories or payees?", choices)
    if re.search(r"\bwhere\b", words) and not asked.which:
        raise NotFigures("it asks for a place")
    wants = asked.how or asked.measures or asked.counted or asked.which or asked.per or asked.bound or asked.split
    if asked.relative or reading.times or reading.ever or asked.shown:
        wants = True
    if wants and not all(each.weak for each in meant):
        return
    named = any(not name.unsure for name in reading.names) and re.search(
        r"\bhow (?:many times|often) (?:did|have|do) (?:i|we)\b|\bhow much did\b.* cost\b", words
    )
    if (
        named
        or (wants and (reading.times or asked.measures or asked.per))
        or all(each.key in ("balance", "bills", "budgets", "savings") for each in meant)
    ):
        return
    if re.search(r"\b(?:what|how) (?:is|are|was|were|did|do|have)\b.*\b(?:my|i|we)\b", words) and not all(
        each.weak for each in meant
    ):
        return
    raise NotFigures("no figure is asked for")


_DAY_OR_YEAR = re.compile(
    rf"(?P<lead>\b(?:on|since|until|till|from|to|by|before|after|between|and|-) )?\b(?:in )?"
    rf"(?P<month>{'|'.join(MONTH_NUMBERS)}) (?P<number>\d\d)\b(?! ?(?:[\d-]|to\b|and\b|until\b))"
)


def must_tell_a_day_from_a_year(reading: Reading) -> None:
    """ "March 26" may be all of March."""
    said, this_year = _DAY_OR_YEAR.search(reading.words), reading.calendar.today.year
    if said is None or said["lead"] or int(said["number"]) not in (this_year % 100, (this_year - 1) % 100):
        return
    month, number = MONTHS[MONTH_NUMBERS[said["month"]]], said["number"]
    place = said.span()
    choices = [
        (f"{month} 20{number}", reading.said.instead(*place, f"in {month.lower()} 20{number}")),
        (f"{int(number)} {month}", reading.said.instead(*place, f"on {int(number)} {month.lower()}")),
    ]
    raise Ask(f"Do you mean {choices[0][0]}, or {choices[1][0]}?", choices)


def say_absent(reading: Reading, absent: list[Meant], meant: list[Meant]) -> None:
    asked = reading.asked
    wants = asked.how or asked.measures or asked.counted or asked.which or asked.per or asked.bound or reading.times
    if not wants or not ASKS_ABOUT_ME.search(reading.words) or all(each.weak for each in absent):
        raise NotFigures("nothing of it is recorded")
    titles = listed([each.title for each in absent])
    raise Ask(f"Nothing of {titles} is recorded. There is: {what_there_is(reading.have)}.")


def ask_which(reading: Reading, each: Meant) -> None:
    titles = [title_of(key, reading.have) for key in each.keys]
    question = f"Do you mean {listed(titles, joined='or')}?"
    if each.question:
        walked = each.title == "walking" and each.activities == ()
        choices = [(label, words if walked else reading.with_period(words)) for label, words in each.choices]
        raise Ask(each.question, choices)
    if re.match(r"how far did i (?:go|get|travel|move)\b", reading.words):
        raise Ask(question, [(title, reading.with_period(f"what was my {title}")) for title in titles])
    raise Ask(question, [(title, reading.said.instead(each.start, each.end, title)) for title in titles])


def ask_when(reading: Reading, mention: Mention) -> None:
    assert mention.doubt is not None
    raise Ask(
        mention.doubt.question,
        [(label, reading.said.instead(mention.start, mention.end, words)) for label, words in mention.doubt.choices],
    )


def must_be_joined(reading: Reading, meant: list[Meant]) -> None:
    """Two subjects are two questions only where they are joined: "my heart rate during sleep" is one of neither."""
    if len(meant) < 2:
        if (two := _TWO_HOWS.search(reading.words)) and two[1] != two[2]:
            raise Ask(f"You ask how {two[1]} and how {two[2]}. Which of them first?")
        return
    if len(meant) > 3 or not re.search(r"\b(?:and|or|vs|versus)\b|&", reading.words):
        raise Ask(f"Do you mean {listed([each.title for each in meant], joined='or')}? Ask for one at a time.")
    if any(each.names for each in meant):
        raise Ask("Ask for one of these at a time: I cannot tell what belongs to which.")


def must_not_point_back(reading: Reading) -> None:
    """ "On that": words that stand for something said before."""
    if back := re.search(r"\b(?:on|at|for|from|with|in|of|to) (it|that|there|them)\b", reading.said.rest):
        raise Ask(f'What do you mean by "{back[1]}"? Say the whole question again, with its name.')


def must_compare_times(reading: Reading, meant: list[Meant]) -> None:
    """What is set against each other must be times: "groceries vs restaurants last month" are none."""
    things = len(reading.names) > 1 or len(meant) > 1
    spans = [each for each in reading.times if each.span or each.shift]
    if reading.compare and things and len(spans) < 2 and not any(each.shift for each in spans):
        words = f"{reading.words[: reading.compare.start()]} and {reading.words[reading.compare.end() :]}"
        raise Ask("I compare times with each other. Shall I tell both?", [("both", words)])
