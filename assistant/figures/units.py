"""Units of health figures: their many spellings, and exact conversions inside one dimension.

Spellings are those of HealthKit's `HKUnit` strings, of Health Auto Export, and of people.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from assistant.errors import BadInput


@dataclass(frozen=True)
class Unit:
    """One unit. A value in it is `value * scale + shift` in the base unit of its dimension.

    Attributes:
        name: How it is stored.
        dimension: What can be converted into each other.
    """

    name: str
    dimension: str
    scale: float = 1.0
    shift: float = 0.0


# dimension: {name: (scale to the base unit, other spellings)}. Spellings are compared without case and spaces.
_TABLE: dict[str, dict[str, tuple[float, str]]] = {
    "energy": {
        "kJ": (1, "kilojoule kilojoules"),
        "J": (0.001, "joule joules"),
        "kcal": (4.184, "cal calorie calories kilocalorie kilocalories largecalorie"),
    },
    "length": {
        "m": (1, "meter meters metre metres"),
        "km": (1000, "kilometer kilometers kilometre kilometres"),
        "cm": (0.01, "centimeter centimeters centimetre centimetres"),
        "mm": (0.001, "millimeter millimeters millimetre millimetres"),
        "mi": (1609.344, "mile miles"),
        "yd": (0.9144, "yard yards"),
        "ft": (0.3048, "foot feet"),
        "in": (0.0254, "inch inches"),
    },
    "mass": {
        "kg": (1, "kilo kilos kilogram kilograms kgs"),
        "g": (1e-3, "gram grams gr"),
        "mg": (1e-6, "milligram milligrams"),
        "mcg": (1e-9, "µg μg ug microgram micrograms"),
        "lb": (0.45359237, "lbs pound pounds"),
        "oz": (0.028349523125, "ounce ounces"),
        "st": (6.35029318, "stone stones"),
    },
    "volume": {
        "mL": (1, "milliliter milliliters millilitre millilitres"),
        "cL": (10, "centiliter centiliters"),
        "dL": (100, "deciliter deciliters"),
        "L": (1000, "liter liters litre litres l"),
        "fl oz": (29.5735295625, "fl_oz_us fl_oz floz flozus fluidounce fluidounces"),
        "fl oz imp": (28.4130625, "fl_oz_imp"),
        "cup": (236.5882365, "cup_us cups"),
        "cup imp": (284.130625, "cup_imp"),
        "pt": (473.176473, "pt_us pint pints"),
        "pt imp": (568.26125, "pt_imp"),
    },
    "time": {
        "s": (1, "sec secs second seconds"),
        "ms": (0.001, "msec millisecond milliseconds"),
        "min": (60, "mins minute minutes"),
        "h": (3600, "hr hrs hour hours"),
        "d": (86400, "day days"),
    },
    "rate": {
        "bpm": (1, "beats/min beatsperminute"),
        "count/min": (1, "/min 1/min countperminute perminute"),
        "breaths/min": (1, "breathsperminute brpm"),
        "rpm": (1, "rev/min revolutions/min"),
        "count/s": (60, "/s hz count/sec"),
    },
    "percent": {"%": (1, "percent percentage pct"), "fraction": (100, "")},
    "pressure": {
        "mmHg": (1, "mm[hg] torr"),
        "cmHg": (10, ""),
        "inHg": (25.4, ""),
        "kPa": (1 / 0.133322387415, "kilopascal kilopascals"),
        "hPa": (0.1 / 0.133322387415, "mbar"),
        "cmH2O": (0.0980665 / 0.133322387415, "cmaq"),
    },
    "speed": {
        "m/s": (1, "m/sec mps meters/second"),
        "km/h": (1 / 3.6, "km/hr kmh kph kmph"),
        "mi/h": (0.44704, "mi/hr mph miles/hour"),
        "ft/s": (0.3048, "ft/sec fps"),
        "cm/s": (0.01, "cm/sec"),
        "m/min": (1 / 60, ""),
    },
    "concentration of glucose": {
        "mmol/L": (1, "mmol<180.15588000005408>/l mmol<180.1558800000541>/l mmol<180.15588>/l mmol<180.156>/l"),
        "mg/dL": (10 / 180.15588, "mg/100ml"),
    },
    "oxygen uptake": {
        "mL/(kg·min)": (1, "ml/kg/min ml/min/kg ml/min·kg ml/kg·min ml/(min·kg) ml/(kg/min)"),
    },
    "effort": {"MET": (1, "mets kcal/hr·kg kcal/(kg·hr) kcal/(hr·kg) kcal/kg·hr kcal/kg/hr kcal/hr/kg")},
    "power": {"W": (1, "watt watts"), "kW": (1000, "")},
    "sound": {"dB": (1, "dbaspl dba db(a) dbhl decibel decibels")},
    "flow": {"L/min": (1, ""), "L/s": (60, "")},
    "activity of a substance": {"IU": (1, "iu_ internationalunit internationalunits")},
    "conductance": {"µS": (1, "mcs μs microsiemens"), "S": (1e6, "siemens")},
    "per area": {"kg/m²": (1, "kg/m2 kg/m^2")},
    "count": {
        "count": (1, "counts x times number"),
        "steps": (1, "step"),
        "floors": (1, "floor flights flight"),
        "pushes": (1, "push"),
        "strokes": (1, "stroke"),
        "falls": (1, "fall"),
        "drinks": (1, "drink"),
        "puffs": (1, "puff"),
        "stand hours": (1, "standhour"),
        "workouts": (1, "workout"),
    },
}
_CASED = {"Cal": "kcal", "cal": "small calorie", "S": "S", "K": "K", "Pa": "Pa", "L": "L"}
"""Where the case makes the difference, as in `HKUnit`: "Cal" has a thousand of "cal"."""
_OTHERS = (
    Unit("degC", "temperature"),
    Unit("degF", "temperature", 5 / 9, -160 / 9),
    Unit("K", "temperature", 1, -273.15),
    Unit("small calorie", "energy", 0.004184),
    Unit("Pa", "pressure", 0.001 / 0.133322387415),
)
_SPELLED = {"°c": "degC", "c": "degC", "celsius": "degC", "°f": "degF", "f": "degF", "fahrenheit": "degF"}
LABELS = {"degC": "°C", "degF": "°F"}
"""How a unit is written for people, where that is not its name."""


def _units() -> tuple[dict[str, Unit], dict[str, Unit]]:
    named = {each.name: each for each in _OTHERS}
    spelled: dict[str, Unit] = {}
    for dimension, members in _TABLE.items():
        for name, (scale, others) in members.items():
            unit = named[name] = Unit(name, dimension, scale)
            for spelling in (name, *others.split()):
                spelled.setdefault(_bare(spelling), unit)
    for name in ("degC", "degF"):
        spelled[_bare(name)] = named[name]
    spelled.update({spelling: named[name] for spelling, name in _SPELLED.items()})
    return named, spelled


def _bare(spelling: str) -> str:
    for dot in "*⋅∙•×":
        spelling = spelling.replace(dot, "·")
    return "".join(spelling.split()).casefold()


_NAMED, _SPELLINGS = _units()


@lru_cache(maxsize=4096)
def known(spelling: str) -> Unit | None:
    """The unit that is written like this; None for one that is not known here."""
    spelling = spelling.strip()
    return _NAMED.get(_CASED.get(spelling, spelling)) or _SPELLINGS.get(_bare(spelling))


def name_of(spelling: str) -> str:
    """How the unit is stored: "count/min" for "/min", "km" for "Kilometers"; an unknown one stays as it came."""
    unit = known(spelling)
    return unit.name if unit else spelling.strip()


def label(spelling: str) -> str:
    """How the unit is written for people: "°C"."""
    name = name_of(spelling)
    return LABELS.get(name, name)


@lru_cache(maxsize=4096)
def conversion(spelling: str, to: str) -> tuple[float, float] | None:
    """(scale, shift) such that `value * scale + shift` is the value in `to`; None where there is no such thing.

    Bare counts ("count") and things that are counted ("steps") are the same number, and so are "bpm" and "count/min".
    """
    given, wanted = known(spelling), known(to)
    if given is None or wanted is None:
        return (1.0, 0.0) if spelling.strip() == to.strip() else None
    if given.dimension != wanted.dimension:
        return None
    if (given.scale, given.shift) == (wanted.scale, wanted.shift):
        return 1.0, 0.0
    return given.scale / wanted.scale, (given.shift - wanted.shift) / wanted.scale


def convert(value: float, spelling: str, *, to: str) -> float:
    """The value in another unit of the same dimension.

    Raises:
        BadInput: there is no such conversion.
    """
    factors = conversion(spelling, to)
    if factors is None:
        raise BadInput(f"{spelling or 'a bare number'} cannot be turned into {to}; name a unit of the same kind.")
    return value * factors[0] + factors[1]
