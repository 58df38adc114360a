"""Units of health figures, and the catalogue that uses them."""

from __future__ import annotations

import pytest

from assistant.errors import BadInput
from assistant.figures import units
from assistant.figures.health.metrics import ALIASES, METRICS, Kind, key_of, reading_metric, shown_unit


@pytest.mark.parametrize(
    ("value", "given", "to", "expected"),
    [
        (350, "kcal", "kJ", 1464.4),
        (350, "Cal", "kJ", 1464.4),
        (350, "cal", "kJ", 1.4644),
        (1464.4, "kJ", "kcal", 350),
        (3, "mi", "km", 4.828032),
        (6, "ft", "m", 1.8288),
        (5280, "ft", "mi", 1),
        (71, "in", "cm", 180.34),
        (150, "lb", "kg", 68.0388555),
        (11, "st", "lb", 154),
        (98.6, "degF", "degC", 37),
        (-40, "°F", "°C", -40),
        (37, "degC", "degF", 98.6),
        (310.15, "K", "degC", 37),
        (64, "count/min", "bpm", 64),
        (1.1, "count/s", "bpm", 66),
        (0.97, "fraction", "%", 97),
        (16, "kPa", "mmHg", 120.0098669),
        (10, "cmAq", "mmHg", 7.3555912),
        (100, "mg/dL", "mmol/L", 5.5507486),
        (5.5, "mmol<180.15588000005408>/L", "mg/dL", 99.085734),
        (8, "fl_oz_us", "mL", 236.5882365),
        (2, "cup_us", "L", 0.473176473),
        (7.5, "hr", "min", 450),
        (45, "ms", "s", 0.045),
        (10, "mi/hr", "km/h", 16.09344),
        (5, "kcal/hr·kg", "MET", 5),
        (42, "ml/(kg*min)", "mL/(kg·min)", 42),
        (65, "dBASPL", "dB", 65),
        (400, "µg", "mg", 0.4),
        (400, "mcg", "mg", 0.4),
        (9, "count", "steps", 9),
    ],
)
def test_a_value_is_converted(value: float, given: str, to: str, expected: float) -> None:
    assert units.convert(value, given, to=to) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("given", "to"), [("kg", "km"), ("mg", "mg/dL"), ("", "kg"), ("furlong", "m"), ("m", "min")])
def test_what_has_no_common_measure_is_refused(given: str, to: str) -> None:
    assert units.conversion(given, to) is None
    with pytest.raises(BadInput, match="cannot be turned into"):
        units.convert(1, given, to=to)


def test_the_same_unit_changes_nothing_and_an_unknown_one_stays_as_it_came() -> None:
    assert units.conversion("count/min", "bpm") == (1.0, 0.0)
    assert units.conversion("florps", "florps ") == (1.0, 0.0)
    assert units.name_of(" Kilometers") == "km"
    assert units.name_of(" florps ") == "florps"
    assert units.label("degf") == "°F"


def test_every_conversion_goes_back_to_where_it_came_from() -> None:
    named = {name for members in units._TABLE.values() for name in members} | {"degC", "degF", "K"}
    for name in named:
        unit = units.known(name)
        assert unit is not None
        assert unit.name == name
        for other in named:
            factors = units.conversion(name, other)
            if factors is not None:
                assert units.convert(units.convert(12.5, name, to=other), other, to=name) == pytest.approx(12.5)


def test_the_catalogue_is_whole() -> None:
    assert len([each for each in METRICS.values() if each.kind in (Kind.TOTAL, Kind.LEVEL)]) >= 110
    for key, metric in METRICS.items():
        assert key == metric.key == key_of(key)
        assert metric.low < metric.high
        assert metric.unit in ("min",) or units.known(metric.unit) is not None
        assert metric.shown == "HH:MM" or units.conversion(metric.unit, metric.shown) is not None
        assert metric.title not in metric.words
        assert all(word == word.lower() for word in metric.words)
    assert set(ALIASES.values()) <= set(METRICS)
    assert not set(ALIASES) & set(METRICS)


def test_no_two_metrics_have_the_same_title() -> None:
    titles = [metric.title.casefold() for metric in METRICS.values()]
    assert len(set(titles)) == len(titles)


def test_a_name_is_found_however_it_is_written() -> None:
    assert key_of("VO2 Max") == "vo2max"
    assert key_of("Step-Count") == "step_count"
    assert key_of("Florp Index") == "florp_index"
    assert reading_metric("florp_index") is None
    assert reading_metric("bedtime") is None


def test_a_metric_is_shown_in_the_unit_that_came_last_but_not_as_bare_counts() -> None:
    assert shown_unit(METRICS["active_energy"], "kJ") == "kJ"
    assert shown_unit(METRICS["weight_body_mass"], "lbs") == "lb"
    assert shown_unit(METRICS["step_count"], "count") == "steps"
    assert shown_unit(METRICS["respiratory_rate"], "count/min") == "breaths/min"
    assert shown_unit(METRICS["step_count"], "km") == "steps"
    assert shown_unit(None, "florps") == "florps"
