"""Topics put together: "calories" and "burned" are one thing, "how far" and "run" another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.figures.health.metrics import METRICS
from assistant.figures.language.asking import Ask
from assistant.figures.language.lexicon import FAMILIES, GOING, INCOME, PURCHASES, SPENDING
from assistant.figures.language.meant import Meant
from assistant.figures.language.measures import Asked
from assistant.figures.language.money_topics import money_topics
from assistant.figures.language.names import Name
from assistant.figures.language.said import DONE, Said, plain
from assistant.figures.language.subjects import (
    Topic,
    take_activities,
    take_metrics,
    take_named_activities,
    title_of,
)
from assistant.figures.query import Group, Vocabulary

_DISTANCES = {"walking_running_distance", "cycling_distance", "swimming_distance", "workout_distance"}
_ENERGIES = {"active_energy", "basal_energy_burned", "dietary_energy", "workout_energy"}
_ON_FOOT = {"step_count", "flights_climbed", "walking_running_distance"}
_ON_FOOT_SAID = {METRICS[key].title for key in _ON_FOOT}
_VERBS = r"ate|eat|eaten|drank|drink|drunk|burn(?:ed|t)?"


def meant_topics(said: Said, asked: Asked, have: Vocabulary, names: Sequence[Name]) -> list[Meant]:
    """All subjects of a question, in order; their words are taken."""
    said.take(
        r"\bspen[dt](?= (?:in bed|asleep|awake|sleeping|exercising|running|walking|cycling|swimming|standing|"
        r"outside|in daylight|working out|training|meditating))"
    )
    if said.has(r"\b(?:time|hours|minutes)(?: (?:do|did|have) (?:i|we))?(?: usually)? spen[dt]\b"):
        said.take(r"\bspen[dt]\b")
    if names:  # "how often did we eat at Pho Saigon"
        said.take(rf"\b(?:eat|ate|eaten|dine|dined|drink|drank)(?: out)?(?= {DONE})")
    named = [] if said.has(rf"\b(?:{SPENDING})\b") else take_named_activities(said, have, long=True)
    metrics = _merged(take_metrics(said, have))
    # "Spent at the gym": where it is about money, a kind of exercise is part of a name.
    paid = re.search(rf"\b(?:{SPENDING}|{PURCHASES}|{INCOME})\b", said.rest)
    activities = [*named, *([] if paid and not metrics else take_activities(said, have))]
    if _walked(metrics, activities):
        activities = [
            each
            for each in activities
            if each.title not in ("walking", "climbing") or (each.counted and not _walked(metrics, activities))
        ]
    if any(not re.fullmatch(_VERBS, each.title) for each in metrics):
        metrics = [each for each in metrics if not re.fullmatch(_VERBS, each.title)]
    money = money_topics(said, asked, have, names, others=bool(metrics or activities))
    exercise = _exercise(said, asked, have, metrics, activities)
    if not (metrics or exercise or money) and _of_nights(said, asked):
        metrics = [Topic(0, 0, ("sleep",) if "sleep" in have.subjects else (), "sleep")]
    if not (metrics or exercise or money) and asked.which is Group.ACTIVITY:
        metrics = [Topic(0, 0, ("workouts",) if "workouts" in have.subjects else (), "workouts", counted=True)]
        exercise = _exercise(said, asked, have, metrics, activities)
    found = [_meant(each) for each in metrics if not exercise or not _absorbed(each)]
    return sorted([*found, *exercise, *money], key=lambda each: each.start)


def _of_nights(said: Said, asked: Asked) -> bool:
    """ "How many nights under 6 hours", "my longest night": the sleep needs no word of its own."""
    bounded = asked.bound is not None and asked.bound.unit in ("h", "min")
    return (bounded and said.has(r"\bnights\b") is not None) or said.has(
        r"\b(?:longest|shortest) nights?\b"
    ) is not None


def _meant(topic: Topic) -> Meant:
    weak = not topic.keys and re.fullmatch(_VERBS, topic.title) is not None
    title = topic.title if topic.keys else topic.wanted or topic.title
    return Meant(topic.start, topic.end, topic.keys, title, topic.activities, topic.counted, topic.both, weak=weak)


def _merged(topics: list[Topic]) -> list[Topic]:
    """Words that name the same: what all of them allow."""
    found: list[Topic] = []
    for topic in sorted(topics, key=lambda each: each.start):
        for place, other in enumerate(found):
            shared = tuple(key for key in other.keys if key in topic.keys)
            if shared and not (other.both and topic.both):
                both = other.both and topic.both
                found[place] = replace(other, keys=shared, both=both)
                break
        else:
            found.append(topic)
    return found


def _walked(metrics: Sequence[Topic], activities: Sequence[Topic]) -> bool:
    """ "How many steps did I walk": the walking is no workout."""
    return any(_ON_FOOT & set(each.keys) or each.wanted in _ON_FOOT_SAID for each in metrics) and any(
        each.title in ("walking", "climbing") for each in activities
    )


def _absorbed(topic: Topic) -> bool:
    return bool(set(topic.keys) & (_DISTANCES | _ENERGIES | {"workouts", "workout_duration"}))


def _exercise(said: Said, asked: Asked, have: Vocabulary, metrics: list[Topic], activities: list[Topic]) -> list[Meant]:
    """Workouts: how often, how far, how long, with what energy."""
    generic = [each for each in metrics if "workouts" in each.keys]
    if not activities and not generic:
        return []
    if activities and any(not each.keys for each in activities):
        return _no_such_workouts(said, asked, have, activities)
    base = activities or generic
    stored = tuple(dict.fromkeys(name for each in activities for name in each.activities))
    start, end = base[0].start, base[0].end
    counted = any(each.counted for each in base) or not activities
    others = {key for each in metrics for key in each.keys}
    if (foreign := [each for each in metrics if not _absorbed(each)]) and not re.search(
        r"\b(?:and|correlat\w+|relat\w+|link\w*|affect\w*|depend\w*|influence\w*|impact\w*)\b", said.text
    ):
        raise Ask(f"I have {foreign[0].title} by day, not by workout. Do you want it for whole days?")
    name = base[0].title
    keys = _keys_of_exercise(said, asked, name, others, counted=counted)
    if keys is None:
        return [_how_much(start, end, name, stored, have)]
    keys = tuple(key for key in keys if key in have.subjects)
    both = len(keys) > 1
    return [
        Meant(start, end, keys, name if activities else "workouts", stored, counted and keys == ("workouts",), both)
    ]


def _keys_of_exercise(
    said: Said, asked: Asked, name: str, others: set[str], *, counted: bool
) -> tuple[str, ...] | None:
    words = said.text
    if words.startswith("when "):
        return ("workout_duration",)
    if others & _ENERGIES or re.search(r"\b(?:calories|kcal)\b", words):
        return ("workout_energy",)
    if (
        others & _DISTANCES
        or re.search(r"\bhow far\b|\b(?:km|kms|kilomet(?:er|re)s?|miles?|met(?:er|re)s|f[ua]rthest)\b", words)
        or (asked.bound and asked.bound.unit in ("km", "mi", "m"))
    ):
        return ("workout_distance",)
    if asked.how in ("often",) or asked.counted == "times":
        return ("workout_duration",) if asked.bound and asked.bound.unit in ("h", "min") else ("workouts",)
    if asked.bound and asked.bound.unit in ("h", "min"):
        return ("workout_duration",)
    if asked.how == "many" and not re.search(r"\bhow many (?:hours?|minutes?)\b", words):
        return ("workouts",)
    if re.search(r"\bhow long\b(?!.*\blongest\b)|\b(?:hours?|minutes?|how much time|time)\b", words) and not re.search(
        r"\b(?:average|longest|shortest)\b", words
    ):
        return ("workout_duration",)
    if re.search(r"\bduration\b|\b(?:length|average|mean)\b.*\b(?:minutes?|hours?)\b", words):
        return ("workout_duration",)
    averaged = counted and re.search(r"\b(?:average|mean|typical\w*|usual\w*)\b", words)
    if averaged and asked.per in (Group.WEEK, Group.MONTH, Group.QUARTER, Group.YEAR):
        return ("workouts",)
    if re.search(
        r"\b(?:longest|shortest|average|mean|median|typical|last|latest|how long|biggest)\b(?! (?:week|month|"
        r"year|quarter|\d))",
        words,
    ):
        return ("workout_duration", "workout_distance")
    if re.search(r"\bhow much\b|\bmost\b|\bleast\b|\b(?:more|less)\b", words) and not (counted and asked.counted):
        return None
    return ("workouts",)


def _how_much(start: int, end: int, name: str, stored: tuple[str, ...], have: Vocabulary) -> Meant:
    did = f"{'go' if name in GOING else 'do'} {plain(name)}" if name in FAMILIES or stored else "work out"
    asks = (("how often", "workouts", f"how many times did i "
                                      f"{did}"), ("how far", "workout_distance", f"how far did i {did}"),
            ("how long", "workout_duration", f"how long did i {did}"))  # fmt: skip
    here = [each for each in asks if each[1] in have.subjects]
    return Meant(
        start, end, tuple(key for _, key, _ in here), name, stored,
        question="Do you mean how often, how far or how long?",
        choices=tuple((label, words) for label, _, words in here),
    )  # fmt: skip


def _no_such_workouts(said: Said, asked: Asked, have: Vocabulary, activities: list[Topic]) -> list[Meant]:
    """No stored workout is of this kind; walking is also counted by the phone."""
    first = next(each for each in activities if not each.keys)
    timed = asked.unit == "time" or re.search(r"\b(?:how long|hours?|minutes?)\b", said.text)
    if first.title == "walking" and not first.counted and not timed:
        if "walking_running_distance" in have.subjects and (
            asked.unit == "distance" or re.search(r"\bfar\b|\bkm\b|\bmiles?\b|kilomet", said.text)
        ):
            return [Meant(first.start, first.end, ("walking_running_distance",), "walking and running distance")]
        here = tuple(key for key in ("step_count", "walking_running_distance") if key in have.subjects)
        if len(here) == 1 or (here and re.search(r"\bfar\b", said.text)):
            return [Meant(first.start, first.end, here[-1:], title_of(here[-1], have))]
        if here:
            return [Meant(first.start, first.end, here, "walking", question="Do you mean steps or distance?",
                          choices=_walking_choices(said, here, have))]  # fmt: skip
    distance = f"{first.title}_distance"
    if distance in have.subjects and distance in _DISTANCES and not timed and asked.counted in ("", "days"):
        far = asked.unit == "distance" or re.search(r"\bfar\b|\b(?:km|kms|miles?)\b|kilomet|\bdistance\b", said.text)
        if far or asked.counted or asked.how == "much" or re.search(r"\b(?:more|less|further)\b", said.text):
            return [Meant(first.start, first.end, (distance,), title_of(distance, have))]
    return [
        Meant(first.start, first.end, (), f"{first.title} workouts", weak=not re.search(r"\b(?:i|my|we)\b", said.text))
    ]


def _walking_choices(said: Said, keys: Sequence[str], have: Vocabulary) -> tuple[tuple[str, str], ...]:
    """The same question with "the most steps" for "the most"."""
    choices = []
    for key in keys:
        title = title_of(key, have)
        words = re.sub(r"\b(most|least|more|less|how much)\b", rf"\1 {title}", said.text, count=1)
        if words == said.text:
            words = re.sub(r"\bwalk(?:s|ed|ing)?\b", title, said.text, count=1)
        choices.append((title, words))
    return tuple(choices)
