"""What is to be computed: "how many nights under 6 h", "the average", "by month", "top 5"."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from assistant.figures.language.calendar_grammar import COUNT
from assistant.figures.language.calendar_words import count_of
from assistant.figures.language.lexicon import COSTS, INCOME, PURCHASES, SPENDING
from assistant.figures.language.said import Said
from assistant.figures.language.unit_words import CURRENCIES, SPEEDS, UNIT_WORDS, subjects_as_units, units_named
from assistant.figures.query import Bound, Group, Measure

_KINDS = r"types?|kinds?|sorts?"
"""Of workouts; of money it is the category."""
_GROUPS: dict[str, Group] = {
    r"days? of the week|week ?days?": Group.WEEKDAY,
    r"days?|nights?|dates?|mornings?|evenings?": Group.DAY,
    r"weeks?": Group.WEEK,
    r"months?": Group.MONTH,
    r"quarters?": Group.QUARTER,
    r"years?": Group.YEAR,
    r"categor(?:y|ies)|kinds? of expenses?|areas?": Group.CATEGORY,
    r"payees?|payers?|shops?|stores?|merchants?|compan(?:y|ies)|vendors?": Group.PAYEE,
    r"accounts?|cards?": Group.ACCOUNT,
    r"activit(?:y|ies)|sports?|(?:kinds?|types?|sorts?) of (?:workouts?|exercise|training)|"
    r"(?:workout|activity|exercise) types?": Group.ACTIVITY,
    _KINDS: Group.ACTIVITY,
}
_UNIT = "(?:" + "|".join(_GROUPS) + ")"
_ADVERBS = {"daily": Group.DAY, "nightly": Group.DAY, "weekly": Group.WEEK, "monthly": Group.MONTH,
            "quarterly": Group.QUARTER, "yearly": Group.YEAR, "annual": Group.YEAR, "annually": Group.YEAR}  # fmt: skip


@dataclass
class Asked:
    """What the words ask to compute, before it is known of what.

    Attributes:
        measures: Words such as "average", "longest", in order.
        how: "much", "many", "long", "far", "often", "late", ...; "" where there is no "how".
        unit: Of "how many hours": "time", "distance", "money", "mass" or "".
        per: "per month", "by month", with which of both it was said.
        which: "Which month": rows of which the first counts; `plural` when several were asked for.
        counted: What "how many" counts: "days", "times", or "".
        habit: "usually", "on average".
        limit: "Top 5".
        single: "In a day", "in one night": beside "most".
        relative: "More", "earlier".
        split: "Broken down".
        joined: There was an "and" between measures.
        daily: "Daily", beside another "by month".
        per_purchase: "Per purchase".
        entry: "Expense", "purchase": one of them.
        when: Its day is asked for too.
        shown: The units that were named.
        nothing: Days on which there was none: "spent nothing", "without a workout".
        listed: "List", "show me ... for each day": rows are wanted.
        shared: Several subjects are asked about, and "how long" is said of one of them.
    """

    measures: list[str] = field(default_factory=list)
    how: str = ""
    unit: str = ""
    per: Group | None = None
    per_word: str = ""
    which: Group | None = None
    plural: bool = False
    counted: str = ""
    habit: bool = False
    bound: Bound | None = None
    limit: int | None = None
    currency: str = ""
    single: bool = False
    relative: str = ""
    split: bool = False
    joined: bool = False
    hows: list[str] = field(default_factory=list)
    daily: bool = False
    per_purchase: bool = False
    entry: bool = False
    shared: bool = False
    when: bool = False
    listed: bool = False
    nothing: bool = False
    shown: tuple[str, ...] = ()


def _group(words: str, said: Said) -> Group:
    found = next(group for pattern, group in _GROUPS.items() if re.fullmatch(pattern, words))
    paid = re.fullmatch(_KINDS, words) and said.has(rf"\b(?:{SPENDING}|{PURCHASES}|{COSTS}|{INCOME})\b")
    return Group.CATEGORY if paid else found


_TOPS = (
    r"(?:biggest|largest|highest|top|most expensive|costliest|main|most frequent|best|worst|lowest|"
    r"smallest|cheapest|longest|shortest)"
)


_BETWEEN = (
    r"(?!(?:in|of|by|for|on|at|to|from|per|a|an|the|and|or|with|over|under|during|before|after|between|since|last|"
    r"this|past|next|single|each|every|ever|how|did|do|have|was|is)\b)[a-z]+"
)


def _unit_behind(said: Said, end: int) -> str:
    """The "days" of "five best step days": it stands behind what is asked about; taken."""
    match = re.match(rf" (?:{_BETWEEN} ){{1,2}}(?P<unit>days?|nights?|weeks?|months?)\b", said.rest[end:])
    if match is None:
        return ""
    said.taken(end + match.start("unit"), end + match.end("unit"))
    return match["unit"]


def take_groups(said: Said, asked: Asked) -> None:
    """What is counted, "which month", "by category", "top 5"; taken."""
    if said.take(
        r"\b(?:in a row|(?:longest |biggest |best |current )?(?:running )?streaks?|consecutive(?:ly)?|on end|"
        r"(?:longest |best )?run(?= of (?:days|nights)\b))\b"
    ):
        asked.measures.append("streak")
    if match := said.take(r"\b(?:on |for )?how (?:many|often)(?: (?P<what>days|nights|mornings|evenings|times|"
                          r"occasions))?\b"
                          r"(?! (?:steps|calories|kcal))(?: (?:have data|are recorded|were recorded|are "
                          r"there))?"):  # fmt: skip
        asked.how = "often" if "often" in match[0] else "many"
        asked.counted = match["what"] or ("times" if "often" in match[0] else "")
    elif match := said.take(r"\b(?:the )?(?:number of|count(?: of)?(?: the)?) (?P<what>days|nights|times)\b"):
        asked.how, asked.counted = "many", match["what"]
    elif said.take(r"\b(?:the )?(?:total )?(?:number|count) of(?: the| my| all)?\b"):
        asked.how = "many"
    tail = rf"(?:(?:(?P<tops>{_TOPS})) )?"
    if match := said.take(
        rf"\b(?:(?:on|in|at|of|to|from|for) )?(?:which|what) {tail}(?:{COUNT} )?(?P<unit>{_UNIT})\b(?! (?:of|"
        rf"in) \d{{1,2}}\b)"
    ):
        asked.which = _group(match["unit"], said)
        asked.plural = match["unit"].endswith("s") and match["unit"] not in ("days of the week",)
        asked.limit = count_of(match["count"]) if match["count"] else None
        if match["tops"]:
            asked.measures.append(match["tops"])
    elif match := said.take(
        rf"\b(?:the |my )*(?:(?P<first>{_TOPS}) {COUNT}(?![,.]\d)|{COUNT.replace('<count>', '<n>')}(?![,.]\d) "
        rf"(?P<second>{_TOPS}))(?: (?P<unit>{_UNIT})\b(?! (?:{PURCHASES}|{SPENDING})\b))?"
    ):
        asked.measures.append("top " + (match["first"] or match["second"]))
        asked.limit = count_of(match["count"] or match["n"])
        unit = match["unit"] or _unit_behind(said, match.end())
        asked.which = _group(unit, said) if unit else None
        asked.plural = True
    elif match := said.take(
        rf"\b(?:the |my )*(?P<first>{_TOPS}) (?P<unit>categor(?:y|ies)|payees?|shops?|stores?|merchants?|"
        rf"accounts?|days?|nights?|months?|weeks?|years?|week ?days?)\b"
    ):
        asked.measures.append("top " + match["first"])
        asked.which = _group(match["unit"], said)
        asked.plural = match["unit"].endswith("s")
    elif match := said.take(
        rf"\b(?:the |my )*(?P<first>{_TOPS})(?= (?:{_BETWEEN} ){{1,2}}(?:days?|nights?|weeks?|months?)\b)"
    ):
        unit = _unit_behind(said, match.end())
        asked.measures.append("top " + match["first"])
        asked.which, asked.plural = _group(unit, said), unit.endswith("s")
    if match := said.take(r"\b(?P<unit>day|night|week|month|quarter|year) (?:by|after) (?P=unit)\b"):
        asked.per, asked.per_word = _group(match["unit"], said), "by"
    elif match := said.take(
        r"(?!\b(?:on )?an? (?:week|work(?:ing)?) ?day\b)"
        rf"\b(?:(?:broken|break|split|grouped|group|sorted|breakdown)(?: (?:it|this|them|that))?(?: down| up)? "
        rf")?(?P<word>by|per|for each|for every|in each|each|every|a|in a|on a|in (?:a )?single|in one|on one|"
        rf"in any|on any)"
        rf" (?:single |given )?(?P<unit>{_UNIT})\b(?! (?:ago|earlier|before|later)\b)"
    ):
        asked.per, asked.per_word = _group(match["unit"], said), match["word"]
        asked.single = match["word"].startswith(("in ", "on ")) and match["word"] != "in each"
    elif match := said.take(r"\b(?P<adverb>" + "|".join(_ADVERBS) + r")\b"):
        asked.per, asked.per_word = _ADVERBS[match["adverb"]], "per"
    if asked.per is Group.DAY and asked.per_word == "by":
        said.take(r"\b(?:daily|nightly)\b")
    asked.listed = said.has(r"\b(?:list|table|one by one|each and every)\b") is not None
    if asked.per not in (None, Group.DAY):
        asked.daily = said.take(r"\b(?:daily|nightly|(?:per|a|each|every) (?:day|night))\b") is not None
    if said.take(r"\b(?:broken down|break ?down|split up)\b"):
        asked.split = True


MEASURES: tuple[tuple[str, str], ...] = (
    (r"correlat\w+(?: of| to| with| between)?|relat(?:e|es|ed|ion|ionship)(?: to| with| between)?|link(?:s|"
     r"ed)?(?: to| with| between)?|connect(?:ed|ion)"
     r"(?: to| with| between)?|depends?(?: up)? ?on|affect(?:s|ed)?|influences?|impacts?|hurts?|harms?|"
     r"dis(?:turb|rupt)s?|associat\w+(?: with| between)?|go together", "correlation"),
    (r"most recent(?:ly)?|latest|newest|current(?:ly)?|right now|at the moment|\bnow\b|at present|last(?: "
     r"(?:recorded|measured))?", "latest"),
    (r"distribution|histogram|spread|distributed|how (?:much )?(?:does|do|did) (?:it )?vary|vary|varies|"
     r"varied", "distribution"),
    (r"trend(?:s|ing)?(?: (?:up or down|upwards?|downwards?|up|down))?|"
     r"(?:going|gone|went|go|goes|moving|heading) (?:up or down|up|down)|"
     r"up or down|increas\w+|"
     r"decreas\w+|rising|"
     r"dropp(?:ed|ing)|declin\w+|improv\w+|(?:getting|got|gotten|become|becoming) (?:better|worse|higher|lower|"
     r"longer|shorter|more|less|heavier|lighter|fitter|later|earlier|faster|slower)|"
     r"chang(?:e|es|ed|ing)|develop(?:ed|ing|s)?|over time|evolv\w+|progress(?:ed|ing)?|f[ae]ll(?:en)?|risen", "trend"),
    (r"median", "median"),
    (r"(?:on |in )?averaged?|averages|averaging|mean|avg|typical(?:ly)?|usual(?:ly)?|normally|generally|in "
     r"general|as a rule", "mean"),
    (r"(?:in |all )?total(?:ly|s|led)?|(?:the )?sum(?: of)?|altogether|overall|in all|combined|together|"
     r"cumulative(?:ly)?", "sum"),
    (r"lowest|minimum|min|minimal|least|smallest|fewest|shortest|worst|cheapest|lightest|slowest", "min"),
    (r"highest|maximum|max|maximal|most|biggest|largest|best|longest|record|peak(?:ed)?|greatest|furthest|"
     r"farthest|heaviest|most expensive", "max"),
    (r"earliest", "earliest"),
)  # fmt: skip
_HABIT = r"usual(?:ly)?|typical(?:ly)?|normally|generally|in general|as a rule|(?:on |in )?average"


_CURRENCY_NAMES = "|".join(map(re.escape, sorted(CURRENCIES, key=len, reverse=True)))
_NOT_PER = "".join(f"(?<!{word} )" for word in ("per", "an", "a", "each", "every", "by"))
_HOW = "much|many|long|far|high|low|late|early|well|badly|good|bad|heavy|fast|big|large|tall|soon|deeply"


def take_how(said: Said, asked: Asked, *, money: bool) -> None:
    """ "How long", "how many hours", "in euros"; taken.

    Args:
        money: Whether it is about money, where pounds are no weight.
    """
    while match := said.take(rf"\bhow (?P<how>{_HOW})\b"):
        asked.hows.append(match["how"])
        asked.how = asked.how or match["how"]
    if said.take(r"\b(?:the )?(?:length|duration)(?: of)?\b"):
        asked.how = asked.how or "long"
    money = money or said.has(rf"\b(?:{SPENDING}|{PURCHASES}|{INCOME}|{COSTS}|money)\b") is not None
    asked.shown = () if money else (*units_named(said.rest), *subjects_as_units(said.text))
    if not money:
        said.take(rf"\b(?:in )?(?:{SPEEDS})\b")
    if match := said.take(r"\b" + _NOT_PER + r"(?P<time>hours?|minutes?|time)(?= |$|·)(?! of day)"):
        asked.unit = "time"
    elif said.take(r"\b" + _NOT_PER + r"(?:kilomet(?:er|re)s?|km|kms|miles?|met(?:er|re)s?)\b"):
        asked.unit = "distance"
    elif not money and said.take(r"\b(?:kg|pounds|lbs)\b"):
        asked.unit = "mass"
    if not money:
        while said.take(r"\b" + _NOT_PER + rf"(?:(?:in|of) )?(?:{UNIT_WORDS})\b(?: of\b)?"):
            pass
    if match := said.take(rf"\b(?:in|into|converted to|as) (?P<which>{_CURRENCY_NAMES})(?!\w)"):
        asked.currency = CURRENCIES[match["which"]]
    elif match := said.take(r"\b(?P<which>euros?|(?:us )?dollars?|pounds|eur|usd|gbp|chf|(?:swiss )?francs|yen)\b"):
        asked.currency, asked.unit = CURRENCIES[match["which"]], "money"
    if said.take(r"\b(?:much )?money\b"):
        asked.unit = "money"


_NONE = (
    r"nothing(?: at all)?|not(?: any(?:thing)?\b)?|without(?: an?\b| any\b)?|"
    r"(?:with )?(?:no|zero)(?: (?:money|cent|penny))?"
)


def take_nothing(said: Said, asked: Asked) -> None:
    """The "nothing" of "how many days did I spend nothing", once everything else has a meaning; taken.

    "Not" beside a condition turns that round, and beside two names says of which it is: both are left, and asked about.
    """
    found = re.findall(rf"\b(?:{_NONE})\b", said.rest)
    if found and not asked.counted and said.take(r"\b(?:of )?days\b(?: (?:when|where|that))?"):
        asked.counted = "" if "streak" in asked.measures else "days"
    if not (asked.counted in ("days", "mornings", "evenings") or "streak" in asked.measures) or asked.bound:
        return
    if len(found) == 1 and not said.has(r"\b(?:but|except|only|than|apart|besides)\b"):
        said.take(rf"\b(?:{_NONE})\b")
        said.take(r"\b(?:any(?:thing)?|any money|money|a (?:single )?(?:cent|penny|dime|euro|dollar))(?: at all)?\b")
        said.take(r"\bat all\b")
        asked.nothing = True


def take_measures(said: Said, asked: Asked) -> None:
    """Words for what is computed; taken."""
    while said.take(rf"\b(?:{_HABIT})\b"):
        asked.habit = True
    if asked.habit:
        asked.measures.append("mean")
    found: list[tuple[int, str]] = []
    for pattern, name in MEASURES:
        while match := said.take(rf"\b(?:{pattern})\b"):
            found.append((match.start(), name))
    asked.measures += [name for _, name in sorted(found)]
    if match := said.take(
        r"\b(?P<more>more|less|fewer|better|worse|longer|shorter|higher|lower|earlier|later|faster|slower|"
        r"heavier|lighter|bigger|smaller|deeper|cheaper|pricier|dearer|as (?:much|many|long|well))\b"
    ):
        asked.relative = match["more"]
        said.take(r"\b(?:or|and) (?:less|more|fewer|lower|higher|worse|better|earlier|later|shorter|longer)\b")


MEASURE_OF = {
    str(measure): measure
    for measure in (
        *(Measure.MIN, Measure.MAX, Measure.MEAN, Measure.MEDIAN, Measure.SUM, Measure.LATEST, Measure.TREND),
        *(Measure.DISTRIBUTION, Measure.STREAK, Measure.CORRELATION),
    )
}
