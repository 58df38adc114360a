"""Topics put together: "calories" and "burned" are one thing, "how far" and "run" another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.figures.language.asking import Ask
from assistant.figures.language.lexicon import COSTS, FAMILIES, GOING, INCOME, PURCHASES, SPENDING
from assistant.figures.language.measures import Asked
from assistant.figures.language.names import Name
from assistant.figures.language.said import DONE, Said, plain
from assistant.figures.language.subjects import (
    FLOWS,
    Topic,
    take_activities,
    take_metrics,
    take_money,
    take_named_activities,
    title_of,
)
from assistant.figures.query import Group, Vocabulary

_DISTANCES = {"walking_running_distance", "cycling_distance", "swimming_distance", "workout_distance"}
_ENERGIES = {"active_energy", "basal_energy_burned", "dietary_energy", "workout_energy"}
_VERBS = r"ate|eat|eaten|drank|drink|drunk|burn(?:ed|t)?"
_EARNED = r"\b(?:salar(?:y|ies)|wages?|pension|bonus|dividends?|interest|paychecks?|pay cheques?|pay checks?)\b"


@dataclass(frozen=True)
class Meant:
    """One subject of a question.

    Attributes:
        keys: None of them where the person has nothing of it; several where it must be asked (or `both` are meant).
        names: Categories, payees or accounts belong to it.
        sums: Several categories were named: by this the sum is shown too.
        weak: No word for money was said beside a name, or only "cost": it might be about anything.
        unsaid: No word says whether money went out or came in.
        question, choices: What to ask where `keys` are several things, if titles do not say it.
    """

    start: int
    end: int
    keys: tuple[str, ...]
    title: str
    activities: tuple[str, ...] = ()
    counted: bool = False
    both: bool = False
    names: bool = False
    sums: Group | None = None
    weak: bool = False
    unsaid: bool = False
    question: str = ""
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """The first of the keys; "" where there is none."""
        return self.keys[0] if self.keys else ""


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
    money = _money(said, asked, have, names, others=bool(metrics or activities))
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
    own = {"step_count", "flights_climbed", "walking_running_distance"}
    titles = {title_of(key, Vocabulary()) for key in own}
    return any(own & set(each.keys) or each.wanted in titles for each in metrics) and any(
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


def _money(said: Said, asked: Asked, have: Vocabulary, names: Sequence[Name], *, others: bool) -> list[Meant]:
    billed = _billed(said, names)
    topics = _one_by_title([*take_money(said, have), *([_flow("spending", have)] if billed else [])])
    topics = _fitting(said, asked, topics, have, names, others=others)
    weak = bool(topics) and all(_is_said(said, each, COSTS) for each in topics)
    _take_each_one(said, asked, billed=billed)
    if names and _take_visits(said, asked):
        topics, weak = topics or [_flow("spending", have)], False
    _note_entries(said, asked, topics, billed=billed)
    if not topics and names and not others:
        return _of_names(said, asked, have, names)
    spent = any(each.title == "spending" for each in topics)
    if spent and not names and asked.which is None and said.has(r"\b(?:what|which)\b.*\bmost\b.*\bon\b"):
        asked.which = Group.CATEGORY
    if not names and any(_is_said(said, each, "transactions?|bookings?") for each in topics):
        words = re.sub(r"\b(?:transactions?|bookings?)\b", "purchases", said.text)
        raise Ask("Do you mean purchases? Money that came in is counted as income.", [("purchases", words)])
    group = _several(names)
    unsaid = not said.has(_I_PAY) and all(_says_no_way(said, each) for each in topics)
    return [
        Meant(each.start, each.end, each.keys, each.title, counted=each.counted, weak=weak, names=bool(names),
              sums=group if each.keys and each.keys[0] in FLOWS else None, unsaid=unsaid)
        for each in topics
    ]  # fmt: skip


def _flow(subject: str, have: Vocabulary) -> Topic:
    """Spending or income, for which no word stands."""
    return Topic(0, 0, (subject,) if subject in have.subjects else (), subject)


def _is_said(said: Said, topic: Topic, pattern: str) -> bool:
    """Whether the words of a topic are these."""
    return re.fullmatch(pattern, said.text[topic.start : topic.end]) is not None


def _one_by_title(topics: Sequence[Topic]) -> list[Topic]:
    by_title: dict[str, Topic] = {}
    for topic in topics:
        first = by_title.get(topic.title)
        by_title[topic.title] = replace(first, counted=first.counted or topic.counted) if first else topic
    return list(by_title.values())


def _fitting(
    said: Said, asked: Asked, topics: list[Topic], have: Vocabulary, names: Sequence[Name], *, others: bool
) -> list[Topic]:
    """The topics without a balance that is none, and with the flow that other words say ("make", "most expensive")."""
    if said.has(r"\bhow much is\b") and not any(_is_account(name) for name in names):
        topics = [each for each in topics if each.title != "balance" or said.has(r"\bbalances?\b|\bmoney\b")]
    if not topics and not others and said.take(r"\b(?:make|made|making)\b") and said.has(r"\bhow much\b"):
        topics = [_flow("income", have)]
    elif topics or names or others:
        said.take(r"\b(?:make|made|making)\b")
    if any(each.title in ("budgets", "piggy banks", "balance") for each in topics):
        said.take(r"\b(?:left|remaining|remains?)\b(?: (?:of|in|on|from|for)\b)?")
    if not topics and not names and not others:
        by_name = asked.which in (Group.CATEGORY, Group.PAYEE, Group.ACCOUNT)
        if by_name or said.has(r"\b(?:most expensive|cheapest|costliest)\b"):
            return [_flow("spending", have)]
    return topics


def _take_each_one(said: Said, asked: Asked, *, billed: bool) -> None:
    """ "Per purchase", "a visit", "each time"; of bills also their average."""
    each_one = said.take(
        r"\b(?:per|a|each|for each|every) (?:purchase|visit|transaction|payment|time|(?:shopping )?trip)\b"
    )
    averaged = said.has(r"\b(?:average|mean|median|typical)\b") is not None
    asked.per_purchase = each_one is not None or (billed and averaged and asked.per is None)


def _take_visits(said: Said, asked: Asked) -> bool:
    """What is done at a payee's: "shop", "fuelled up"; True where single visits are asked for ("biggest shop")."""
    said.take(
        r"\b(?:shop|shopped|visit|visited|buy|bought|fill(?:ed)? up|fuel(?:led)? up|refuel(?:led|ed)?|stop(?:ped)? "
        r"(?:by|in)|order(?:ed)?|dined?|lunch(?:ed)?)\b(?! costs?\b)"
    )
    if asked.how == "many":
        said.take(r"\b(?:trips?|visits?|stops?)\b(?! costs?\b)")
    visits = r"\b(?:average|typical|median|mean|biggest|most expensive) (visits?|shop|shopping trips?)\b"
    visit = re.search(visits, said.text)
    if visit:
        said.taken(*visit.span(1))
        asked.per_purchase = True
    return visit is not None


def _note_entries(said: Said, asked: Asked, topics: Sequence[Topic], *, billed: bool) -> None:
    """Whether one entry is meant ("the largest expense"), or several ("the largest expenses")."""
    asked.entry = billed or any(_is_said(said, each, "expense|expenditure") for each in topics)
    several = any(_is_said(said, each, "expenses|expenditures|purchases|payments") for each in topics)
    if several and asked.counted == "" and asked.how != "many":
        asked.plural = asked.plural or said.has(
            r"\b(?:biggest|largest|highest|top|smallest|most expensive) (?:expenses|expenditures|purchases|payments)"
        ) is not None  # fmt: skip


_I_PAY = r"\b(?:i|we) (?:have |had |usually )?(?:pay|paid|paying)\b"


def _says_no_way(said: Said, topic: Topic) -> bool:
    """ "Payments" go either way."""
    words = said.text[topic.start : topic.end]
    return (
        topic.title == "spending" and re.fullmatch(r"pay|pays|paid|paying|payments?|transactions?", words) is not None
    )


def _billed(said: Said, names: Sequence[Name]) -> bool:
    """The "bill" of "my average grocery bill", which is what was paid; one that is due is a bill; taken."""
    if not names or said.has(r"\b(?:due|next|upcoming|coming|open|unpaid|outstanding|will)\b"):
        return False
    return said.take(rf"(?<={DONE} )(?:bills?|fees?|fares?|tickets?)\b") is not None


def _is_account(name: Name) -> bool:
    return any(kind == "account" for kind, _ in name.options)


def _several(names: Sequence[Name]) -> Group | None:
    for kind, group in (("category", Group.CATEGORY), ("payee", Group.PAYEE), ("account", Group.ACCOUNT)):
        if len({name.options[0] for name in names if name.options[0][0] == kind}) > 1:
            return group
    return None


_SPENT_OR_RECEIVED = (("spent", "spend on"), ("received", "receive from"))


def _of_names(said: Said, asked: Asked, have: Vocabulary, names: Sequence[Name]) -> list[Meant]:
    """Names alone: "groceries last month" is spending, "my salary" income, "what is in my savings" a balance."""
    start, end = names[0].start, names[-1].end
    unsaid = False
    spoken = said.text[start:end]
    if all(_is_account(name) for name in names):
        key = "balance"
    elif re.search(_EARNED, spoken) or (re.search(r"\b(?:get|got)\b", said.text) and re.search(r"\bfrom\b", spoken)):
        key = "income"
    elif re.search(r"\b(?:get|got|make|made)\b", said.text):
        verbs = r"\b(?:get|got|make|made)\b"
        choices = [(label, re.sub(verbs, words, said.text)) for label, words in _SPENT_OR_RECEIVED]
        stored = " and ".join(dict.fromkeys(name.options[0][1] for name in names))
        raise Ask(f"Do you mean money that you spent or that you received ({stored})?", choices)
    else:
        key, unsaid = "spending", re.match(r"to ", spoken) is None
    keys = (key,) if key in have.subjects else ()
    lead = re.match(r"(?:on|at|for|to|with) ", spoken) is not None
    sums = _several(names) if key in FLOWS else None
    return [Meant(start, end, keys, key, counted=asked.how == "many", names=True, weak=not lead, sums=sums,
                  unsaid=unsaid)]  # fmt: skip
