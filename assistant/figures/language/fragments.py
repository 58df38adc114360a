"""Questions in the fewest words: "weigh-ins in April", "Saturdays only", "Geldautomat withdrawals: how many?".

They are said in full here, for the rest of the grammar to read. As in `idioms`, only what is sure to mean the same.
"""

from __future__ import annotations

import re
from functools import lru_cache

from assistant.figures.language.said import Rule, plain, rewritten
from assistant.figures.query import Vocabulary

_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_SHORT_DAYS = {
    "mon": "monday",
    "tue": "tuesday",
    "tues": "tuesday",
    "wed": "wednesday",
    "thu": "thursday",
    "thur": "thursday",
    "thurs": "thursday",
    "fri": "friday",
    "sat": "saturday",
    "sun": "sunday",
}
_IN_BED = r"bed ?times?|to bed|asleep|to sleep|turn(?:ed)? in"
_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|"
    "sept?|oct|nov|dec"
)
_CURRENCIES = r"euro|pound|franc|dollar"
_DOING = r"running|cycling|swimming|walking|hiking|rowing|climbing|dancing|skiing|skating"
_BOUGHT = r"(?:cash )?withdrawals?|orders?|bookings?|deliver(?:y|ies)|top ups?"
_MORE_THAN = re.compile(r"(?<![\d.,])(\d[\d.,]*k?)\s?\+(?=[\s\-?]|$)", re.IGNORECASE)
"""In "nights with 7+ hours" the sign says the most."""
_BETWEEN_COMMAS = re.compile(r",\s*(?:like|you know|um+|uh+|er+m?|well|please|say)\s*,\s*", re.IGNORECASE)
_CHAT = re.compile(
    r"^(?:(?:would you mind (?:telling|showing)(?: me)?|hiya|yo|er|erm|right|just curious|just wondering|curious|btw|"
    r"out of curiosity|by the way|quick question|quick one|question|sorry|sorry to bother you|real quick) )+(?=\w)"
)


def _on_the_day(match: re.Match[str]) -> str:
    """A night is told by the day of its morning; a bedtime, by the evening."""
    return match[0] if re.search(rf"\b(?:{_IN_BED})\b", match.string) else "on "


def _neighbours(match: re.Match[str]) -> str:
    """ "18/19 April" are two days; "4/5 April" as well, but "10/4 April" is none."""
    return f"{match[1]} to {match[2]} " if int(match[2]) == int(match[1]) + 1 else match[0]


def _saturdays(match: re.Match[str]) -> str:
    """A bedtime is of the evening; how long one slept on "Saturday nights" is of the morning after."""
    return f"{match[1]}s" if re.search(rf"\b(?:{_IN_BED})\b", match.string) else match[0]


_SAID_AS: tuple[Rule, ...] = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        # Days
        (r"\b(mon|tues?|wed|thu|thurs?|fri)\b", lambda match: _SHORT_DAYS[match[1]]),
        (r"\b(?:(?<=\bon )(sat|sun)\b|(?<=\blast )(sat|sun)\b|(sat|sun)(?= (?:this|last) week\b))",
         lambda match: _SHORT_DAYS[match[1] or match[2] or match[3]]),
        (rf"\b(?:on |at (?:the )?)?({_WEEKDAY}s|weekends|weekdays) only\b", r"on \1"),
        (rf"\bonly (?:on |at (?:the )?)?({_WEEKDAY}s|weekends|weekdays)\b", r"on \1"),
        (rf"\b(in (?:{_CURRENCIES})s?|in (?:eur|gbp|chf|usd)) only\b|\bonly (in (?:{_CURRENCIES})s?)\b",
         lambda match: match[1] or match[2]),
        (rf"\b({_WEEKDAY}) nights\b", _saturdays),
        (r"\b(?:on |in |for )?(?:the )?night to (?=(?:the )?\d|(?:mon|tues|wednes|thurs|fri|satur|sun)day)",
         _on_the_day),
        (rf"\b(?<!\bto )(?<!\band )(?<!\btill )(?<!\buntil )(?<!through )(?<!- )(?:on )?({_WEEKDAY}) "
         r"(?:of )?this week\b", r"this \1"),
        (r"\b(daily|weekly|monthly|quarterly|yearly) means\b", r"\1 averages"),
        (r"\by(?:ester)?day\b", "yesterday"),
        # In "since I got the bike serviced, 21 September" the date says when that was.
        (rf"\bsince (?:i|we) (?:[a-z]+ ){{1,7}}?(?=\d{{1,2}} (?:{_MONTHS})\b)", "since "),
        (rf"\bon (?!{_WEEKDAY}\b)(?:[a-z]+ )?[a-z]+ day (?=\d{{1,2}} (?:{_MONTHS})\b)", "on "),
        (rf"\b(?:the weekend of |the weekend )?(\d{{1,2}})/(\d{{1,2}}) (?=(?:{_MONTHS})\b)", _neighbours),
        (r"\b(20\d\d) average (month|week)\b", r"average per \2 \1"),
        (r"\bfor the (year|month|week|quarter)$", r"this \1"),
        (r"\b(?:over |in |for |during )?the first three months of (20\d\d)\b", r"in q1 \1"),
        (r"\b(?:over |in |for |during )?the last three months of (20\d\d)\b", r"in q4 \1"),
        (r"\bsince (?:i started the year|the year (?:began|started)|the start of the year)\b", "this year"),
        (r"\bsince (?:records began|i (?:began|started) (?:recording|tracking|measuring|logging))\b", "ever"),
        (r"\b(?:all told|all in all)\b", "in total"),
        # What is measured
        (r"\bweigh ins?\b(?=.*\b(?:per|each|a) (?:week|month)\b)|^(?:my |our |total |number of )*weigh ins\b"
         r"(?!.*\bhow many$)", "how many times did i weigh myself"),
        (r"\b(?:step|stepped|stepping|get|got|stood|stand) on(?:to)? the scales?\b", "weigh myself"),
        (r"\b(?:how many|number of) (blood pressure|weight|heart rate|blood oxygen|hrv|heart rate variability) "
         r"(?:readings|measurements)\b", r"how many times \1"),
        (r"\bblood pressure\b(.*?)\b(top|upper|bottom|lower) (?:number|value|reading)\b",
         lambda match: f"{match[1]} {'systolic' if match[2] in ('top', 'upper') else 'diastolic'} blood pressure"),
        (r"\b(?:outside|outdoors|out) in (?:the )?daylight\b", "daylight"),
        (r"\bmileage on foot\b", "distance on foot"),
        (rf"\b({_DOING}) mileage\b", r"\1 distance"),
        (r"\b(active|resting|basal) (?:kilojoules|kj)\b", r"\1 energy in kj"),
        (r"\b(kcal|calories|cals|kj|kilojoules) (?:burn(?:ed|t)) active(?:ly)?\b", r"active energy in \1"),
        (rf"\b(burn(?:ed|t)?|energy|calories|kcal) while (?={_DOING})", r"\1 "),
        (rf"\b((?:{_DOING}) distance) on (?:the )?days (?:that |when |on which )?(?:i|we) "
         r"(?:cycled?|rode|ride|swam|swim|walk(?:ed)?|ran|run)\b", r"\1"),
        (r"\b((?:mindful minutes|mindfulness|meditation) per day) (?:that |when )?i (?:sat|meditated?|practi[sc]ed?)\b",
         r"\1"),
        (r"\b(?:clock|rack|notch|chalk)(?:ed)? up\b", "do"),
        (r"\bhow many (days|nights) did (i|we) (?:note|record|log|enter)(?: down)? (?:any |some |my )?",
         r"how many \1 did \2 have "),
        (r"\b(?:total|all) (hours|minutes)$", r"in \1"),
        (r"\b(hours|minutes|time) of (?:sports?|training)\b", r"\1 of workouts"),
        (r"\b(last .+?) (?:when|what day) and how (long|far)$", r"\1 how \2"),
        # Conditions
        (r"\b(than|least|most|over|under|above|below) an? (?=litre|liter|hour|kilomet|mile|kilo|minute)", r"\1 1 "),
        (r"\b(?:streak|run) of (days|nights)\b", r"streak of \1"),
        (r"\bstreak with\b", "streak of days with"),
        (r"\b(steps?|h|hours?|litres?|liters?|km|miles?) day after day\b|\bday after day\b",
         lambda match: f"{match[1] or ''} in a row"),
        (r"^(days|nights) ((?:in|of|since|this|last) \w+ (?:20\d\d )?)with "
         r"(?=(?:over|under|above|below|more|less|fewer|at least|at most|\d[\d,.]*k?)\b)", r"how many \1 \2"),
        (r"\b(?:how many )?(days|nights) with an? (?=[a-z ]+ (?:of |at )?"
         r"(?:over|under|above|below|more than|less than|at least|at most) \d)", r"how many \1 "),
        (r"\b(?:did|do|have|had) (i|we) (?:not|fail to) (?:reach|hit|make|get to|manage)(?: my)? (?=\d)",
         r"did \1 do under "),
        (r"\bwithout (?=\d[\d,.]*k? steps\b)", "under "),
        (r"^(?:has|have|was|were) there (?:been |ever been )?(?:any |a |some )?(days|nights|day|night) ",
         lambda match: f"how many {match[1].removesuffix('s')}s "),
        (r"\bdoes (?:more|less) (.+?) (?:go with|come with|go along with) (?:a |an )?"
         r"(?:lower|higher|better|worse|more|less|longer|shorter) ", r"does \1 relate to "),
        # Money
        (r"\b(i|we) (?:blow|blew|blown|splash(?:ed)? out|shell(?:ed)? out|fork(?:ed)? out)\b", r"\1 spend"),
        (r"\bdid (i|we) put (?=on (?:the|my|our) )", r"did \1 spend "),
        (r"\b(?:what|how much|how much money) (?:has |have )?(?:went|gone|goes|is going) out\b(?! (?:to|of|for))",
         "what did i spend"),
        (r"\b(?:total|money|sum) (?:that )?(?:went |gone |paid )?out\b(?! (?:to|of|for))", "total spending"),
        (r"\btotal paid\b", "total spending"),
        (r"\b(top .+?) by (?:amount|value|size|spending|spend|cost)$", r"\1"),
        (r"\b(top .+? (?:20\d\d|month|year|week|quarter)) by (?:amount|value|size)\b", r"\1"),
        (r"\baverage (?:basket|till receipt)\b", "average purchase"),
        (rf"\b({_CURRENCIES})s? balances?\b", r"balance in \1s"),
        (rf"\b(?:on|in) (?:all (?:of )?)?(?:my |our )({_CURRENCIES}) accounts?(?: together| combined)?\b", r"in \1s"),
        (r"\bincl(?:uding|usive(?: of)?)? (?:the |any |all )?(?:refunds?|returns?)\b", ""),
    )
)  # fmt: skip


@lru_cache(maxsize=16)
def _payees(names: tuple[str, ...]) -> str:
    """The payees, and of those of several words the first, where it is of one payee."""
    found = [plain(name) for name in names]
    firsts = [name.split()[0] for name in found if name]
    found += [first for first in firsts if firsts.count(first) == 1 and len(first) > 4]
    return "|".join(re.escape(name) for name in sorted(set(found) - {""}, key=len, reverse=True))


@lru_cache(maxsize=16)
def _card(accounts: tuple[str, ...]) -> str:
    """The one account that is a card; "" where there is none or where there are several."""
    cards = [
        plain(name)
        for name in accounts
        if re.search(r"card|\bvisa\b|\bamex\b|american express|kreditkarte", plain(name))
    ]
    return cards[0] if len(cards) == 1 else ""


def in_full(words: str, have: Vocabulary) -> str:
    """A question in plain words, said in full where it leaves words out."""
    words = rewritten(_CHAT.sub("", words), _SAID_AS)
    if any(re.search(r"\b(?:run|running|jog\w*)\b", plain(name)) for name in have.activities):
        # What is walked and run on foot is another, much longer distance than that of the runs.
        words = re.sub(r"(?<!walking )(?<!walking and )(?<!walk )\brunning distance\b", "distance of runs", words)
    if payees := _payees(have.payees):
        words = re.sub(rf"\b({payees}) (?:{_BOUGHT})\b", r"\1 purchases", words)
        words = re.sub(rf"\b(?:{_BOUGHT}) (?:at |from |with )?(?=(?:the )?(?:{payees})\b)", "purchases at ", words)
    if (card := _card(have.accounts)) and card != "card":
        words = re.sub(
            r"\b(?:credit )?card (spending|spend|payments?|purchases?|expenses)\b", rf"\1 from account {card}", words
        )
        words = re.sub(r"\b(?:on|from|with|by) (?:the|my|our) (?:credit )?card\b", f"from account {card}", words)
    return " ".join(words.split())


def signs_said(text: str) -> str:
    """The text with "at least 7" for "7+", and without a "like" between commas."""
    return _MORE_THAN.sub(r"at least \1", _BETWEEN_COMMAS.sub(", ", text))
