"""Apple's names: types of HealthKit as the metrics that Health Auto Export names, so that both sources give one metric.

https://developer.apple.com/documentation/healthkit/hkquantitytypeidentifier, `hkcategoryvaluesleepanalysis` and
`hkworkoutactivitytype` beside it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from assistant.figures import units
from assistant.figures.health.metrics import key_of, reading_metric

QUANTITY = "HKQuantityTypeIdentifier"
CATEGORY = "HKCategoryTypeIdentifier"
SLEEP = "HKCategoryTypeIdentifierSleepAnalysis"
STAND_HOUR = "HKCategoryTypeIdentifierAppleStandHour"
STOOD = "HKCategoryValueAppleStandHourStood"
WORKOUT = "HKWorkoutActivityType"
STAGES = {
    "HKCategoryValueSleepAnalysisInBed": "in_bed",
    "HKCategoryValueSleepAnalysisAsleep": "asleep",  # before iOS 16
    "HKCategoryValueSleepAnalysisAsleepUnspecified": "asleep",
    "HKCategoryValueSleepAnalysisAsleepCore": "core",
    "HKCategoryValueSleepAnalysisAsleepDeep": "deep",
    "HKCategoryValueSleepAnalysisAsleepREM": "rem",
    "HKCategoryValueSleepAnalysisAwake": "awake",
}
LASTING = {
    "HKCategoryTypeIdentifierMindfulSession": "mindful_minutes",
    "HKCategoryTypeIdentifierHandwashingEvent": "handwashing",
    "HKCategoryTypeIdentifierToothbrushingEvent": "toothbrushing",
}
"""Categories of which the seconds that they last are the reading."""

# What is not simply Apple's name in lower case; `metrics.ALIASES` has more.
_NAMES = {
    "DistanceWalkingRunning": "walking_running_distance",
    "DistanceCycling": "cycling_distance",
    "DistanceSwimming": "swimming_distance",
    "DistanceWheelchair": "wheelchair_distance",
    "HeartRateRecoveryOneMinute": "cardio_recovery",
    "NumberOfAlcoholicBeverages": "alcohol_consumption",
    "AppleSleepingBreathingDisturbances": "breathing_disturbances",
    "WaterTemperature": "underwater_temperature",
    "ForcedExpiratoryVolume1": "forced_expiratory_volume_1",
    "DietaryEnergyConsumed": "dietary_energy",
    "DietaryFatTotal": "total_fat",
    "DietaryFatSaturated": "saturated_fat",
    "DietaryFatMonounsaturated": "monounsaturated_fat",
    "DietaryFatPolyunsaturated": "polyunsaturated_fat",
}
_SAME_WITHOUT_DIETARY = re.compile(r"Dietary(?!Water|Caffeine|Sugar|Biotin)")
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Meaning(NamedTuple):
    """What a quantity type in a unit is here. Asked for every record, so a tuple.

    Attributes:
        metric: Its key.
        scale, shift: `number * scale + shift` is the value as it is stored.
        converted: The number as it came is kept beside the value.
        trouble: Why no value of it can count; "" where it can.
        mark: Of its readings, then.
    """

    metric: str
    scale: float
    shift: float
    converted: bool
    trouble: str = ""
    mark: str = ""


def meaning(kind: str, unit: str) -> Meaning:
    """What `<Record type="HKQuantityTypeIdentifier..." unit="...">` is here.

    Apple writes percentages as fractions of 1 ("0.97", unit "%"); they are read as percent.
    """
    metric = metric_of(kind)
    known = reading_metric(metric)
    to_percent = 100.0 if unit == "%" else 1.0
    if known is None:
        return Meaning(metric, to_percent, 0.0, converted=False)
    factors = units.conversion(unit, known.unit)
    if factors is None:
        trouble = f"{known.title} came in {unit or 'no unit'}, which cannot be turned into {known.unit}"
        return Meaning(metric, 1.0, 0.0, converted=False, trouble=trouble, mark="impossible")
    scale, shift = factors
    return Meaning(metric, scale * to_percent, shift, converted=factors != (1.0, 0.0))


def metric_of(kind: str) -> str:
    """The metric of a type: "step_count" for "HKQuantityTypeIdentifierStepCount"; a new type is an unknown metric."""
    bare = kind.removeprefix(QUANTITY).removeprefix(CATEGORY).removeprefix("HKDataType")
    if bare in _NAMES:
        return _NAMES[bare]
    return key_of(snake(_SAME_WITHOUT_DIETARY.sub("", bare)))


def snake(name: str) -> str:
    """ "step_count" for "StepCount"."""
    return _WORDS.sub("_", name).lower()


def activity(kind: str) -> str:
    """The name of a workout for the person: "Traditional Strength Training"."""
    return " ".join(_WORDS.split(kind.removeprefix(WORKOUT))) or "Workout"
