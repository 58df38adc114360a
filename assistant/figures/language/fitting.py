"""Whether units and conditions fit what they were said of: no hours of steps, no kilometres of sleep."""

from __future__ import annotations

from dataclasses import replace

from assistant.figures import units
from assistant.figures.health.metrics import METRICS, Kind
from assistant.figures.language.asking import Ask
from assistant.figures.language.measures import Asked
from assistant.figures.language.subjects import CLOCKS, MONEY, NIGHTLY
from assistant.figures.query import Bound

_CURRENCY_LENGTH = 3
_ABOUT = {"late": "clock", "early": "clock", "soon": "clock", "far": "distance", "long": "time", "heavy": "mass"}


def _dimension(key: str) -> str:
    """ "time", "clock", "distance", "mass", "money" or "other"."""
    if key in MONEY:
        return "money"
    if key in CLOCKS:
        return "clock"
    if key in NIGHTLY:
        return "time"
    unit = METRICS[key].unit if key in METRICS else ""
    return {"s": "time", "m": "distance", "kg": "mass", "g": "mass", "mg": "mass"}.get(unit, "other")


def check_words(key: str, title: str, asked: Asked) -> None:
    """ "How many hours" must be of something that has hours.

    Raises:
        Ask: it is not.
    """
    if asked.how == "fast" and (key in MONEY or (key in METRICS and METRICS[key].kind is not Kind.LEVEL)):
        raise Ask("I know how long and how far it was, but not how fast. Which figure do you want?")
    wanted = {asked.unit, _ABOUT.get(asked.how, "")} - {"", "money"}
    if key == "workout_distance" and not asked.unit:
        wanted -= {"time"}  # "how long was my longest run" asks for either
    here = _dimension(key)
    allowed = {here, "time"} if here == "clock" else {here}
    if key == "workouts" or len(asked.hows) > 1 or asked.shared:
        return
    if asked.unit == "money" and here not in ("money",):
        raise Ask(f"{title.capitalize()} has nothing to do with money. Which figure do you want?")
    if wanted - allowed:
        raise Ask(f"I have {title} by day, but not as a {sorted(wanted - allowed)[0]}. Which figure do you want?")


def fitted(key: str, title: str, bound: Bound | None) -> Bound | None:
    """The bound in a unit that the subject can have; "pounds" are money or mass.

    Raises:
        Ask: its unit does not fit.
    """
    if bound is None:
        return None
    also = fitted(key, title, bound.also)
    money = key in MONEY
    unit = bound.unit
    if unit in ("pounds", "pound"):
        unit = "GBP" if money else "lb"
    if unit:
        is_currency = len(unit) == _CURRENCY_LENGTH and unit.isupper() and unit not in ("IU",)
        metric = METRICS.get(key)
        if money != is_currency or (key in CLOCKS) or (metric and units.conversion(unit, metric.unit) is None):
            raise Ask(f"{title.capitalize()} is not measured in {unit}. Which condition do you mean?")
    elif key == "workouts":
        raise Ask("I cannot count workouts by their number. Do you mean their time or their distance?")
    return replace(bound, unit=unit, also=also)
