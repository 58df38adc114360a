"""Which of the closed queries answers what was asked of one subject; asks back where two would.

The natural reading, where the words leave it open:

- steps, distances, energy: the sum of the days; "per day" is the mean over the days.
- heart rate, weight and other levels: the last reading where no days are named, else the mean.
- sleep: the mean of the nights; to "how long" and "how much" over several nights, the sum beside it.
- spending, income: the sum. The mean, the least and the most are over transactions.
- "which month ... most": rows of all months, the first one counts.
"""

from __future__ import annotations

from dataclasses import replace

from assistant.figures.health.health_ground import DAILY
from assistant.figures.language.asking import Ask, NotFigures
from assistant.figures.language.cases import OF_MONEY, OVER_TIME, Case, Plan, kind_of, measure_of_workouts
from assistant.figures.language.fitting import check_words, fitted
from assistant.figures.language.measures import MEASURE_OF
from assistant.figures.language.splitting import each_part, grouped
from assistant.figures.language.stocks import plans_of_stock
from assistant.figures.query import Bound, Group, Measure

MANY_A_DAY = frozenset(("heart_rate", "blood_glucose", "blood_oxygen_saturation", "environmental_audio_exposure"))
"""Levels of which a day has many readings, so that its average hides the highest and the lowest."""
_LOW = frozenset({"min", "earliest"})
_LOW_WORDS = ("least", "lowest", "smallest", "shortest", "cheapest", "worst")
_THAN_WORDS = {">": "over", ">=": "at least", "<": "under", "<=": "at most"}


def plans(case: Case) -> list[Plan]:
    """The queries, at least one.

    Raises:
        Ask: it could be several things, or there is no query for it.
        NotFigures: nothing is asked of it.
    """
    asked, kind = case.asked, kind_of(case.key)
    if kind == "stock":
        return plans_of_stock(case)
    check_words(case.key, case.title, asked)
    asked = replace(asked, bound=fitted(case.key, case.title, asked.bound))
    case = replace(case, asked=asked)
    words = measure_words(case, kind)
    if "streak" in words:
        return _streak(case)
    if asked.which is not None or any(word.startswith("top") for word in words) or _most_on(case, words):
        return [_top(case, words, kind)]
    if case.key in MANY_A_DAY and asked.bound and "mean" not in asked.measures:
        raise Ask(  # the mean of a day says nothing of its readings
            f"I count days by their average {case.title}, not by single readings. What do you want?",
            _level_bounded(case),
        )
    bounded = kind == "workout" and asked.bound is not None and not asked.unit
    if asked.nothing and kind not in ("flow", "workout"):
        raise Ask(
            f"A day without a record of {case.title} may be one on which nothing was measured: I cannot count it."
        )
    if asked.counted or (asked.how == "many" and (case.counted or case.key == "workouts" or bounded)):
        return [_count(case, kind)]
    if asked.bound is not None:
        return _bounded(case, words, kind)
    if kind == "flow" and asked.how == "many" and asked.unit != "money":
        raise Ask(  # a sum of money is no answer to "how many"
            f"Do you mean how often, or how much {case.title}?",
            (("how often", "how many payments {names}"), ("how much", "how much {}")),
        )
    explicit = [MEASURE_OF[word] for word in words if word in MEASURE_OF]
    if case.key == "workouts" and explicit == [Measure.MEAN] and asked.per in OVER_TIME and not asked.unit:
        return [Plan(Measure.MEAN, asked.per)]
    if not explicit:
        return _by_nature(case, kind)
    if len(explicit) > 1:
        return _several(case, explicit, kind)
    return [grouped(case, explicit[0], kind)]


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
    if case.asked.nothing and case.key == "spending" and case.asked.bound is None:
        return [Plan(Measure.STREAK, bound=Bound("<=", 0.0))]
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
    if group is None and asked.per in (*OVER_TIME, *OF_MONEY):
        group = asked.per
    if not tops:
        if asked.relative and asked.relative in ("more", "longer", "better"):
            raise Ask(f"Do you want the {group or 'day'} with the most {case.title}?")
        if group in OF_MONEY and kind == "flow":
            return Plan(Measure.SUM, group)
        raise NotFigures("nothing is asked of it")
    if group in OF_MONEY and kind != "flow":
        raise Ask(f"{case.title.capitalize()} is not split by {group}.")
    if group is Group.ACTIVITY and kind != "workout":
        raise Ask(f"{case.title.capitalize()} is not split by activity.")
    low = any(word in _LOW or word.endswith(_LOW_WORDS) for word in tops)
    if group in OF_MONEY and str(group) in case.named:  # of one shop there is no ranking, but of what was paid there
        if asked.limit:
            return Plan(Measure.TOP, limit=asked.limit, smallest=low)
        return Plan(Measure.MIN if low else Measure.MAX)
    worst = any(word.endswith(("best", "worst")) for word in tops)
    if (kind in ("level", "flow", "clock") and worst) or (kind == "level" and "mean" not in others):
        raise Ask(f"By what do I rank {case.title}?", _level_choices(case, group, low=low) if not worst else ())
    # "The average of my three longest nights" is of those three.
    singles = asked.limit and "mean" in others and (group or Group.DAY) is Group.DAY
    if singles or [word for word in others if word != "mean"] or (others and kind in ("total", "flow", "workout")):
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


def _level_bounded(case: Case) -> list[tuple[str, str]]:
    bound = case.asked.bound
    end = "highest" if bound and bound.than.startswith(">") else "lowest"
    return [
        (f"the {end} reading", f"{end} {{}}"),
        ("days by their average", f"how many days was my average {{}}{_bound_said(bound)}"),
    ]


def _bound_said(bound: Bound | None) -> str:
    ends = bound.ends if bound else ()
    return " and".join(f" {_THAN_WORDS[each.than]} {each.value:g} {each.unit}".rstrip() for each in ends)


def _count(case: Case, kind: str) -> Plan:
    asked, of_days = case.asked, case.asked.counted in ("days", "nights", "mornings", "evenings")
    if [word for word in asked.measures if word not in ("mean", "sum")]:
        raise Ask(f"Do you want to count, or the {asked.measures[0]} of {case.title}?")
    if (
        kind == "workout"
        and case.key == "workouts"
        and "mean" in asked.measures
        and asked.per in OVER_TIME
        and not of_days
    ):
        return Plan(Measure.MEAN, asked.per)
    if "mean" in asked.measures and (asked.per not in (None, Group.WEEKDAY) or not of_days):
        raise Ask("I can count them, but not average how many there were.", ())
    group = asked.per if asked.per is not Group.DAY or asked.per_word == "by" else None
    if kind in ("flow", "workout"):
        if of_days:
            return _days_of(case, group, kind)
        if asked.per is Group.DAY and group is None:
            group = Group.DAY
        return Plan(Measure.COUNT, group, asked.bound)
    nights = asked.counted == "nights"
    if (kind == "level" and not (of_days and not nights)) or (kind == "total" and nights):
        if kind == "level" and asked.bound is None:
            return Plan(Measure.COUNT, group)
        raise Ask(
            f"I can count the days on which the average {case.title} was like that, not how often. Shall I?",
            (("count the days", f"how many days was my {{}}{_bound_said(asked.bound)}"),),
        )
    if kind == "clock" and not of_days and asked.bound is None:
        raise Ask(f"I know the {case.title} of each night, not how often that was.")
    if asked.bound is None:
        if of_days and kind in ("night", "clock"):
            return Plan(Measure.COUNT, group)
        if of_days and kind in ("total", "level") and case.key not in DAILY:
            return Plan(Measure.COUNT, group, Bound(">", 0.0))  # days on which it was measured at all
        raise Ask(f"From how much {case.title} on shall a day count? Say it as in: over 8,000.")
    return Plan(Measure.COUNT, group, asked.bound)


def _days_of(case: Case, group: Group | None, kind: str) -> Plan:
    """Days by what they come to: "over 150 euros", "without a workout", or on which there was any."""
    asked = case.asked
    if case.key == "net" or (kind == "workout" and (asked.bound or case.key != "workouts")):
        raise Ask(f"I count {'purchases' if kind == 'flow' else 'workouts'}, not days of {case.title}. Shall I?")
    if asked.nothing and asked.bound:
        raise Ask("Do you mean days without any, or days over or under an amount?")
    if group not in (None, *OVER_TIME):
        raise Ask(f"I can count days by week, month or year, not by {group}.")
    return Plan(Measure.COUNT, group, Bound("<=", 0.0) if asked.nothing else asked.bound, of_days=True)


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
    return [grouped(case, measure, kind) for measure in explicit]


def _by_nature(case: Case, kind: str) -> list[Plan]:
    """No measure was said."""
    asked = case.asked
    if kind == "flow" and asked.per is None and asked.split:
        return [Plan(Measure.SUM, Group.CATEGORY)]
    if kind == "workout" and asked.per is None and asked.split:
        return [Plan(measure_of_workouts(case.key), Group.ACTIVITY)]
    if asked.per is not None:
        return [each_part(case, kind)]
    if kind == "total" or kind == "flow":
        return [Plan(Measure.SUM)]
    if kind == "workout":
        return [Plan(measure_of_workouts(case.key))]
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
