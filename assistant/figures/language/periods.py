"""Time words in a question: which days it is about, which weekdays count, and with what it is compared.

How each word is taken (the answer always shows the days):

- "last N days" and "the past N months" end today; the last N nights end with the one from which the person woke today.
- "last week", "last month" are the calendar's; "past week", "over the last "
                                                             "month" are the seven days, the month, to today.
- A stretch that is not over ("this "
                              "month", "March" in March) ends today. A month or quarter without a year is the newest
  that has begun; a day without a year the newest that is not to come.
- "On Monday" and "last Monday" are the newest Monday before today. 3/4 is asked about, 3.4.2026 is the third of April.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from assistant.figures.language.calendar_grammar import ANY, ATOMS, COUNT, span_of
from assistant.figures.language.calendar_words import Calendar, Doubt, Found, Span, around, count_of
from assistant.figures.language.days import DAY, MONTHS, add_months, named, named_span
from assistant.figures.language.feasts import STRETCH, around_feast
from assistant.figures.language.said import Said
from assistant.figures.query import Period

WEEKEND = frozenset({5, 6})
WEEKDAYS = frozenset({0, 1, 2, 3, 4})
_PLURAL = {f"{name}s": frozenset({index}) for index, name in enumerate(
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))}  # fmt: skip


@dataclass(frozen=True)
class Mention:
    """Time words at one place of a question.

    Attributes:
        start, end: Their place.
        span: The days they name, as named: it may reach beyond today.
        open_start: "before March": from the first record on.
        doubt: They could mean several things, or nothing.
        weekdays: "on Mondays": a condition, no days.
        each: "On a Monday": one of those days is asked about, not all of them.
        shift: "the year before": days by their distance to others.
    """

    start: int
    end: int
    span: Span | None = None
    open_start: bool = False
    doubt: Doubt | None = None
    weekdays: frozenset[int] = frozenset()
    each: bool = False
    shift: str = ""

    def period(self, today: dt.date, *, first: dt.date | None = None) -> Period:
        """The days up to today; `first` is where an open start begins."""
        assert self.span is not None
        start = first if self.open_start and first else self.span.start
        return Period(start, max(start, min(self.span.end, today)), self.span.label)

    def says_nothing_beside(self, others: Sequence[Mention]) -> bool:
        """True for "lately, over the last 8 weeks" and for "the Christmas week, 22 to 28 December"."""
        spans = [each.span for each in others if each.span]
        if self.doubt is None:
            return False
        if (near := self.doubt.near) is not None:
            spans = [each for each in spans if each.start - 7 * DAY <= near <= each.end + 7 * DAY]
            spans = [each for each in spans if each.end - each.start <= 31 * DAY]
        elif not self.doubt.vague:
            return False
        return bool(spans)

    def of_the_evening(self, today: dt.date) -> Mention:
        """Going to bed "on 31 December", or "on Fridays", is of the nights that begin then and belong to the next day.

        A weeknight is one before a working day already.
        """
        if self.weekdays and self.weekdays not in (WEEKDAYS, WEEKEND):
            return replace(self, weekdays=frozenset((each + 1) % 7 for each in self.weekdays))
        if self.span is None or self.span.unit != "day" or self.span.end >= today:
            return self
        label = f"the evening of {named(self.span.start)}"
        return replace(self, span=Span(self.span.start + DAY, self.span.end + DAY, "night", label))

    def is_ahead(self, today: dt.date) -> bool:
        """True when none of these days has come yet."""
        return self.span is not None and self.span.start > today

    def is_cut(self, today: dt.date) -> bool:
        """True when it is not over."""
        return self.span is not None and self.span.end > today


_PREPOSITION = (
    r"(?:(?:\b(?:in|on|during|over|for|throughout|within|of|across|at|from|all of|all|so far|in the course of) )"
    r"(?:the )?(?:(?:whole|entire) (?:of )?)?)?"
)
_TO = r"(?: to | until | till | through | thru | up to | and including | - |-)"
_SAME = r"(?:the )?(?:same|corresponding|equivalent) (?:period|time|days|stretch|span|point|month|week|quarter)"
_BESIDE = "(?:" + "|".join(f"(?<={word} )" for word in ("than", "with", "to", "vs", "versus", "against", "from")) + ")"
_SHIFTS = (
    (rf"(?:the )?(?:year|12 months) (?:before|earlier|prior)(?! last\b)(?: that| this| it)?|(?:a|one) year (?:before|"
     rf"earlier)|{_BESIDE}(?:a|one) year ago"
     rf"|{_SAME} (?:of |in )?(?:the )?(?:last year|previous year|year before|a year ago|one year ago|a year earlier)"
     r"|this time last year|year (?:on|over) year", "year"),
    (rf"{_SAME} (?:of |in )?(?:the )?(?:last|previous) month|(?:the )?month (?:before|earlier)(?! last\b)(?: that| it)?"
     rf"|(?:a|one) month (?:before|earlier)|{_BESIDE}(?:a|one) month ago|this time last month|month (?:on|"
     rf"over) month", "month"),
    (rf"{_SAME} (?:of |in )?(?:the )?(?:last|previous) quarter"
     r"|(?:the )?quarter (?:before|earlier)(?! last\b)(?: that| it)?"
     r"|quarter (?:on|over) quarter", "quarter"),
    (rf"{_SAME} (?:of |in )?(?:the )?(?:last|previous) week|(?:the )?week (?:before|earlier)(?! last\b)(?: that| it)?"
     rf"|(?:a|one) week (?:before|earlier)|{_BESIDE}(?:a|one) week ago|this time last week|week (?:on|over) "
     rf"week", "week"),
    (r"(?:the )?(?:day|night) before(?! (?:yesterday|last))(?: that| it)?", "day"),
    (r"(?:the )?(?:previous|preceding|prior) (?:period|(?:\d{1,3} )?(?:days|nights|weeks|months))"
     r"|the (?:\d{1,3} )?(?:days|nights|weeks|months) before(?: that| it)?|the (?:period|time) before(?: that| "
     r"it)?", "before"),
)  # fmt: skip
_EVER = (
    r"\b(?:ever|of all times?|(?:for |over )?all times?|all ?time|on record|since (?:the )?(?:very "
    r")?(?:beginning|start)"
    r"(?! of)|since records? began|in my (?:whole |entire )?life|so far ever|all (?:that is )?recorded|in all "
    r"my (?:data|records))\b"
)
_LONG_FEAST = r"(?:(?:last|this) )?(?:christmas|xmas|easter(?! (?:long )?weekend)|thanksgiving)"
_ITS_YEAR = r"(?: (?:of |in )?(?P<year>20\d\d|last year|this year))?"
_BOUNDARY = rf"(?:(?:the )?(?:beginning|start|first day) of (?:the )?)?(?:{ANY}|(?:the )?(?:year|month|week|quarter)\b)"


def mentions(said: Said, calendar: Calendar, *, comparing: bool = True) -> list[Mention]:
    """All time words, in order; they are taken.

    Args:
        comparing: Also "the year before", which makes sense beside other days only.
    """
    found: list[Mention] = []
    for distant in list(_finds(said.rest, *_DISTANT)):
        if mention := _distant(calendar, distant):
            said.taken(*distant.span())
            found.append(mention)
    if comparing:
        for pattern, unit in _SHIFTS:
            while match := said.take(rf"\b(?:{pattern})\b"):
                same = re.search(
                    r"\b(?:same|corresponding|equivalent|this) (?:period|time|days|stretch|span|point)\b", match[0]
                )
                found.append(Mention(*match.span(), shift=f"{unit} same" if same else unit))
    for signs, rule, build in _RULES:
        for match in list(_finds(said.rest, signs, rule)):
            mention = build(calendar, match)
            if mention is not None:
                said.taken(*match.span())
                found.append(mention)
    for atom, make in ATOMS:
        if not _unplaced(atom.pattern).search(said.rest):  # a third of the time that the preposition before it takes
            continue
        for match in list(_placed(atom.pattern).finditer(said.rest)):
            if mention := _mention(match, make(calendar, match)):
                said.taken(*match.span())
                found.append(mention)
    found += _bare_weekdays(said, found)
    return sorted(found, key=lambda each: each.start)


def _finds(words: str, signs: Sequence[str], rule: str) -> Iterable[re.Match[str]]:
    """What a rule finds. A rule that holds `ANY` takes ten milliseconds to compile: it is, when its signs are there."""
    return _compiled(rule).finditer(words) if any(sign in words for sign in signs) else ()


@cache
def _compiled(rule: str) -> re.Pattern[str]:
    return re.compile(rule)


def _bare_weekdays(said: Said, found: Sequence[Mention]) -> list[Mention]:
    """ "My weekend sleep", "weekend vs weekday": what no "last" or "this" has made into days."""
    bare: list[Mention] = []
    while match := said.take(
        r"\b(?:(?:on|at|over|during) )?(?:the )?(?P<which>weekend|week ?day|work(?:ing)? ?day)\b(?: days?\b)?"
    ):
        bare.append(Mention(*match.span(), weekdays=WEEKEND if match["which"] == "weekend" else WEEKDAYS))
    if week := said.take(r"\b(?:during|in|through) the week\b"):
        if any(each.weekdays == WEEKEND for each in (*found, *bare)):
            bare.append(Mention(*week.span(), weekdays=WEEKDAYS))
        else:
            choices = (("this week", "this week"), ("on weekdays", "on weekdays"))
            bare.append(Mention(*week.span(), doubt=Doubt("Do you mean this week, or weekdays?", choices)))
    return bare


@cache
def _placed(pattern: str) -> re.Pattern[str]:
    """With the preposition before it, which means nothing more; that of "in the last month" does."""
    return re.compile(pattern if "<within>" in pattern else rf"{_PREPOSITION}\b(?:{pattern})")


@cache
def _unplaced(pattern: str) -> re.Pattern[str]:
    """What is found wherever `_placed` is."""
    return re.compile(pattern if "<within>" in pattern else rf"\b(?:{pattern})")


def ever(said: Said) -> bool:
    """Whether it is about all that is recorded; the words are taken."""
    return said.take(_EVER) is not None


def _mention(match: re.Match[str], days: Found) -> Mention | None:
    if isinstance(days, Doubt):
        return Mention(*match.span(), doubt=days)
    return Mention(*match.span(), span=days) if days else None


def _range(calendar: Calendar, match: re.Match[str]) -> Mention | None:
    """Between A and B. What A leaves open (month, year) is what B says; A lies before B."""
    right = span_of(re.sub("^new years?$", "new year day", match["b"]), calendar)
    if not isinstance(right, Span):
        return _mention(match, right)
    if right.unit in ("weekend", "since", "all"):
        return None
    if match["a"].isdigit() or re.fullmatch(r"\d{1,2}(?:st|nd|rd|th)", match["a"]):
        day = int(re.sub(r"\D", "", match["a"]))
        if right.unit != "day" or not 1 <= day <= right.start.day:
            return None
        start = right.start.replace(day=day)
    else:
        left = _before(match["a"], right, calendar)
        if not isinstance(left, Span):
            return _mention(match, left)
        start = left.start
    if start > right.end:
        return Mention(
            *match.span(), doubt=Doubt(f"{named(start)} is after {named(right.end)}. Which days do you mean?")
        )
    return Mention(*match.span(), span=Span(start, right.end, "range", _range_label(start, right)))


def _distant(calendar: Calendar, match: re.Match[str]) -> Mention | None:
    """ "The 10 days before my birthday"; whether "the week before Christmas" is any seven days is asked."""
    days = span_of(match["a"], calendar)
    if not isinstance(days, Span) or days.start > calendar.today:
        return _mention(match, days)
    unit, before = match["unit"], match["side"] != "after"
    if unit == days.unit and not match["count"] and unit not in ("day", "night"):
        start, end = around(calendar, unit, days.start - DAY if before else days.end + DAY)
        return Mention(*match.span(), span=Span(start, end, unit, named_span(start, end)))
    start, end = _so_far_from(days, count_of(match["count"] or "a"), unit, before=before)
    if unit not in ("day", "night") and not match["count"]:
        question = f"Which days do you mean by the {unit} {match['side']} {days.label}?"
        choices = ((named_span(start, end), f"from {named(start)} to {named(end)}"),)
        return Mention(*match.span(), doubt=Doubt(question, choices))
    return Mention(*match.span(), span=Span(start, end, "range" if start < end else "day", named_span(start, end)))


def _so_far_from(days: Span, count: int, unit: str, *, before: bool) -> tuple[dt.date, dt.date]:
    """So many days, weeks, months or years right before or after some days."""
    if unit in ("month", "year"):
        months = count * (12 if unit == "year" else 1)
        if before:
            return add_months(days.start, -months), days.start - DAY
        return days.end + DAY, add_months(days.end + DAY, months) - DAY
    number = count * (7 if unit == "week" else 1)
    if before:
        return days.start - number * DAY, days.start - DAY
    return days.end + DAY, days.end + number * DAY


def _range_label(start: dt.date, right: Span) -> str:
    if right.unit == "month" and start.day == 1:
        first = MONTHS[start.month] + (f" {start.year}" if start.year != right.end.year else "")
        if start.month != right.end.month or start.year != right.end.year:
            return f"{first} to {right.label}"
    return named_span(start, right.end)


def _before(words: str, right: Span, calendar: Calendar) -> Found:
    """The newest of the named days that does not begin after `right` ends."""
    left = span_of(words, calendar)
    if isinstance(left, Span) and not re.search(r"\d{4}|year|last|this|ago|yesterday|today|week", words):
        return span_of(words, replace(calendar, today=right.end)) or left
    return left


def _since(calendar: Calendar, match: re.Match[str]) -> Mention | None:
    words = re.sub(r"^(?:the )?(?:beginning|start|first day) of (?:the )?", "", match["a"])
    words = re.sub(r"^the (?=year|month|week|quarter)", "", words)
    if words in ("year", "month", "week", "quarter"):
        words = f"this {words}"
    words = re.sub("^(?:the )?new years?$", "this year", words)
    if ago := re.fullmatch(r"(\w+) (weeks?|months?|years?) ago", words):
        days = span_of(f"last {ago[1]} {ago[2]}", calendar)
    else:
        days = span_of(words, calendar)
    if not isinstance(days, Span):
        return _mention(match, days)
    if days.start > calendar.today:
        return Mention(*match.span(), span=days)
    if days.unit == "season" and days.end < calendar.today:
        since = [f"since {named(day)}" for day in (days.start, days.end + DAY)]
        question = f"Do you mean since {words} began, or since it was over?"
        return Mention(*match.span(), doubt=Doubt(question, tuple((each, each) for each in since)))
    whole = days.unit in ("month", "year") and days.label[:1] != "t" and days.label[:1] != "l"
    name = days.label if whole else named(days.start)
    if days.label.startswith("your "):
        name = days.label
    return Mention(*match.span(), span=Span(days.start, calendar.today, "since", f"since {name}"))


def _from_alone(calendar: Calendar, match: re.Match[str]) -> Mention | None:
    """ "From March" could be since March, or in March."""
    days = span_of(match["a"], calendar)
    if not isinstance(days, Span) or days.unit not in ("day", "month", "quarter", "year") or days.end >= calendar.today:
        return None
    if days.label[:1] in "tlyd" or days.label.startswith("the "):  # this, last, yesterday, "the day before yesterday"
        return None
    preposition = "on" if days.unit == "day" else "in"
    since, within = f"since {days.label}", f"{preposition} {days.label}"
    return Mention(*match.span(), doubt=Doubt(f"Do you mean {since} or {within}?", ((since, since), (within, within))))


def _after(calendar: Calendar, match: re.Match[str]) -> Mention | None:
    days = span_of(match["a"], calendar)
    if not isinstance(days, Span):
        return _mention(match, days)
    start = days.end + DAY
    if start > calendar.today:
        return Mention(*match.span(), span=Span(start, start, "since", f"after {days.label}"))
    return Mention(*match.span(), span=Span(start, calendar.today, "since", f"after {days.label}"))


def _until(calendar: Calendar, match: re.Match[str]) -> Mention | None:
    days = span_of(match["a"], calendar)
    if not isinstance(days, Span):
        return _mention(match, days)
    end = days.start - DAY
    return Mention(*match.span(), span=Span(end, end, "since", f"before {days.label}"), open_start=True)


def _feast_days(calendar: Calendar, match: re.Match[str]) -> Mention | None:
    """How many days a feast has is for the person to say."""
    name = " ".join(each for each in (match["feast"] or match["named"], match["year"] or match["year_"]) if each)
    day = span_of(name, calendar)
    if not isinstance(day, Span) or day.start > calendar.today:
        return _mention(match, day)
    return Mention(*match.span(), doubt=around_feast(calendar, day.start, name))


def _on_weekdays(calendar: Calendar, match: re.Match[str]) -> Mention | None:
    words = match["which"]
    if words in _PLURAL:
        chosen = _PLURAL[words]
    elif words.startswith("weekend"):
        chosen = WEEKEND
    elif words.split()[0] + "s" in _PLURAL:
        days = re.findall("|".join(name[:-1] for name in _PLURAL), words)
        chosen = frozenset().union(*(_PLURAL[f"{day}s"] for day in days))
    else:
        chosen = WEEKDAYS
    return Mention(*match.span(), weekdays=chosen)


def _on_one_of_them(calendar: Calendar, match: re.Match[str]) -> Mention | None:
    mention = _on_weekdays(calendar, match)
    return replace(mention, each=True) if mention else None


_DISTANT = (
    ("before ", "after ", "leading up to ", "prior to "),
    rf"\b(?:(?:in|on|over|during|for) )?(?:the )?(?:{COUNT} )?(?P<unit>day|night|week|month|year)s? "
    rf"(?P<side>before|after|leading up to|prior to) (?:the )?(?!yesterday|last\b(?! week| month| year))(?P<a>{ANY})",
)
_DAYS = "|".join(_PLURAL)
_ONE = "|".join(name[:-1] for name in _PLURAL)
_MONTH_OR_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|{ANY})"
_JOINED = (" to ", " until ", " till ", " through ", " thru ", " including ", "-")
_BEGUN = ("starting", "beginning")
_DAY = ("day", "week")
_RULES: Sequence[tuple[Sequence[str], str, Callable[[Calendar, re.Match[str]], Mention | None]]] = (
    (("between ",), rf"\bbetween (?:the )?(?P<a>{_MONTH_OR_DAY}) and (?:the )?(?P<b>{ANY})", _range),
    (_JOINED, rf"\b(?:from|for) (?:the )?(?P<a>{_MONTH_OR_DAY}){_TO}(?:the )?(?P<b>{ANY})", _range),
    (_JOINED, rf"\b(?:(?:in|on|during) )?(?:the )?(?P<a>{_MONTH_OR_DAY})(?: to | until | till | through | thru | - |"
     rf"-)(?P<b>{ANY})", _range),
    (("since ",), rf"\b(?:ever )?since (?P<a>{_BOUNDARY})", _since),
    (("from ", "as of ", *_BEGUN),
     rf"\b(?:from|starting(?: in| from| on| with)?|beginning(?: in| from| on| with)?|as of) (?P<a>{_BOUNDARY})"
     r" (?:on|onwards?|forward|until now|till now|to now|until today|to today|to date)\b", _since),
    (_BEGUN, rf"\b(?:starting(?: in| from| on| with)?|beginning(?: in| from| on| with)?) (?P<a>{_BOUNDARY})", _since),
    (("from ",), rf"\bfrom (?P<a>{ANY})", _from_alone),
    (("after ",), rf"\bafter (?:the )?(?P<a>{ANY})", _after),
    (("before ",), rf"(?<!day )(?<!night )\bbefore (?:the )?(?P<a>{ANY})", _until),
    (("christmas", "xmas", "easter", "thanksgiving"),
     rf"\b(?:(?:over|during|around|at) (?:the )?(?P<feast>{_LONG_FEAST})(?:{STRETCH})?{_ITS_YEAR}\b(?! (?:eve|day|"
     rf"sunday|monday|saturday)\b)|(?:(?:in|on|for) )?(?:the )?(?P<named>{_LONG_FEAST}){STRETCH}"
     rf"{_ITS_YEAR.replace('<year>', '<year_>')})", _feast_days),
    (_DAY, rf"\b(?:(?:on|at|over|during) )?(?:the |my )?(?P<which>weekends|week ?days|week ?nights?|work(?:ing)? ?days|"
     rf"{_DAYS})\b", _on_weekdays),
    (("on a",), rf"\bon an? (?P<which>week ?day|work(?:ing)? ?day|weekend day|{_ONE})\b", _on_one_of_them),
    (_DAY, r"\b(?:on )?(?P<which>weekend days)\b", _on_weekdays),
    (_DAY, rf"\b(?:every|each) (?P<which>weekend|week ?day|work(?:ing)? ?day|{_ONE})\b", _on_weekdays),
)  # fmt: skip
"""What must stand in a question, the pattern, and what it means."""
