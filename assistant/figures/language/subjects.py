"""What a question is about: metrics by their everyday words, workouts by what was done, money by its verbs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from operator import itemgetter

from assistant.figures.health.metrics import METRICS, Kind
from assistant.figures.language.lexicon import (
    BALANCE,
    BILLS,
    BUDGETS,
    COSTS,
    FAMILIES,
    INCOME,
    NET,
    PURCHASES,
    SAVINGS,
    SPENDING,
)
from assistant.figures.language.said import DONE, Said, plain
from assistant.figures.query import Vocabulary

MONEY = ("spending", "income", "net", "balance", "bills", "budgets", "savings")
FLOWS = ("spending", "income", "net")
CLOCKS = ("bedtime", "wake_time")
NIGHTLY = tuple(key for key, metric in METRICS.items() if metric.kind is Kind.NIGHT and key not in CLOCKS)
TITLES = {"spending": "spending", "income": "income", "net": "savings (income less spending)", "balance": "balance",
          "bills": "bills", "budgets": "budgets", "savings": "piggy banks"}  # fmt: skip


@dataclass(frozen=True)
class Topic:
    """Something that is asked about.

    Attributes:
        start, end: Its place in the question.
        keys: What it could be, of what the person has: one key, several where it is not clear, none where there is
            nothing of it.
        title: How it was called.
        activities: Of workouts: the stored names.
        counted: Things that are counted: "purchases", "workouts".
        both: "Blood pressure": all the keys are meant.
        wanted: The title of what was wanted, also where nothing of it is there.
    """

    start: int
    end: int
    keys: tuple[str, ...]
    title: str
    activities: tuple[str, ...] = ()
    counted: bool = False
    both: bool = False
    wanted: str = ""


_MORE_WORDS: Mapping[str, tuple[str, ...]] = {
    r"calories|kcal|cals?": ("active_energy", "dietary_energy", "basal_energy_burned"),
    r"energy": ("active_energy", "basal_energy_burned", "dietary_energy"),
    r"(?:total )?distance|(?<=how far did i )(?:go|get|travel|move)": (
        "walking_running_distance",
        "cycling_distance",
        "swimming_distance",
        "workout_distance",
    ),
    r"(?:calories|kcal|energy)(?: \w+)? burn(?:ed|t)?|burn(?:ed|t)?": ("active_energy",),
    r"calories (?:i )?(?:ate|eaten)|ate|eat|eaten": ("dietary_energy",),
    r"spo2|blood oxygen|oxygen saturation|o2 sat(?:uration|s)?|oxygen levels?": ("blood_oxygen_saturation",),
    r"(?:sleeping )?wrist temp(?:erature)?s?(?: while (?:i (?:was |am )?)?(?:asleep|sleeping|sleep|slept))?": (
        "apple_sleeping_wrist_temperature",
    ),
    r"(?:active|actively burn(?:ed|t)) (?:kcal|cals?|kj|kilojoules|kilocalories)": ("active_energy",),
    r"(?:sitting|sat) in meditation": ("mindful_minutes",),
    r"blood pressure|bp": ("blood_pressure_systolic", "blood_pressure_diastolic"),
    r"(?:fall|fell|falling|get|got|getting) (?:asleep|to sleep)|(?:go|went|going|gone|get|got|getting) "
    r"(?:in)?to (?:bed|sleep)"
    r"|turn(?:ed)? in|bed ?times?": ("bedtime",),
    r"(?:wake|woke|waking|woken|get|got|getting)(?: me)? up|wake ?up ?times?|wake times?|wake|woke|rise|rose": (
        "wake_time",
    ),
    r"sleep|slept|asleep|sleeping|sleeps|(?:a)?sleep times?|sleep durations?|time asleep|shut ?eye": ("sleep",),
    r"(?<=longest )nights?|(?<=shortest )nights?": ("sleep",),
    r"deep sleep|(?:sleep|sleeping|asleep|slept) deeply|deep sleeping": ("sleep_deep",),
    r"rem(?: sleep)?(?: phases?)?|dream sleep": ("sleep_rem",),
    r"(?:light|core) sleep": ("sleep_core",),
    r"(?:time )?awake (?:at night|in bed|in the night|during the night)|(?:lie|lay|lying) awake|awake": (
        "sleep_awake",
    ),
    r"(?:time )?(?:spen[dt] )?in bed": ("sleep_in_bed",),
    r"train(?:ed|ing|ings)?|work(?:ed|ing)? out|workouts?|exercise sessions?|gym sessions?|"
    r"training sessions?": ("workouts",),
    r"exercis(?:e|ed|ing)": ("apple_exercise_time", "workouts"),
    r"weigh(?:ed|s|ing)?|kilos|body ?weight|weight|heavy": ("weight_body_mass",),
    r"pulse|heart ?rate|heart ?beats?|bpm|beats per minute": ("heart_rate",),
    r"steps?|step counts?|step totals?": ("step_count",),
    r"stairs?|floors?|flights?": ("flights_climbed",),
    r"(?:blood )?sugar": ("blood_glucose", "dietary_sugar"),
    r"drank|drink|drunk|water": ("dietary_water",),
    r"meditat(?:e|es|ed|ing|ion|ions)": ("mindful_minutes",),
    r"distance (?:on foot|walked|covered on foot)|(?:covered )?on foot": ("walking_running_distance",),
    r"(?:actively burn(?:ed|t)?|burn(?:ed|t)? actively)": ("active_energy",),
    r"temperature|temp": ("body_temperature",),
    r"fat": ("body_fat_percentage", "total_fat"),
}


_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class _Words:
    """What names a metric, as patterns with what they could mean, the longest words first.

    Attributes:
        by_word: Names by the first of their words, which must be there, with their places in the order.
        others: Patterns of several words, with theirs.
        any_other: Found where any of `others` is: most questions need no more than this one look.
    """

    by_word: Mapping[str, Sequence[tuple[int, re.Pattern[str], tuple[str, ...]]]]
    others: Sequence[tuple[int, re.Pattern[str], tuple[str, ...]]]
    any_other: re.Pattern[str]

    def maybe(self, text: str) -> list[tuple[int, re.Pattern[str], tuple[str, ...]]]:
        """Those that may be found in it, in their order; all others are not."""
        found = [each for word in {*_WORD.findall(text)} for each in self.by_word.get(word, ())]
        if self.any_other.search(text):
            found += self.others
        return sorted(found, key=itemgetter(0))


@lru_cache(maxsize=16)
def _words(own: tuple[tuple[str, str], ...]) -> _Words:
    """Everything that names a metric.

    Args:
        own: (key, title) of what the person has, for metrics that are in no catalogue.
    """
    table: dict[str, tuple[str, ...]] = {}
    for key, metric in METRICS.items():
        for word in (metric.title, *metric.words, key.replace("_", " ")):
            if normal := plain(word.replace("+", " ")):
                table.setdefault(normal, ())
                table[normal] = tuple(dict.fromkeys((*table[normal], key)))
    for key, title in own:
        if key not in METRICS and key not in MONEY:
            for word in (plain(title), plain(key.replace("_", " "))):
                if word:
                    table[word] = tuple(dict.fromkeys((*table.get(word, ()), key)))
    patterns = [(re.escape(word), keys, len(word), word) for word, keys in table.items()]
    patterns += [(pattern, keys, _longest(pattern), "") for pattern, keys in _MORE_WORDS.items()]
    patterns.sort(key=lambda each: -each[2])
    by_word: dict[str, list[tuple[int, re.Pattern[str], tuple[str, ...]]]] = {}
    others: list[tuple[int, re.Pattern[str], tuple[str, ...]]] = []
    for place, (pattern, keys, _, word) in enumerate(patterns):
        entry = (place, re.compile(rf"\b(?:{pattern})\b"), keys)
        if first := _WORD.match(word):
            by_word.setdefault(first[0], []).append(entry)
        else:
            others.append(entry)
    return _Words(by_word, others, re.compile("|".join(pattern.pattern for _, pattern, _ in others)))


def _longest(pattern: str) -> int:
    """So that "deep sleep" comes before "sleep": about the length of what it matches."""
    return min(len(re.sub(r"\(\?:.*?\)\??|[?\\b]", "", each)) for each in pattern.split("|")) + pattern.count(" ")


def title_of(key: str, have: Vocabulary) -> str:
    """How something is called in a question that must be understood."""
    if key in METRICS:
        return METRICS[key].title
    return have.subjects[key].title if key in have.subjects else TITLES.get(key, key.replace("_", " "))


def take_metrics(said: Said, have: Vocabulary) -> list[Topic]:
    """Metrics and nights; they are taken."""
    own = tuple((subject.key, subject.title) for subject in have.subjects.values())
    eaten = said.has(r"\b(?:ate|eat|eaten|drank|drink|drunk|consumed?)\b") is not None
    found: list[Topic] = []
    while best := _first(said, own):
        match, keys = best
        said.taken(*match.span())
        if eaten:  # sugar that was eaten is none of the blood
            keys = tuple(key for key in keys if key.startswith("dietary_")) or keys
        here = tuple(key for key in keys if key in have.subjects)
        if set(here) == {"apple_exercise_time", "workouts"}:
            here = here[:1]
        wanted = match[0] if len(keys) > 1 and not re.fullmatch("ate|eat|eaten", match[0]) else title_of(keys[0], have)
        both = keys[0] == "blood_pressure_systolic" and len(keys) > 1
        topic = Topic(*match.span(), here, match[0], both=both, wanted=wanted)
        found.append(topic)
    return found


def _first(said: Said, own: tuple[tuple[str, str], ...]) -> tuple[re.Match[str], tuple[str, ...]] | None:
    """The longest words that name a metric; words of equal length may name several."""
    found: list[tuple[re.Match[str], tuple[str, ...]]] = []
    for _, pattern, keys in _words(own).maybe(said.rest):
        if (match := pattern.search(said.rest)) and (not found or len(match[0]) >= len(found[0][0][0])):
            if found and len(match[0]) > len(found[0][0][0]):
                found.clear()
            found.append((match, keys))
    if not found:
        return None
    first = found[0][0]
    together = [key for match, keys in found if match.span() == first.span() for key in keys]
    return first, tuple(dict.fromkeys(together))


@cache
def _family(pattern: str) -> re.Pattern[str]:
    return re.compile(
        rf"\b(?:(?:go|went|going|gone|did|do|been) )?(?:for )?(?:(?:a|my|the) )?(?:{pattern})\b{_SESSIONS}"
    )


_SESSIONS = r"(?: (?:workouts?|sessions?|trainings?|class(?:es)?|lessons?|practices?))?\b"


def take_named_activities(said: Said, have: Vocabulary, *, long: bool) -> list[Topic]:
    """Kinds of exercise by the names they are stored under; they are taken.

    Args:
        long: Those of several words ("Strength Training"), which may hold the name of something else; or the others.
    """
    found: list[Topic] = []
    for name in sorted(have.activities, key=lambda each: -len(each)):
        words = plain(name)
        if (" " in words) == long and (match := said.take(rf"\b{re.escape(words)}(?:s|es)?\b{_SESSIONS}")):
            found.append(Topic(*match.span(), ("workouts",), name, activities=(name,), counted=True))
    return found


def take_activities(said: Said, have: Vocabulary) -> list[Topic]:
    """Kinds of exercise, where they are not part of a metric's name ("running speed"); they are taken.

    A word for a kind is of all that is stored of it: "swimming" of "Swimming" and of "Pool Swim".
    """
    found: list[Topic] = []
    names = {plain(name) for name in have.activities}
    for family, words in FAMILIES.items():
        pattern = _family(words)
        if match := pattern.search(said.rest):
            stored = tuple(name for name in have.activities if _belongs(name, words))
            said.taken(*match.span())
            named = len(stored) == 1 and any(re.search(rf"\b{re.escape(name)}", match[0]) for name in names)
            counted = named or re.search(r"(?:s|a \w+)$", match[0]) is not None
            keys = ("workouts",) if stored else ()
            title = stored[0] if named else family
            found.append(Topic(*match.span(), keys, title, activities=stored, counted=counted))
    return [*found, *take_named_activities(said, have, long=False)]


def _belongs(name: str, words: str) -> bool:
    return re.search(rf"\b(?:{words})\b", plain(name)) is not None


_MONEY_WORDS = (
    (SAVINGS, "savings", False),
    (BUDGETS, "budgets", False),
    (BILLS, "bills", False),
    (BALANCE, "balance", False),
    (NET, "net", False),
    (INCOME, "income", False),
    (PURCHASES, "spending", True),
    (SPENDING, "spending", False),
    (COSTS, "spending", False),
)

_PAYS = re.compile(
    rf"\b(?:did|does|has) {DONE}+ (?P<verb>(?:pay|paid|send|sent|give|given|transfer(?:red)?|wired?)(?: in| back)?"
    r"(?: (?:to )?(?:me|us))?)\b"
)
""" "What did Tobias Brandt pay in": it is the name that pays."""


def take_money(said: Said, have: Vocabulary) -> list[Topic]:
    """Words for money; they are taken. A key that the person has no data of stays in `title` alone."""
    found: list[Topic] = []
    if match := _PAYS.search(said.rest):
        said.taken(*match.span("verb"))
        found.append(Topic(*match.span(), ("income",) if "income" in have.subjects else (), TITLES["income"]))
    for pattern, key, counted in _MONEY_WORDS:
        while match := said.take(rf"\b(?:{pattern})\b"):
            keys = (key,) if key in have.subjects else ()
            found.append(Topic(*match.span(), keys, TITLES[key], counted=counted))
    return found


def speaks_of_money(said: Said) -> bool:
    """Whether there is a word that is only said of money."""
    return (
        said.has(rf"\b(?:{SPENDING}|{PURCHASES}|{COSTS}|{INCOME}|{BUDGETS}|{BALANCE}|money|eur|euros?|usd)\b")
        is not None
    )
