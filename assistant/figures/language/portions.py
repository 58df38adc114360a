"""Shares: "what share of my income goes to rent" is read as the two questions that it consists of.

Each of them is put to the rest of the grammar in words of its own ("how much did I spend on rent in March", "what was
my total income in March"), so that every word must have its meaning there, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from assistant.figures.health.metrics import METRICS, Kind
from assistant.figures.language.asking import PERIODS, Ask, NotFigures
from assistant.figures.language.bounds import take_bound
from assistant.figures.language.calendar_words import Calendar
from assistant.figures.language.measures import Asked
from assistant.figures.language.names import take_names
from assistant.figures.language.periods import ever, mentions
from assistant.figures.language.said import Said
from assistant.figures.query import Measure, Query, Understood, Vocabulary, Where

_WORD = r"(?:share|percentage|percent|per cent|%|proportion|fraction|part|portion)"
_LEAD = (
    r"(?:(?:on |in |for |to )?(?:what|which|how (?:big|large|high) an?)|(?:what|how (?:big|large|high)) "
    r"(?:is|was|are|were)(?: the| my| our)?|the|how many) ?"
)
_OF = re.compile(rf"^(?:{_LEAD})?{_WORD} (?:of|from) (?P<rest>.+)$")
_MUCH_OF = re.compile(r"^how much of (?P<rest>.+)$")
_IN_PERCENT = re.compile(rf"\b(?:in|as an?|as) {_WORD}(?! of\b)(?: terms)?(?=$| )")
_AS = re.compile(
    rf"^(?:(?:what|how much) (?:is|was|are|were|did i spend on|do i spend on) )?(?P<part>.+?) "
    rf"(?:as an?|as|in) {_WORD} of (?P<whole>.+)$"
)
_DAYS = re.compile(
    rf"\b(?:{_LEAD})?{_WORD} of (?:(?:all|the|my|our|these|those) )*(?P<what>days|nights|mornings|evenings)\b"
)
_STAGES = {"deep": "sleep_deep", "deep sleep": "sleep_deep", "rem": "sleep_rem", "rem sleep": "sleep_rem",
           "core": "sleep_core", "core sleep": "sleep_core", "light": "sleep_core", "light sleep": "sleep_core",
           "awake": "sleep_awake", "asleep": "sleep", "sleep": "sleep", "sleeping": "sleep"}  # fmt: skip
_STAGE = re.compile(rf"^(?:(?:what is|what was|my|the|our|average) )*(?P<part>deep sleep|rem sleep|rem|core sleep|"
                    rf"light sleep|deep) {_WORD}$")  # fmt: skip
_RATED = r"\bsavings? (?:rate|quota)\b"
_RATE = re.compile(rf"^(?:(?:what|how high) (?:is|was) )?(?:(?:my|our|the) )*{_RATED}$")
_WEEKDAYS = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|week ?ends?|week ?days"
_JOIN = re.compile(
    r" (?:that )?(?P<join>(?:goes|go|went|going|has gone|have gone) (?P<to>to|on|for|towards?|into|at)"
    r"|(?:is|was|are|were|gets|got|has been|have been) (?:spent|paid)(?: (?P<on>on|at|for|to|from|in))?"
    r"|(?:do|did|have|has) (?:i|we) (?:usually )?(?:spen[dt]|pay|paid)(?: (?P<by>on|at|for|to|from|in))?"
    r"|(?P<saved>(?:do|did|have|has) (?:i|we) (?:usually )?(?:saved?|keep|kept|put aside|set aside)|(?:is|was) "
    r"(?:saved|left over))"
    r"|(?P<came>(?:is|was|are|were|comes?|came|coming) from)"
    rf"|(?:do|did|have|has) (?:i|we) \w+(?= (?:on|at) (?:the )?(?:{_WEEKDAYS}))|(?:is|was|are|were) (?:i|we)"
    rf"|(?:is|was|are|were|has been|have been)|(?=(?:on|at) (?:the )?(?:{_WEEKDAYS})))(?: (?P<part>.+))?$"
)
_COUNTED = re.compile(
    r"^(?:(?:all|the|my|our) )*(?:\w+ )?(?:purchases|payments|transactions|orders|workouts|runs|rides|swims|"
    r"(?:work ?out|training|exercise) sessions)\b"
)
_EARNED = re.compile(r"\b(?:salary|wages?|bonus|pension|dividends?|interest)\b")
_COMPARED = re.compile(r"\b(?:compared?|comparison|than|vs|versus|against|more|less|higher|lower)\b")

Understand = Callable[[str], Understood]


@dataclass(frozen=True)
class _Portion:
    """A question of a share, without its days.

    Attributes:
        whole, part: Words; "" where they are not said.
        way: Of money: how the part is joined to it: "spent", "saved", "came" or "is".
        days: The time words.
    """

    whole: str
    part: str
    way: str
    days: str


def portion(words: str, have: Vocabulary, calendar: Calendar, understand: Understand) -> Understood | None:
    """The query of a share; None where none is asked for.

    Args:
        understand: The rest of the grammar.

    Raises:
        Ask: it is one, and must be asked back.
        NotFigures: it is of something else.
    """
    if _DAYS.search(words):
        return _of_days(words, understand)
    if not (re.search(rf"(?:^|\W){_WORD}(?:$|\W)", words) or re.search(_RATED, words)):
        return None
    bare, days = _apart(words, have, calendar)
    found = _read(bare, days)
    if found is None:
        return None
    if _COMPARED.search(words) and not re.search(r"\b(?:more|less|higher|lower) than \d", words):
        raise Ask("I tell a share of one stretch of days at a time. Ask for one after the other.")
    if not days:
        raise Ask(
            "Over which days do you want that share?", [(label, f"{words} {period}") for label, period in PERIODS]
        )
    return Understood((_counts(found, understand) if _COUNTED.search(found.whole) else _sums(found, understand),))


def _apart(words: str, have: Vocabulary, calendar: Calendar) -> tuple[str, str]:
    """The question without its days, and the days."""
    said = Said(words)
    take_names(said, have)
    take_bound(said, Asked())
    before = said.rest
    found = [each for each in mentions(said, calendar) if not each.weekdays]
    spans = [(each.start, each.end) for each in found]
    rest = said.rest
    if ever(said):
        changed = [at for at in range(len(rest)) if rest[at] != said.rest[at]]
        spans.append((changed[0], changed[-1] + 1))
    if len(spans) > 1:
        raise Ask("I tell a share of one stretch of days at a time. Ask for one after the other.")
    assert len(before) == len(words)
    if not spans:
        return words, ""
    ((start, end),) = spans
    return " ".join(f"{words[:start]} {words[end:]}".split()), words[start:end].strip()


def _read(bare: str, days: str) -> _Portion | None:
    """What is the part, and of what."""
    bare = bare.strip(" ,-")
    if _RATE.search(bare):
        return _Portion("income", "", "saved", days)
    if match := _STAGE.search(bare):
        return _Portion("sleep", match["part"], "is", days)
    if match := _AS.search(bare):
        return _Portion(match["whole"], re.sub(r"^(?:my|our|the) ", "", match["part"]), "spent", days)
    in_percent = _IN_PERCENT.search(bare)
    if in_percent:
        bare = " ".join(f"{bare[: in_percent.start()]} {bare[in_percent.end() :]}".split()).strip(" ,-")
    match = _OF.search(bare) or (_MUCH_OF.search(bare) if in_percent else None)
    if match is None:
        return None
    rest = match["rest"]
    if joined := _JOIN.search(rest):
        return _joined(rest[: joined.start()], joined, days)
    if inside := re.fullmatch(r"(?P<part>.+?) (?:in|of|out of) (?P<whole>.+)", rest):
        return _Portion(inside["whole"], re.sub(r"^(?:my|our|the) ", "", inside["part"]), "spent", days)
    stage = re.sub(r"^(?:my|our|the) ", "", rest)
    return _Portion("sleep", stage, "is", days) if stage in _STAGES and stage != "sleep" else None


def _joined(whole: str, joined: re.Match[str], days: str) -> _Portion:
    part = joined["part"] or ""
    lead = joined["to"] or joined["on"] or joined["by"] or ""
    if joined["saved"] or re.fullmatch(r"(?:saved|left over|put aside|set aside|my savings|savings)", part):
        return _Portion(whole, "", "saved", days)
    if joined["came"]:
        return _Portion(whole, f"from {part}", "came", days)
    if lead or re.search(r"\b(?:spen[dt]|pay|paid)\b", joined["join"]):
        return _Portion(whole, f"{lead if lead in ('on', 'at', 'from') else ''} {part}".strip(), "spent", days)
    return _Portion(whole, re.sub(r"^(?:my|our|the) ", "", part), "is", days)


def _of_days(words: str, understand: Understand) -> Understood:
    """ "What percent of days did I ...": as many as "how many days did I ...", out of those that are known."""
    match = _DAYS.search(words)
    assert match is not None
    asks, counts = match[0].strip(), f"how many {match['what']}"
    try:
        found = understand(" ".join(f"{words[: match.start()]} {counts} {words[match.end() :]}".split()))
    except Ask as ask:
        choices = [(label, said.replace(counts, asks)) for label, said in ask.choices if counts in said]
        raise Ask(ask.question, choices) from None
    (query, *others) = found.queries
    if others or query.measure is not Measure.COUNT or query.compare or query.group:
        raise Ask(f"Of which {match['what']} do you want the share? Say it as in: what share of days over 8,000 steps.")
    metric = METRICS.get(query.subject)
    if not query.of_days and (query.bound is None or (metric and metric.kind is Kind.WORKOUT)):
        raise Ask(f"Which {match['what']} do you mean? Say it as in: what share of days over 8,000 steps.")
    return Understood((replace(query, measure=Measure.SHARE),))


def _counts(found: _Portion, understand: Understand) -> Query:
    """ "What share of my purchases were at Lidl"."""
    whole = _one(understand(f"how many {_mine(found.whole)} {found.days}"), Measure.COUNT)
    part = _one(_part(f"how many {_mine(found.whole)} {found.part} {found.days}", found, understand), Measure.COUNT)
    if part.bound and whole.subject in ("spending", "income"):
        if not part.bound.unit:
            raise Ask("In which currency is that amount? Say it as in: over 50 euros.")
        # A condition in euros is of purchases in euros; so is what they are held against.
        whole = replace(whole, currency=part.bound.unit)
    return _held_against(part, whole, found)


def _sums(found: _Portion, understand: Understand) -> Query:
    """ "What share of my income went to rent", "of my sleep was deep"."""
    whole_words = re.sub(r"\b(?:total|overall|all(?: of)?|altogether)\b ?", "", _mine(found.whole))
    whole_words = re.sub(r"^money(?: (?:i|we) (?:have )?(?:spen[dt]|paid))?$|^what (?:i|we) (?:spen[dt])$", "spending",
                         whole_words)  # fmt: skip
    whole_words = re.sub(r"^(?:money|what) (?:i|we) (?:earn(?:ed)?|ma[dk]e)$", "income", whole_words)
    answered = understand(f"what was my total {whole_words} {found.days}")
    if answered.otherwise:  # "of my child benefit goes to": what is spent from came in
        if found.way not in ("spent", "saved"):
            raise Ask(f'Do you mean what came in or what was spent as "{whole_words}"? Say so.')
        answered = Understood(answered.otherwise)
    whole = _one(answered, Measure.SUM)
    if whole.subject in ("sleep", "sleep_in_bed"):
        if found.part in _STAGES and _STAGES[found.part] != whole.subject:
            stage = _STAGES[found.part]
            if whole.subject == "sleep_in_bed" or stage not in ("sleep_awake", "sleep"):
                return _held_against(replace(whole, subject=stage), whole, found)
        if not re.search(_WEEKDAYS, found.part):
            raise Ask("Of sleep I can tell the share of deep, REM and core sleep. Which one do you mean?")
    if whole.subject in ("spending", "income"):
        return _held_against(_part_of_money(found, whole, understand), whole, found)
    part = _one(_part(f"what was my total {whole_words} {found.part} {found.days}", found, understand), Measure.SUM)
    return _held_against(part, whole, found)


def _part_of_money(found: _Portion, whole: Query, understand: Understand) -> Query:
    part, spent = found.part, "how much did i spend"
    if found.way == "saved":
        return _one(understand(f"how much did i save {found.days}"), Measure.SUM)
    if whole.subject == "income" and (found.way == "came" or _EARNED.search(part)):
        words = f"how much income did i receive from {part.removeprefix('from ')} {found.days}"
    elif whole.subject == "income" and found.way == "is" and not re.match(r"(?:spent|spending) ", part):
        ways = (("what you spent", f"what share of my income did i spend on {part} {found.days}"),
                ("what came in", f"what share of my income came from {part} {found.days}"))  # fmt: skip
        raise Ask(f'Do you mean what you spent or what came in ("{part}")?', ways)
    else:
        part = re.sub(r"^(?:spent|spending|expenses) ", "", part)
        words = f"{spent} {part} {found.days}"
    return _one(_part(words, found, understand), Measure.SUM)


def _mine(words: str) -> str:
    return re.sub(r"^(?:(?:all|the|my|our|of) )+", "", words)


def _part(words: str, found: _Portion, understand: Understand) -> Understood:
    """The part, as its own question; what is unclear of it is asked without choices, which would be of that alone."""
    try:
        return understand(" ".join(words.split()))
    except (Ask, NotFigures):
        raise Ask(
            f'I do not know what "{found.part}" is a part of here. Say it as in: what share of my spending in March '
            "went to groceries."
        ) from None


def _one(found: Understood, measure: Measure) -> Query:
    """The query that tells it as one value; what splits it by name is passed over.

    Raises:
        Ask: there is none, or there are several.
    """
    if found.otherwise:
        raise Ask("Do you mean what came in or what was spent? Say so.")
    queries = [each for each in found.queries if each.group is None]
    if len(queries) != 1 or queries[0].measure is not measure or queries[0].compare or queries[0].of_days:
        raise Ask("I can tell a share of a sum or of a number. Which figure do you want a share of?")
    return queries[0]


_INCOME_PARTS = ("income", "spending", "net")


def _held_against(part: Query, whole: Query, found: _Portion) -> Query:
    """Both as one query, where the one can be a part of the other.

    Raises:
        Ask: it is no part of it, or all of it.
    """
    if part.subject == whole.subject:
        part = replace(part, where=_within(part.where, whole.where, found), currency=part.currency or whole.currency)
    elif whole.subject == "income" and part.subject in _INCOME_PARTS:
        part = replace(part, currency=part.currency or whole.currency)
    elif not (_both(part, whole, Kind.NIGHT) or _both(part, whole, Kind.WORKOUT)):
        raise Ask(f'I cannot tell "{found.part}" as a share of "{found.whole}". Ask for each of them.')
    if (part.subject, part.where, part.bound) == (whole.subject, whole.where, whole.bound):
        raise Ask(f"Which part of it do you mean? Say it as in: what share of my {found.whole} went to groceries.")
    if (part.period.start, part.period.end) != (whole.period.start, whole.period.end):
        raise Ask("I tell a share of one stretch of days at a time. Ask for one after the other.")
    return replace(part, measure=Measure.SHARE, whole=whole)


def _both(part: Query, whole: Query, kind: Kind) -> bool:
    kinds = {METRICS[each].kind if each in METRICS else None for each in (part.subject, whole.subject)}
    return kinds == {kind}


def _within(part: Where, whole: Where, found: _Portion) -> Where:
    """Both conditions at once: a part of the spending on groceries is one of groceries."""
    merged = {}
    for name in ("categories", "payees", "accounts", "activities", "sources"):
        mine, theirs = getattr(part, name), getattr(whole, name)
        if mine and theirs and not set(mine) <= set(theirs):
            raise Ask(f'"{found.part}" is no part of "{found.whole}". Ask for each of them.')
        merged[name] = mine or theirs
    weekdays = part.weekdays or whole.weekdays
    if whole.weekdays and not weekdays <= whole.weekdays:
        raise Ask(f'"{found.part}" is no part of "{found.whole}". Ask for each of them.')
    return Where(weekdays=weekdays, **merged)
