"""Every shape of what Health Auto Export posts, and what is wrong with some rows."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from assistant.errors import BadInput
from assistant.figures.health import health_post
from assistant.figures.health.health_values import DAY_LONG, POSTED, Batch
from assistant.figures.health.post_dates import Dates

BERLIN = ZoneInfo("Europe/Berlin")


def read(data: dict[str, Any]) -> Batch:
    return health_post.parse(json.dumps({"data": data}).encode(), zone=BERLIN)


def metric(name: str, units: str, *rows: dict[str, Any]) -> Batch:
    return read({"metrics": [{"name": name, "units": units, "data": list(rows)}]})


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[misc]


# Dates ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "at", "day"),
    [
        ("2026-01-10 00:00:00 +0300", utc(2026, 1, 9, 21), (2026, 1, 10)),
        ("2026-01-10 23:59:59 -0800", utc(2026, 1, 11, 7, 59, 59), (2026, 1, 10)),
        ("2026-01-10 3:04:05 PM +0300", utc(2026, 1, 10, 12, 4, 5), (2026, 1, 10)),
        ("2026-01-10 3:04:05\u202fPM +0300", utc(2026, 1, 10, 12, 4, 5), (2026, 1, 10)),
        ("2026-01-10 12:04:05\u202fAM +0300", utc(2026, 1, 9, 21, 4, 5), (2026, 1, 10)),
        ("2026-01-10 12:04:05\u202fp.m. +0300", utc(2026, 1, 10, 9, 4, 5), (2026, 1, 10)),
        ("2026-01-10 11:04:05\u00a0pm\u202f+03:00", utc(2026, 1, 10, 20, 4, 5), (2026, 1, 10)),
        ("2026-01-10 15:04 +0530", utc(2026, 1, 10, 9, 34), (2026, 1, 10)),
        ("2026-01-10T15:04:05Z", utc(2026, 1, 10, 15, 4, 5), (2026, 1, 10)),
        ("2026-01-10T15:04:05.250+01:00", utc(2026, 1, 10, 14, 4, 5, 250000), (2026, 1, 10)),
        ("2026-01-10 15:04:05 GMT+3", utc(2026, 1, 10, 12, 4, 5), (2026, 1, 10)),
        ("2026-01-10 15:04:05", utc(2026, 1, 10, 14, 4, 5), (2026, 1, 10)),
        ("2026-07-10 15:04:05", utc(2026, 7, 10, 13, 4, 5), (2026, 7, 10)),
        ("2026-01-10", utc(2026, 1, 9, 23), (2026, 1, 10)),
    ],
)
def test_a_date_is_read(written: str, at: dt.datetime, day: tuple[int, int, int]) -> None:
    moment = Dates(BERLIN).read(written)
    assert moment is not None
    assert (moment.at, moment.day) == (at, dt.date(*day))


@pytest.mark.parametrize(
    "written",
    ["", "yesterday", "2026-13-01", "2026-02-30 10:00:00 +0100", "2026-01-10 25:00:00 +0100", "2026-01-10 13:00 PM",
     "2026-01-10 0:30 AM", "10.01.2026", 20260110, None, True, ["2026-01-10"], "0001-01-01 00:00:00 +1400",
     "2026-01-10 10:00:00 +9900"],
)  # fmt: skip
def test_what_is_no_date_is_none(written: object) -> None:
    assert Dates(BERLIN).read(written) is None


def test_the_same_clock_on_both_sides_of_a_dst_change_is_two_instants() -> None:
    dates = Dates(BERLIN)
    first, second = dates.read("2026-10-25 02:30:00 +0200"), dates.read("2026-10-25 02:30:00 +0100")
    assert first is not None
    assert second is not None
    assert second.at - first.at == dt.timedelta(hours=1)
    assert first.day == second.day


# Metrics -------------------------------------------------------------------------------------------------------------


def test_most_metrics_have_a_quantity_and_perhaps_a_source() -> None:
    batch = metric(
        "step_count",
        "count",
        {"date": "2026-01-10 00:00:00 +0300", "qty": 196, "source": "iPhone"},
        {"date": "2026-01-10 01:00:00 +0300", "qty": 12.5},
    )
    first, second = batch.readings
    assert (first.metric, first.source, first.at, first.day) == (
        "step_count", "iPhone", utc(2026, 1, 9, 21), dt.date(2026, 1, 10)
    )  # fmt: skip
    assert (first.value, first.given, first.given_unit, first.span_s, first.mark) == (196, None, "count", POSTED, "")
    assert (second.source, second.value) == ("Health Auto Export", 12.5)
    assert not batch.complaints


def test_a_heart_rate_comes_summed_up_or_alone() -> None:
    batch = metric(
        "heart_rate",
        "bpm",
        {"date": "2026-01-10 10:00:00 +0100", "Min": 58, "Avg": 66.5, "Max": 91, "source": "Watch"},
        {"date": "2026-01-10 11:00:00 +0100", "qty": 70, "source": "Watch"},
    )
    assert [(each.value, each.low, each.high) for each in batch.readings] == [(66.5, 58, 91), (70, None, None)]


def test_blood_pressure_gives_two_metrics() -> None:
    batch = metric("blood_pressure", "mmHg", {"date": "2026-01-10 08:00:00 +0100", "systolic": 121, "diastolic": 79})
    assert [(each.metric, each.value) for each in batch.readings] == [
        ("blood_pressure_systolic", 121),
        ("blood_pressure_diastolic", 79),
    ]


@pytest.mark.parametrize(
    ("name", "units", "qty", "value"),
    [
        ("active_energy", "kcal", 100, 418.4),
        ("active_energy", "kJ", 418.4, 418.4),
        ("walking_running_distance", "mi", 2, 3218.688),
        ("weight_body_mass", "lb", 150, 68.0388555),
        ("body_temperature", "degF", 98.6, 37),
        ("resting_heart_rate", "count/min", 52, 52),
        ("apple_exercise_time", "min", 30, 1800),
        ("vo2_max", "ml/(kg·min)", 44.1, 44.1),
        ("blood_glucose", "mg/dL", 90, 4.9956737),
        ("apple_stand_hour", "hr", 11, 11),
    ],
)
def test_units_become_those_of_the_metric_and_the_original_is_kept(
    name: str, units: str, qty: float, value: float
) -> None:
    [reading] = metric(name, units, {"date": "2026-01-10 08:00:00 +0100", "qty": qty}).readings
    assert reading.value == pytest.approx(value)
    assert reading.given_unit == units
    assert reading.given == (None if reading.value == qty else qty)
    assert not reading.mark


def test_one_metric_in_two_units_is_one_metric() -> None:
    row = {"date": "2026-01-10 08:00:00 +0100", "source": "Scale"}
    batch = read(
        {
            "metrics": [
                {"name": "weight_body_mass", "units": "kg", "data": [{**row, "qty": 70}]},
                {"name": "weight_body_mass", "units": "lb", "data": [{**row, "date": "2026-01-11", "qty": 154.32}]},
            ]
        }
    )
    assert [round(each.value, 2) for each in batch.readings] == [70, 70]


def test_a_unit_that_the_metric_cannot_have_is_kept_and_marked() -> None:
    batch = metric("step_count", "km", {"date": "2026-01-10 08:00:00 +0100", "qty": 3})
    assert [(each.value, each.given, each.mark) for each in batch.readings] == [(3, 3, "impossible")]
    assert batch.complaints == ["step_count: “km” is no unit of steps; its 1 rows are kept and left out."]


def test_days_are_told_from_hours_by_the_whole_list() -> None:
    def spans(*dates: str) -> list[int]:
        return [each.span_s for each in metric("step_count", "count", *({"date": d, "qty": 1} for d in dates)).readings]

    midnight, next_midnight = "2026-01-10 00:00:00 +0100", "2026-01-11 00:00:00 +0100"
    assert spans(midnight, next_midnight) == [DAY_LONG, DAY_LONG]
    assert spans(midnight, "2026-01-10 01:00:00 +0100", next_midnight) == [POSTED] * 3
    assert spans(midnight) == [POSTED]
    assert spans("2026-01-10") == [DAY_LONG]
    assert spans("2026-03-29 00:00:00 +0100", "2026-03-30 00:00:00 +0200") == [DAY_LONG, DAY_LONG]


def test_a_row_that_cannot_be_read_does_not_lose_the_others() -> None:
    good = {"date": "2026-01-10 08:00:00 +0100", "qty": 1}
    batch = metric(
        "step_count", "count", good, {"date": "soon", "qty": 1}, {"date": "2026-01-10", "qty": "many"},
        {"date": "2026-01-10", "qty": True}, "row", {**good, "qty": "1,5"}, {},  # type: ignore[arg-type]
    )  # fmt: skip
    assert [each.value for each in batch.readings] == [1, 1.5]
    assert batch.complaints == [
        "step_count, row 2: “soon” is no date.",
        "step_count, row 3: it holds no number (2026-01-10).",
        "step_count, row 4: it holds no number (2026-01-10).",
        "step_count, row 5: it is no object.",
        "step_count, row 7: “None” is no date.",
    ]


def test_complaints_are_told_up_to_a_hundred() -> None:
    batch = metric("step_count", "count", *({"date": "soon", "qty": n} for n in range(250)))
    assert len(batch.complaints) == 101
    assert batch.complaints[-1] == "150 more rows could not be read."


def test_an_unknown_metric_is_kept_even_where_it_holds_no_number() -> None:
    batch = metric(
        "Florp Index", "florps", {"date": "2026-01-10", "qty": 3}, {"date": "2026-01-10", "mood": "blue\u0000"}
    )
    [reading], [record] = batch.readings, batch.records
    assert (reading.metric, reading.value, reading.given_unit) == ("florp_index", 3, "florps")
    assert (record.kind, record.body) == ("metric florp_index", {"date": "2026-01-10", "mood": "blue"})
    assert not batch.complaints


def test_parts_that_are_no_lists_are_complained_about() -> None:
    batch = read(
        {
            "metrics": [
                7,
                {"units": "count", "data": []},
                {"name": "step_count", "data": "none"},
                {"name": "heart_rate", "data": []},
                {"name": "vo2max"},
            ],
            "workouts": {},
        }
    )
    assert batch.complaints == [
        "metrics[0]: it is no object.",
        "metrics[0]: it has no name.",
        "step_count: its data is no list.",
        "workouts: it is no list.",
    ]


@pytest.mark.parametrize("body", [b'{"data": {}}', b'{"data": []}', b'{"data": null}', b'{"data": {"metrics": []}}'])
def test_an_empty_post_holds_nothing(body: bytes) -> None:
    assert health_post.parse(body, zone=BERLIN) == Batch()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not JSON"),
        (b"date,qty\n", "not JSON"),
        (b'{"data": {', "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[1]", "not from Health Auto Export"),
        (b'"data"', "not from Health Auto Export"),
        (b'{"data": 5}', "not from Health Auto Export"),
        (b'{"temperature": 5}', "not from Health Auto Export"),
    ],
)
def test_what_is_no_post_is_refused_in_a_sentence(body: bytes, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        health_post.parse(body, zone=BERLIN)


# Sleep ---------------------------------------------------------------------------------------------------------------


def test_sleep_that_is_summed_up_belongs_to_the_day_of_waking_up() -> None:
    batch = metric(
        "sleep_analysis",
        "hr",
        {
            "date": "2026-01-10 00:00:00 +0100", "totalSleep": 7.5, "asleep": 0, "core": 4.5, "deep": 1, "rem": 2,
            "awake": 0.25, "sleepStart": "2026-01-10 23:30:00 +0100", "sleepEnd": "2026-01-11 07:15:00 +0100",
            "inBed": 8, "inBedStart": "2026-01-10 23:15:00 +0100", "inBedEnd": "2026-01-11 07:15:00 +0100",
            "source": "Apple Watch",
        },
    )  # fmt: skip
    [night] = batch.nights
    assert (night.day, night.shape, night.source) == (dt.date(2026, 1, 11), "aggregated", "Apple Watch")
    assert (night.start_at, night.end_at) == (utc(2026, 1, 10, 22, 30), utc(2026, 1, 11, 6, 15))
    assert (night.asleep_s, night.core_s, night.deep_s, night.rem_s, night.awake_s, night.in_bed_s) == (
        27000, 16200, 3600, 7200, 900, 28800
    )  # fmt: skip


def test_stages_that_were_not_measured_are_unknown_and_not_zero() -> None:
    row = {"date": "2026-01-10 00:00:00 +0100", "core": 0, "deep": 0, "rem": 0, "awake": 0, "asleep": 6.5, "inBed": 0}
    [night] = metric("sleep_analysis", "hr", row).nights
    assert (night.asleep_s, night.core_s, night.awake_s, night.in_bed_s) == (23400, None, None, None)


def test_older_nights_have_two_sources_and_a_day() -> None:
    batch = metric(
        "sleep_analysis",
        "hr",
        {"date": "2019-03-02", "asleep": 6.25, "inBed": 7, "sleepSource": "Pillow", "inBedSource": "iPhone"},
        {"date": "2019-03-03", "asleep": 0, "inBed": 7, "sleepSource": "", "inBedSource": "iPhone"},
        {"date": "2019-03-04", "asleep": 0, "inBed": 0},
    )
    first, second = batch.nights
    assert (first.shape, first.source, first.day, first.asleep_s, first.in_bed_s, first.start_at) == (
        "older", "Pillow", dt.date(2019, 3, 2), 22500, 25200, None
    )  # fmt: skip
    assert (second.source, second.asleep_s, second.in_bed_s) == ("iPhone", None, 25200)
    assert batch.complaints == ["sleep_analysis, row 3: it holds no sleep (2019-03-04)."]


@pytest.mark.parametrize(
    ("value", "stage"),
    [("Awake", "awake"), ("Asleep", "asleep"), ("Unspecified", "asleep"), ("In Bed", "in_bed"), ("InBed", "in_bed"),
     ("Core", "core"), ("REM", "rem"), ("Deep", "deep"), ("Asleep (Core)", "core")],
)  # fmt: skip
def test_stretches_of_sleep_have_a_stage(value: str, stage: str) -> None:
    batch = metric(
        "sleep_analysis",
        "hr",
        {
            "startDate": "2026-03-29 01:30:00 +0100",
            "endDate": "2026-03-29 03:15:00 +0200",
            "qty": 0.75,
            "value": value,
            "source": "Ana’s\u00a0Apple Watch",
        },
    )
    [segment] = batch.segments
    assert (segment.stage, segment.source) == (stage, "Ana’s Apple Watch")
    assert segment.end_at - segment.start_at == dt.timedelta(minutes=45)
    assert (segment.offset_s, segment.end_offset_s) == (3600, 7200)


def test_a_stretch_without_a_stage_or_an_end_is_complained_about() -> None:
    batch = metric(
        "sleep_analysis",
        "hr",
        {"startDate": "2026-03-29 01:30:00 +0100", "endDate": "2026-03-29 02:30:00 +0100", "value": "Dancing"},
        {"startDate": "2026-03-29 01:30:00 +0100", "value": "Core"},
        {"startDate": "2026-03-28 01:30:00 +0100", "value": "Core", "qty": 0.5},
    )
    assert [segment.end_at - segment.start_at for segment in batch.segments] == [dt.timedelta(minutes=30)]
    assert batch.complaints == [
        "sleep_analysis, row 1: “Dancing” is no stage of sleep.",
        "sleep_analysis, row 2: it does not say from when to when.",
    ]


# Workouts and what holds no figures ----------------------------------------------------------------------------------


def test_a_workout_keeps_its_figures_and_everything_else_as_it_came() -> None:
    batch = read(
        {
            "workouts": [
                {
                    "id": "A1", "name": "Outdoor Run", "start": "2026-01-10 07:00:00 +0100",
                    "end": "2026-01-10 07:30:00 +0100", "duration": 1795.5,
                    "activeEnergyBurned": {"qty": 300, "units": "kcal"}, "distance": {"qty": 3.1, "units": "mi"},
                    "heartRateData": [{"date": "2026-01-10 07:01:00 +0100", "Avg": 140}], "route": [],
                },
                {"name": "Yoga", "start": "2026-01-10 3:00:00\u202fPM +0100", "duration": 600},
                {"name": "Swim"},
            ]
        }
    )  # fmt: skip
    run, yoga = batch.workouts
    assert (run.key, run.name, run.day, run.duration_s) == ("A1", "Outdoor Run", dt.date(2026, 1, 10), 1795.5)
    assert (run.energy_kj, run.energy_unit) == (pytest.approx(1255.2), "kcal")
    assert (run.distance_m, run.distance_unit) == (pytest.approx(4988.9664), "mi")
    assert set(run.details) == {"activeEnergyBurned", "distance", "heartRateData", "route"}
    assert (yoga.key, yoga.end_at - yoga.start_at, yoga.energy_kj) == ("", dt.timedelta(minutes=10), None)
    assert batch.complaints == ["workouts[2]: it does not say from when to when."]


def test_other_lists_are_kept_as_they_came() -> None:
    mood = {"id": "m1", "start": "2026-01-10 07:00:00 +0100", "valence": 0.4, "labels": ["calm"]}
    batch = read({"stateOfMind": [mood], "symptoms": [{"name": "Cough"}], "somethingNew": [{"a": 1}], "ecg": []})
    assert [(each.kind, each.body) for each in batch.records] == [
        ("stateOfMind", mood),
        ("symptoms", {"name": "Cough"}),
        ("somethingNew", {"a": 1}),
    ]
    assert batch.records[0].key == "m1"
    assert batch.records[0].at == utc(2026, 1, 10, 6)
    assert len(batch.records[1].key) == 64


# Files ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "is_one"),
    [
        (b'{"data":{"metrics":[{"name":"step_count"', True),
        (b'\xef\xbb\xbf {\n "data" : {\n "workouts" : [', True),
        (b'{"data":{"symptoms":[]}}', True),
        (b'{"data": {}}\n', True),
        (b'{"data": {}, "more": 1}', False),
        (b'{"data": [1]}', False),
        (b'{"metrics": []}', False),
        (b'{"accounts": [{"data": {"metrics": []}}]}', False),
        (b"Date,Payee,Amount\n", False),
        (b"", False),
    ],
)
def test_a_saved_post_is_known_by_its_content(head: bytes, is_one: bool) -> None:
    assert health_post.recognises(Path("whatever.txt"), head) is is_one
