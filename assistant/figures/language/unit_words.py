"""Units and currencies as people say them."""

from __future__ import annotations

import re

from assistant.figures import units

CURRENCIES = {"eur": "EUR", "euro": "EUR", "euros": "EUR", "usd": "USD", "dollar": "USD", "dollars": "USD", "$": "USD",
              "us dollars": "USD", "us dollar": "USD", "gbp": "GBP", "pound": "GBP", "pounds": "GBP", "chf": "CHF",
              "swiss francs": "CHF", "francs": "CHF", "jpy": "JPY", "yen": "JPY", "sterling": "GBP"}  # fmt: skip
WORD_UNITS = {"hours": "h", "hour": "h", "hrs": "h", "hr": "h", "minutes": "min", "minute": "min", "mins": "min",
              "kilos": "kg", "kilo": "kg", "kilograms": "kg", "kilogram": "kg", "kgs": "kg", "lbs": "lb", "miles": "mi",
              "mile": "mi", "kilometers": "km", "kilometres": "km", "kilometer": "km", "kilometre": "km", "kms": "km",
              "meters": "m", "metres": "m", "meter": "m", "metre": "m", "percent": "%", "seconds": "s", "second": "s",
              "beats per minute": "bpm", "liters": "L", "litres": "L", "liter": "L", "litre": "L", "l": "L", "ml": "mL",
              "grams": "g", "gram": "g", "mmhg": "mmHg", "kj": "kJ", "c": "degC", "f": "degF", "mmol/l": "mmol/L",
              "mg/dl": "mg/dL"}  # fmt: skip

_KMH, _MPH = r"kilomet(?:er|re)s? (?:per|an) hour|km ?/? ?h|kph", r"miles (?:per|an) hour|mph"
SPEEDS = f"{_KMH}|{_MPH}"
_NAMED = {
    r"hours?|hrs?": ("h",), r"minutes?|mins": ("min",), r"seconds": ("s",),
    _KMH: ("km/h",), _MPH: ("mi/h",),
    r"kilomet(?:er|re)s?|kms?": ("km",), r"miles?": ("mi",), r"met(?:er|re)s": ("m",), r"feet": ("ft",),
    r"yards": ("yd",), r"inches": ("in",), r"centimet(?:er|re)s": ("cm",),
    r"kilos?|kilograms?|kgs?": ("kg",), r"pounds|lbs?": ("lb",), r"stones?": ("st",), r"grams": ("g",),
    r"milligrams|mg(?! ?/? ?dl)": ("mg",), r"(?:fluid )?ounces|fl oz|oz": ("fl oz", "fl oz imp", "oz"),
    r"lit(?:er|re)s?": ("L",), r"millilit(?:er|re)s?|mls?": ("mL",),
    r"celsius|centigrade": ("degC",), r"fahrenheit": ("degF",), r"mmol ?/? ?l": ("mmol/L",), r"mg ?/? ?dl": ("mg/dL",),
    r"kcals?|kilocalories": ("kcal",), r"kj|kilojoules?": ("kJ",),
}  # fmt: skip
"""Words for units with what they can be: an ounce is a volume or a mass."""
UNIT_WORDS = "|".join(_NAMED)
_EACH = "|".join(rf"(?P<u{place}>(?:{pattern})\b)" for place, pattern in enumerate(_NAMED))
_ANY = re.compile(rf"\b(?:{_EACH})")
_BY_GROUP = {f"u{place}": names for place, names in enumerate(_NAMED.values())}
_IN_TOPICS = re.compile(r"\b(?:kcals?|kilocalories|kj|kilojoules?|calories|kilos)\b")


def units_named(words: str) -> tuple[str, ...]:
    """The units that are named in words, in order."""
    return tuple(name for match in _ANY.finditer(words) for name in _BY_GROUP[match.lastgroup or ""])


def subjects_as_units(words: str) -> tuple[str, ...]:
    """Units among the words that also name a subject; of "calories" people mean kcal, whatever the device says."""
    spoken = {"kilos": "kg", "kj": "kJ", "kilojoule": "kJ", "kilojoules": "kJ"}
    return tuple(spoken.get(match[0], "kcal") for match in _IN_TOPICS.finditer(words))


def fitting(named: tuple[str, ...], unit: str, *, shown: str) -> str:
    """The first of these units in which a subject of this unit can be told; "" where there is none.

    Args:
        shown: The one it is shown in: ounces of a volume are those of the country that the person's device keeps to.
    """
    sure = [each for each in named if not each.startswith("fl oz") or each == shown]
    return next((each for each in sure if unit and units.conversion(unit, each)), "")
