"""Conditions on a value: "over 10,000", "at least 7h30", "between 6 and 8 hours", "after 11 pm"."""

from __future__ import annotations

import re
from dataclasses import replace

from assistant.figures import units
from assistant.figures.language.asking import Ask
from assistant.figures.language.measures import Asked
from assistant.figures.language.said import DONE, Said, number
from assistant.figures.language.unit_words import CURRENCIES, WORD_UNITS
from assistant.figures.query import Bound

_UNITS = (
    r"h|hours?|hrs?|m|min|mins|minutes?|seconds?|s|km|kms|kilomet(?:er|re)s?|met(?:er|re)s?|miles?|mi|kg|kgs|"
    r"kilos?|kilograms?|"
    r"lbs?|pounds?|stones?|bpm|beats per minute|%|percent|eur|euros?|usd|us dollars?|dollars?|\$|gbp|chf|"
    r"francs?|jpy|yen|cents?|"
    r"mmhg|ml|l|lit(?:er|re)s?|ms|kj|degrees|mg|g|grams?|c|f|mmol/l|mg/dl"
)
_CURRENCY_FIRST = r"(?P<currency>eur|usd|gbp|chf|\$|jpy) ?"
_THAN = {
    ">": r"over|above|more than|greater than|higher than|longer than|exceed(?:s|ed|ing)?|beyond|better than|"
    r"bigger than|top(?:ped|ping)?(?= (?:\d{1,3}[,.]\d{3}|\d{3,}|\d+ ?k)\b)|beat|surpass(?:ed)?",
    "<": r"under|below|less than|fewer than|lower than|shorter than|smaller than|within",
    ">=": r"at least|no less than|not less than|no fewer than|minimum(?: of)?|reach(?:ed|ing)?|hit|hitting|a "
    r"minimum of",
    "<=": r"at most|no more than|not more than|up to|maximum(?: of)?|a maximum of",
}
_OR = {">=": "or more|or above|or over|or higher|plus|or longer", "<=": "or less|or fewer|or below|or under|or lower"}
_NOT_A_TIME = r"(?! ?(?:days?|nights?|weeks?|months?|years?|quarters?|times|am|pm|o clock)\b)(?![\w.,:/-]*\d)"


def _amount(which: str = "", *, then: str = _NOT_A_TIME) -> str:
    """The pattern of a value with its unit, and the names of its groups with `which` before them."""
    hours = (
        rf"(?P<{which}h>\d{{1,2}}) ?(?:h|hours?|hrs?)(?: and)? ?(?P<{which}min>\d{{1,2}})"
        r"(?: ?(?:m|min|mins|minutes?))?\b"
    )
    return (
        rf"(?:{hours}|(?:(?P<{which}currency>eur|usd|gbp|chf|\$|jpy) ?)?(?P<{which}number>\d+(?:[.,]\d+)*)"
        rf"(?: ?(?P<{which}k>k)\b)?(?: and a (?P<{which}half>half))?(?: ?(?P<{which}unit>{_UNITS})(?![\w/]))?{then})"
    )


_ONE = _amount()
_RANGE = re.compile(
    rf"\b(?:with |of |from )?(?P<word>between )?{_amount(then='')} ?(?P<to>and|to|-) ?{_amount('other_')}"
)
_COUNTED = r" ?(?:steps|floors|calories|kcal|cals)\b"


def take_bound(said: Said, asked: Asked) -> None:
    """ "over 10,000", "at least 7h30", "under EUR 50", "10k or more", "between 6 and 8 hours"; taken, with its unit.

    Raises:
        Ask: nothing can be both.
    """
    if _take_range(said, asked) or not _take_one(said, asked) or asked.bound is None:
        return
    first = asked.bound
    if _take_one(said, asked, after=rf"(?<={DONE})(?:{_COUNTED})?(?P<joined> (?:and|but|yet)(?: also)? )"):
        asked.bound = _both(first, asked.bound)


def _take_range(said: Said, asked: Asked) -> bool:
    """ "Between 6 and 8 hours", "6 to 8 hours": both ends count."""
    for match in _RANGE.finditer(said.rest):
        if (match["word"] is None) is not (match["to"] != "and") or _is_year(match) or _is_year(match, "other_"):
            continue
        if not (_says_what(match) or (match["word"] and _is_large(match))):
            continue  # "between 5 and 8" may be days or hours of the clock
        asked.bound = _both(_bound(">=", match), _bound("<=", match, "other_"))
        said.taken(*match.span())
        return True
    return False


def _says_what(match: re.Match[str]) -> bool:
    named = any(match[name] for name in ("unit", "other_unit", "currency", "other_currency", "other_h"))
    return named or re.match(_COUNTED, match.string[match.end() :]) is not None


def _is_large(match: re.Match[str]) -> bool:
    """No day of a month, and no hour."""
    return all(match[f"{which}k"] or number(match[f"{which}number"] or "0") >= 100 for which in ("", "other_"))


def _both(one: Bound, other: Bound) -> Bound:
    """Two conditions as one, the lower end first; a unit that was said once is of both."""
    one, other = (replace(each, unit=each.unit or beside.unit) for each, beside in ((one, other), (other, one)))
    low, high = (one, other) if one.than.startswith(">") else (other, one)
    factors = units.conversion(low.unit, high.unit) if low.unit != high.unit else (1.0, 0.0)
    if not (low.than.startswith(">") and high.than.startswith("<")) or factors is None:
        raise Ask("I can count what lies over one value and under another. Which values do you mean?")
    if low.value * factors[0] + factors[1] > high.value:
        raise Ask("Nothing is over the one and under the other. Which values do you mean?")
    return replace(low, also=high)


def _take_one(said: Said, asked: Asked, *, after: str = "") -> bool:
    """The first condition, perhaps after words that join it to another."""
    lead = after or r"\b(?<!no )(?<!not )"
    found: list[tuple[str, re.Match[str]]] = []
    for than, words in _THAN.items():
        found += [(than, match) for match in re.finditer(rf"{lead}(?:with )?(?:{words}) (?:the )?{_ONE}", said.rest)]
    for than, words in _OR.items():
        ended = rf"{lead}(?:with )?{_ONE} (?:(?P<noun>steps|floors|calories|kcal) )?(?:{words})\b"
        found += [(than, match) for match in re.finditer(ended, said.rest)]
    found = [(than, match) for than, match in found if not _is_year(match)]
    if not found:
        return False
    than, match = min(found, key=lambda each: each[1].start())
    asked.bound = _bound(than, match)
    start = match.start("joined") if after else match.start()
    noun = match.span("noun") if match.groupdict().get("noun") else (match.end(), match.end())
    said.taken(start, noun[0])
    said.taken(noun[1], match.end())
    return True


def take_bounded_days(said: Said, asked: Asked) -> None:
    """The "days with" of "days with over 8,000 steps"; taken."""
    if asked.bound is None or asked.counted:
        return
    days = (
        r"\b(?:of )?(?P<what>days|nights)(?: (?:with|of|where i|on which i|when i|in which i))?"
        r"(?= (?:(?:spending|expenses|purchases) )?·)"
    )
    if (match := said.take(days)) and "streak" not in asked.measures:
        asked.counted = match["what"]


def _is_year(match: re.Match[str], which: str = "") -> bool:
    """ "Over 2025" is a year; "over 2000 steps" is not."""
    said = match[f"{which}number"]
    bare = said and re.fullmatch(r"(?:19|20)\d\d", said) and not match[f"{which}unit"] and not match[f"{which}currency"]
    return bool(bare) and not re.match(r" (?:steps|calories|kcal|floors|meters|metres)\b", match.string[match.end() :])


def _bound(than: str, match: re.Match[str], which: str = "") -> Bound:
    if match[f"{which}h"]:
        return Bound(than, int(match[f"{which}h"]) + int(match[f"{which}min"]) / 60, "h")
    value = number(match[f"{which}number"]) + (0.5 if match[f"{which}half"] else 0.0)
    value *= 1000 if match[f"{which}k"] else 1
    unit = str(match[f"{which}unit"] or match[f"{which}currency"] or "")
    behind = match.string[match.end(f"{which}number") :].removeprefix("k")
    if not unit and re.match(r" ?(?:kcal|k?cal(?:orie)?s?)\b", behind):
        unit = "kcal"
    if unit == "$":
        return Bound(than, value)  # of which dollars the person knows
    known = WORD_UNITS if unit in ("pounds", "pound") else {**WORD_UNITS, **CURRENCIES}
    return Bound(than, value, known.get(unit, unit))


_CLOCK = r"\d{1,2}(?:[:.]\d{2})? ?(?:am|pm|a m|p m)?(?: o clock)?\b(?! ?(?:days|nights|weeks|months|hours|h|times)\b)"
_CLOCK_PARTS = re.compile(r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))? ?(?P<half>am|pm|a m|p m)?(?: o clock)?")


def take_clock_bound(said: Said, asked: Asked, *, bedtime: bool) -> bool:
    """ "After 11 pm", "between 10 pm and 11 pm", of a bedtime: minutes after midnight, before it they are negative.

    Returns:
        False when it is unclear.
    """
    than = {"after": ">", "later than": ">", "past": ">", "before": "<", "earlier than": "<", "by": "<=", "until": "<="}
    if match := re.search(rf"\bbetween (?P<one>midnight|{_CLOCK}) and (?P<two>midnight|{_CLOCK})", said.rest):
        ends = [_minutes(match[name], bedtime=bedtime) for name in ("one", "two")]
        if ends[0] is None or ends[1] is None or ends[0] > ends[1]:
            return False
        asked.bound = Bound(">=", float(ends[0]), also=Bound("<=", float(ends[1])))
    else:
        match = re.search(rf"\b(?P<than>{'|'.join(than)}|at) (?P<named>midnight|{_CLOCK})", said.rest)
        if not match or match["than"] == "at":
            return match is None
        minutes = _minutes(match["named"], bedtime=bedtime)
        if minutes is None:
            return False
        asked.bound = Bound(than[match["than"]], float(minutes))
    said.taken(*match.span())
    return True


def _minutes(words: str, *, bedtime: bool) -> int | None:
    """A time of the clock in minutes; None when it is unclear which half of the day it is of, or there is none."""
    if words == "midnight":
        return 0
    match = re.fullmatch(_CLOCK_PARTS, words)
    assert match is not None
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    half = (match["half"] or "").replace(" ", "")
    if hour > 24 or minute > 59 or (half and not 1 <= hour <= 12):
        return None
    if not half and not match["minute"] and hour < 13 and bedtime:
        return None
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    minutes = hour % 24 * 60 + minute
    return minutes - 1440 if bedtime and minutes >= 720 else minutes
