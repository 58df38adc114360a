"""What is computed where rows or an average of parts were asked for: "per month", "by category", "the average week"."""

from __future__ import annotations

from assistant.figures.language.asking import Ask
from assistant.figures.language.cases import OF_MONEY, OVER_TIME, Case, Plan, measure_of_workouts
from assistant.figures.language.measures import Asked
from assistant.figures.query import Group, Measure

EACH = ("by", "for each", "for every", "in each", "each", "every")
"""Words for one after the other; "per" and "a" are of the average."""
MONTH_DAYS = 31
""" "Each day" of so few is a list, of more the usual day, unless it is over ("did I")."""


def each_part(case: Case, kind: str) -> Plan:
    """ "Per month", without a measure."""
    asked, group = case.asked, case.asked.per
    split = asked.per_word in EACH
    if group in OF_MONEY and kind != "flow":
        raise Ask(f"{case.title.capitalize()} is not split by {group}.")
    if group is Group.ACTIVITY and kind != "workout":
        raise Ask(f"{case.title.capitalize()} is not split by activity.")
    if kind == "total":
        if asked.daily and group is not Group.DAY:
            return Plan(Measure.MEAN, group)
        if group is Group.WEEKDAY:
            return Plan(Measure.MEAN, group)
        if group is Group.DAY and asked.per_word != "by" and not _one_by_one(case):
            return Plan(Measure.MEAN)
        return Plan(Measure.SUM, group)
    if kind == "flow":
        return Plan(Measure.SUM, group)
    if kind == "workout":
        return Plan(measure_of_workouts(case.key), group)
    if group is Group.DAY and asked.per_word != "by" and kind in ("night", "clock") and not _one_by_one(case):
        return Plan(Measure.MEAN)
    if (
        kind == "night"
        and group is not Group.WEEKDAY
        and not split
        and (asked.how in ("much", "many") or asked.unit == "time")
    ):
        return Plan(Measure.SUM, group)
    return Plan(Measure.MEAN, group)


def _one_by_one(case: Case) -> bool:
    """Whether the days are asked for, and not the usual one: "each day" of what is over, a list of any."""
    if case.asked.habit or case.asked.single:
        return False
    few = case.days is not None and case.days <= MONTH_DAYS
    return case.asked.listed or (case.asked.per_word in EACH and (case.past or few))


def grouped(case: Case, measure: Measure, kind: str) -> Plan:
    """One measure that was said, with "per month" where that was."""
    asked, group = case.asked, case.asked.per
    if (group in OF_MONEY and kind != "flow") or (group is Group.ACTIVITY and kind != "workout"):
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
        if group in OVER_TIME and group is not Group.WEEKDAY and not asked.per_purchase:
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
