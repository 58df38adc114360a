"""Which of the closed queries answers what was asked of one subject; asks back where two would.

The natural reading, where the words leave it open:

- steps, distances, energy: the sum of the days; "per day" is the mean over the days.
- heart rate, weight and other levels: the last reading where no days are named, else the mean.
- sleep: the mean of the nights; to "how long" and "how much" over several nights, the sum beside it.
- spending, income: the sum. The mean, the least and the most are over transactions.
- "which month ... most": rows of all months, the first one counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from assistant.figures.health.metrics import METRICS, Kind
from assistant.figures.language.asking import Ask, NotFigures
from assistant.figures.language.fitting import check_words, fitted
from assistant.figures.language.measures import MEASURE_OF, Asked
from assistant.figures.language.subjects import CLOCKS, FLOWS, NIGHTLY
from assistant.figures.query import Bound, Group, Measure

_TIME_GROUPS = (Group.DAY, Group.WEEK, Group.MONTH, Group.QUARTER, Group.YEAR, Group.WEEKDAY)
_OF_MONEY = (Group.CATEGORY, Group.PAYEE, Group.ACCOUNT)
_LOW = frozenset({"min", "earliest"})
_LOW_WORDS = ("least", "lowest", "smallest", "shortest", "cheapest", "worst")
_THAN_WORDS = {">": "over", ">=": "at least", "<": "under", "<=": "at most"}


@dataclass(frozen=True)
class Case:
    """One subject of a question.

    Attributes:
        title: How it is called.
        days: Of the period; None where none is named.
        compared: Another period stands beside it.
        counted: It was named as things that are counted: "purchases".
        past: "Did", "was": about something that is over.
    """

    key: str
    title: str
    asked: Asked
    days: int | None
    compared: bool = False
    counted: bool = False
    past: bool = False


@dataclass(frozen=True)
class Plan:
    """What is computed of a subject."""

    measure: Measure
    group: Group | None = None
    bound: Bound | None = None
    limit: int = 5
    smallest: bool = False


def kind_of(key: str) -> str:
    """ "total", "level", "night", "clock", "workout", "flow" or "stock"."""
    if key in FLOWS:
        return "flow"
    if key in ("balance", "bills", "budgets", "savings"):
        return "stock"
    if key in CLOCKS:
        return "clock"
    if key in NIGHTLY:
        return "night"
    metric = METRICS.get(key)
    if metric is None:
        return "level"
    return {Kind.TOTAL: "total", Kind.LEVEL: "level", Kind.NIGHT: "night", Kind.WORKOUT: "workout"}[metric.kind]


def plans(case: Case) -> list[Plan]:
    """The queries, at least one.

    Raises:
        Ask: it could be several things, or there is no query for it.
        NotFigures: nothing is asked of it.
    """
    asked, kind = case.asked, kind_of(case.key)
    if kind == "stock":
        return _of_stock(case)
    check_words(case.key, case.title, asked)
    asked = replace(asked, bound=fitted(case.key, case.title, asked.bound))
    case = replace(case, asked=asked)
    words = measure_words(case, kind)
    if "streak" in words:
        return _streak(case)
    if asked.which is not None or any(word.startswith("top") for word in words) or _most_on(case, words):
        return [_top(case, words, kind)]
    if asked.counted or (asked.how == "many" and (case.counted or case.key == "workouts")):
        return [_count(case, kind)]
    if asked.bound is not None:
        return _bounded(case, words, kind)
    if kind == "flow" and asked.how == "many" and asked.unit != "money":
        raise Ask(  # a sum of money is no answer to "how many"
            f"Do you mean how often, or how much {case.title}?",
            (("how often", "how many payments {names}"), ("how much", "how much {}")),
        )
    explicit = [MEASURE_OF[word] for word in words if word in MEASURE_OF]
    if case.key == "workouts" and explicit == [Measure.MEAN] and asked.per in _TIME_GROUPS and not asked.unit:
        return [Plan(Measure.MEAN, asked.per)]
    if not explicit:
        return _by_nature(case, kind)
    if len(explicit) > 1:
        return _several(case, explicit, kind)
    return [_grouped(case, explicit[0], kind)]


def measure_words(case: Case, kind: str) -> list[str]:
    """The words, once each: "usually" adds nothing to a trend, the "latest" of a time of day is the most."""
    words = list(dict.fromkeys(case.asked.measures))
    if kind == "clock":
        words = [{"earliest": "min", "latest": "max"}.get(word, word) for word in words]
        words = [word for word in words if word != "latest"]
    elif "earliest" in words:
        raise Ask(f"I cannot tell what the earliest of {case.title} would be. Which figure do you want?")
    if "trend" in words:
        words = [word for word in words if word not in ("mean", "latest")]
        if case.compared:
            words = [word for word in words if word != "trend"]
    if "correlation" in words:
        words = [word for word in words if word != "correlation"]
    return words


def _streak(case: Case) -> list[Plan]:
    if case.asked.bound is None:
        raise Ask(f"From how much on shall a day of {case.title} count? Say it as in: over 8,000 in a row.")
    if kind_of(case.key) in ("flow", "workout"):
        raise Ask(f"I count streaks of days with readings only, not of {case.title}.")
    return [Plan(Measure.STREAK, bound=case.asked.bound)]


def _most_on(case: Case, words: list[str]) -> bool:
    return case.asked.split and kind_of(case.key) == "flow" and ("max" in words or "min" in words)


def _top(case: Case, words: list[str], kind: str) -> Plan:
    asked = case.asked
    tops = [word for word in words if word.startswith("top") or word in ("max", "min", "earliest")]
    tops += [word for word in words if word.endswith(_LOW_WORDS) and word not in tops]
    others = [word for word in words if word not in tops]
    group = asked.which
    if asked.bound is not None:
        raise Ask("I can count the days, or rank them, but not both. Shall I count them?")
    if group is None and asked.per in (*_TIME_GROUPS, *_OF_MONEY):
        group = asked.per
    if not tops:
        if asked.relative and asked.relative in ("more", "longer", "better"):
            raise Ask(f"Do you want the {group or 'day'} with the most {case.title}?")
        if group in _OF_MONEY and kind == "flow":
            return Plan(Measure.SUM, group)
        raise NotFigures("nothing is asked of it")
    if group in _OF_MONEY and kind != "flow":
        raise Ask(f"{case.title.capitalize()} is not split by {group}.")
    if group is Group.ACTIVITY and kind != "workout":
        raise Ask(f"{case.title.capitalize()} is not split by activity.")
    low = any(word in _LOW or word.endswith(_LOW_WORDS) for word in tops)
    worst = any(word.endswith(("best", "worst")) for word in tops)
    if (kind in ("level", "flow", "clock") and worst) or (kind == "level" and "mean" not in others):
        raise Ask(f"By what do I rank {case.title}?", _level_choices(case, group, low=low) if not worst else ())
    if [word for word in others if word != "mean"] or (others and kind in ("total", "flow", "workout")):
        raise Ask(f"I rank by the whole of {case.title}, not by an average. Is that what you want?")
    if group is None and kind in ("total", "night", "clock"):
        group = Group.DAY
    if group is None and kind == "workout":
        raise Ask("By what do I rank workouts?")
    return Plan(Measure.TOP, group, limit=asked.limit or (5 if asked.plural else 1), smallest=low)


def _level_choices(case: Case, group: Group | None, *, low: bool) -> list[tuple[str, str]]:
    end = "lowest" if low else "highest"
    unit = str(group or Group.DAY)
    return [
        (f"the {unit} with the {end} average", f"on which {unit} was my average {case.title} {end}"),
        (f"the {end} reading", f"what was my {end} {case.title}"),
    ]


def _count(case: Case, kind: str) -> Plan:
    asked, of_days = case.asked, case.asked.counted in ("days", "nights", "mornings", "evenings")
    if [word for word in asked.measures if word not in ("mean", "sum")]:
        raise Ask(f"Do you want to count, or the {asked.measures[0]} of {case.title}?")
    if (
        kind == "workout"
        and case.key == "workouts"
        and "mean" in asked.measures
        and asked.per in _TIME_GROUPS
        and not of_days
    ):
        return Plan(Measure.MEAN, asked.per)
    if "mean" in asked.measures and (asked.per not in (None, Group.WEEKDAY) or not of_days):
        raise Ask("I can count them, but not average how many there were.", ())
    group = asked.per if asked.per is not Group.DAY or asked.per_word == "by" else None
    if kind in ("flow", "workout"):
        if of_days:
            raise Ask(f"I count {'purchases' if kind == 'flow' else 'workouts'}, not days. Shall I?")
        if asked.per is Group.DAY and group is None:
            group = Group.DAY
        return Plan(Measure.COUNT, group, asked.bound)
    nights = asked.counted == "nights"
    if (kind == "level" and not (of_days and not nights)) or (kind == "total" and nights):
        if kind == "level" and asked.bound is None:
            return Plan(Measure.COUNT, group)
        bound = f" {_THAN_WORDS[asked.bound.than]} {asked.bound.value:g} {asked.bound.unit}" if asked.bound else ""
        raise Ask(
            f"I can count the days on which the average {case.title} was like that, not how often. Shall I?",
            (("count the days", f"how many days was my {{}}{bound}"),),
        )
    if kind == "clock" and not of_days and asked.bound is None:
        raise Ask(f"I know the {case.title} of each night, not how often that was.")
    if asked.bound is None:
        if of_days and kind in ("night", "clock"):
            return Plan(Measure.COUNT, group)
        raise Ask(f"From how much {case.title} on shall a day count? Say it as in: over 8,000.")
    return Plan(Measure.COUNT, group, asked.bound)


def _bounded(case: Case, words: list[str], kind: str) -> list[Plan]:
    """A condition without "how many": "did I sleep more than 7 hours last night?" """
    timed = kind != "night" and (case.asked.unit == "time" or case.asked.how in ("long", "much"))
    if words or case.asked.per or kind == "workout" or timed:
        raise Ask(f"Shall I count on how many days {case.title} was like that, or leave the condition out?")
    if kind == "flow":
        if case.counted:
            return [Plan(Measure.COUNT, bound=case.asked.bound)]
        raise Ask("Do you mean the sum, or single purchases? I can count purchases over an amount.")
    counting = Plan(Measure.COUNT, bound=case.asked.bound)
    if case.days == 1:
        value = Measure.SUM if kind == "total" else Measure.MEAN
        return [Plan(value), counting]
    if case.days is None and kind in ("level", "night", "total", "clock") and not case.past:
        raise Ask(f"Over which days do I look at {case.title}?")
    return [counting]


def _several(case: Case, explicit: list[Measure], kind: str) -> list[Plan]:
    """ "The lowest and the highest": one after the other."""
    together = (Measure.MEAN, Measure.MEDIAN, Measure.MIN, Measure.MAX, Measure.SUM, Measure.LATEST)
    if case.asked.habit or any(measure not in together for measure in explicit) or not case.asked.joined:
        raise Ask(f"Which of these do you want of {case.title}: {', '.join(str(each) for each in explicit)}?")
    return [_grouped(case, measure, kind) for measure in explicit]


def _by_nature(case: Case, kind: str) -> list[Plan]:
    """No measure was said."""
    asked = case.asked
    if kind == "flow" and asked.per is None and asked.split:
        return [Plan(Measure.SUM, Group.CATEGORY)]
    if kind == "workout" and asked.per is None and asked.split:
        return [Plan(_workout_measure(case.key), Group.ACTIVITY)]
    if asked.per is not None:
        return [_per(case, kind)]
    if kind == "total" or kind == "flow":
        return [Plan(Measure.SUM)]
    if kind == "workout":
        return [Plan(_workout_measure(case.key))]
    if kind == "level":
        if asked.how in ("high", "low", "fast") and (case.days is not None or case.past):
            ends = {"high": "highest", "low": "lowest", "fast": "highest"}[asked.how]
            raise Ask(
                f"Do you mean the average {case.title} or the {ends}?",
                ((f"the {ends}", f"{ends} {{}}"), ("the average", "average {}")),
            )
        return [Plan(Measure.LATEST if case.days is None and not case.compared and not case.past else Measure.MEAN)]
    if kind == "night" and (asked.how in ("much", "long", "many") or asked.unit == "time") and not case.compared:
        return [Plan(Measure.MEAN)] if case.days in (None, 1) else [Plan(Measure.MEAN), Plan(Measure.SUM)]
    return [Plan(Measure.MEAN)]


def _workout_measure(key: str) -> Measure:
    return Measure.COUNT if key == "workouts" else Measure.SUM


def _per(case: Case, kind: str) -> Plan:
    """ "Per month", without a measure."""
    asked, group = case.asked, case.asked.per
    split = asked.per_word in ("by", "for each", "for every", "in each", "each", "every")
    if group in _OF_MONEY and kind != "flow":
        raise Ask(f"{case.title.capitalize()} is not split by {group}.")
    if group is Group.ACTIVITY and kind != "workout":
        raise Ask(f"{case.title.capitalize()} is not split by activity.")
    if kind == "total":
        if asked.daily and group is not Group.DAY:
            return Plan(Measure.MEAN, group)
        if group is Group.WEEKDAY:
            return Plan(Measure.MEAN, group)
        if group is Group.DAY and asked.per_word != "by":
            return Plan(Measure.MEAN)
        return Plan(Measure.SUM, group)
    if kind == "flow":
        return Plan(Measure.SUM, group)
    if kind == "workout":
        return Plan(_workout_measure(case.key), group)
    if group is Group.DAY and not (split and asked.per_word == "by") and kind in ("night", "clock"):
        return Plan(Measure.MEAN)
    if (
        kind == "night"
        and group is not Group.WEEKDAY
        and not split
        and (asked.how in ("much", "many") or asked.unit == "time")
    ):
        return Plan(Measure.SUM, group)
    return Plan(Measure.MEAN, group)


def _grouped(case: Case, measure: Measure, kind: str) -> Plan:
    """One measure that was said, with "per month" where that was."""
    asked, group = case.asked, case.asked.per
    if (group in _OF_MONEY and kind != "flow") or (group is Group.ACTIVITY and kind != "workout"):
        raise Ask(f"{case.title.capitalize()} is not split by {group}.")
    if kind == "clock" and measure is Measure.SUM:
        raise Ask(f"Times of the day do not add up. Do you want the average {case.title}?")
    if kind == "level" and measure is Measure.SUM:
        raise Ask(f"Readings of {case.title} do not add up. Do you want the average?", (("the average", "average {}"),))
    if case.key == "workouts" and measure not in (Measure.SUM, Measure.TREND, Measure.LATEST):
        raise Ask("Of workouts, do you mean their time or their distance?")
    if case.key == "workouts" and measure is Measure.SUM:
        measure = Measure.COUNT
    if measure in (Measure.TREND, Measure.DISTRIBUTION, Measure.LATEST, Measure.CORRELATION):
        if group is not None and not (group is Group.DAY or measure is Measure.TREND):
            raise Ask(f"I cannot split a {measure} by {group}.")
        return Plan(measure)
    if kind == "flow":
        return _grouped_flow(case, measure, group)
    if group is None:
        return Plan(measure)
    return _grouped_metric(asked, measure, group, case, kind)


def _grouped_metric(asked: Asked, measure: Measure, group: Group, case: Case, kind: str) -> Plan:
    if group is Group.DAY and asked.per_word != "by" and kind != "level":
        if measure is Measure.SUM:
            raise Ask(f"Do you want the total of {case.title}, or the average per day?")
        return Plan(measure)
    if group is Group.DAY and asked.single:
        return Plan(measure)
    if measure in (Measure.MIN, Measure.MAX) and asked.single:
        if kind != "total":
            raise Ask(f"I can give the {measure} of single days of {case.title} only.")
        return Plan(Measure.TOP, group, limit=1, smallest=measure is Measure.MIN)
    doubtful = kind in ("total", "workout") and measure is not Measure.SUM and group is not Group.WEEKDAY
    if doubtful and not asked.daily and asked.per_word != "by":
        raise Ask(
            f"Do you want {case.title} of each {group}, or the average day of each?",
            (
                (f"{case.title} of each {group}", f"total {{}} by {group}"),
                ("the average day", f"average {{}} by {group}"),
            ),
        )
    return Plan(measure, group)


def _grouped_flow(case: Case, measure: Measure, group: Group | None) -> Plan:
    """Means and the like of money are of single transactions; with "per month", of what the months come to."""
    asked = case.asked
    if measure in (Measure.MEAN, Measure.MEDIAN):
        if group is None and (case.counted or asked.per_purchase):
            return Plan(measure)
        if group in _TIME_GROUPS and group is not Group.WEEKDAY and not asked.per_purchase:
            return Plan(measure, group)
        raise Ask(
            f"Do you mean the {measure} of single purchases, or of months?",
            (("a month", f"{measure} {{}} per month"), ("a purchase", f"{measure} {{}} per purchase")),
        )
    if measure in (Measure.MIN, Measure.MAX):
        if group is not None:
            if asked.per_word in ("by", "each", "every", "for each", "per"):
                raise Ask(f"Do you want the single largest, or the {group} in which it was most?")
            return Plan(measure, group)
        if asked.limit or asked.plural:
            return Plan(Measure.TOP, limit=asked.limit or 5, smallest=measure is Measure.MIN)
        if not case.counted and not asked.entry and case.key != "income":
            raise Ask("Do you mean the largest single purchase, or the category with the most?")
        return Plan(measure)
    return Plan(measure, group)


def _of_stock(case: Case) -> list[Plan]:
    """What is as it is now: balances, bills to come, what is left of budgets, what is saved."""
    asked = case.asked
    if case.key == "balance" and not (asked.bound or asked.which or asked.split):
        return _of_balance(case)
    if asked.bound or asked.per or asked.which or asked.split:
        raise Ask(f"I can tell your {case.title}, but not split or count that way.")
    words = [word for word in asked.measures if word not in ("latest", "sum")]
    if words:
        raise Ask(f"I know your {case.title} as they are now. Shall I tell them?")
    if case.key == "bills" and asked.how == "many":
        return [Plan(Measure.COUNT)]
    if case.key == "bills" and (asked.how == "much" or "sum" in asked.measures):
        return [Plan(Measure.SUM)]
    return [Plan(Measure.LATEST)]


def _of_balance(case: Case) -> list[Plan]:
    """As it is at the end of the days, by account or by month, or over all of them."""
    asked = case.asked
    if asked.per not in (None, Group.ACCOUNT, Group.DAY, Group.WEEK, Group.MONTH, Group.QUARTER, Group.YEAR):
        raise Ask(f"Balances are not split by {asked.per}.")
    found = [MEASURE_OF[word] for word in dict.fromkeys(asked.measures) if word in MEASURE_OF]
    found = [measure for measure in found if measure not in (Measure.LATEST, Measure.SUM)]
    over_days = (Measure.MEAN, Measure.MIN, Measure.MAX, Measure.TREND)
    if len(found) > 1 or (found and (found[0] not in over_days or asked.per)) or len(found) < len(_others(asked)):
        raise Ask("I can tell a balance as it is on a day, by account, by month, or with its mean, lowest and highest.")
    return [Plan(found[0])] if found else [Plan(Measure.LATEST, asked.per)]


def _others(asked: Asked) -> list[str]:
    return [word for word in asked.measures if word not in ("latest", "sum")]
