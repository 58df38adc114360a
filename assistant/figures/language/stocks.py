"""What is as it is now, and does not flow: balances, bills to come, what is left of budgets, what is saved."""

from __future__ import annotations

from assistant.figures.language.asking import Ask
from assistant.figures.language.cases import Case, Plan
from assistant.figures.language.measures import MEASURE_OF, Asked
from assistant.figures.query import Group, Measure


def plans_of_stock(case: Case) -> list[Plan]:
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
