"""Apple's export.xml: read as it is written, whatever its size and whoever wrote it."""

from __future__ import annotations

import datetime as dt
import io
import math
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.errors import BadInput
from assistant.figures.health.apple_pieces import Ended, Piece, read, received, written
from assistant.figures.health.apple_records import Converting
from assistant.figures.health.apple_times import Clock
from assistant.figures.health.apple_types import activity, meaning, metric_of
from assistant.figures.health.apple_xml import CHUNK_BYTES, Elements, Reader, opened, recognises
from assistant.figures.health.columns import EPOCH, MARKS, Columns, columns_of, day_of
from assistant.figures.health.health_values import RECORDED, Batch, Reading

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE HealthData [
<!-- HealthKit Export Version: 14; it's "broken" here and there ]> -->
<!ELEMENT HealthData (ExportDate,Me,(Record|Correlation|Workout|ActivitySummary|ClinicalRecord)*)>
<!ATTLIST HealthData
  locale CDATA #REQUIRED
>
<!ATTLIST Workout
  workoutActivityType   CDATA #REQUIRED
  workoutActivityType   CDATA #BROKEN
>
]>
<HealthData locale="en_DE">
 <ExportDate value="2026-11-01 10:00:00 +0100"/>
 <Me HKCharacteristicTypeIdentifierDateOfBirth="1980-05-03"/>
"""
Q = "HKQuantityTypeIdentifier"


def record(kind: str, start: str, value: str, *, unit: str = "count", end: str = "", source: str = "Watch") -> str:
    kind = kind if kind.startswith("HK") else Q + kind
    return (
        f' <Record type="{kind}" sourceName="{source}" sourceVersion="9" device="&lt;&lt;HKDevice: 0x1&gt;&gt;" '
        f'unit="{unit}" creationDate="{start}" startDate="{start}" endDate="{end or start}" value="{value}"/>\n'
    )


def elements(body: str | bytes, *, head: str = HEAD) -> Elements:
    """All elements of an export."""
    text = head.encode() + (body if isinstance(body, bytes) else body.encode()) + b"</HealthData>\n"
    return read_all(Reader(io.BytesIO(text), name="export.xml"))


def read_all(reader: Reader) -> Elements:
    all_of_it = Elements()
    while (found := reader.more()) is not None:
        all_of_it.records += found.records
        all_of_it.workouts += found.workouts
        all_of_it.left_out = found.left_out
    return all_of_it


def converted(body: str) -> tuple[Batch, Converting]:
    converting = Converting(time_zone="Europe/Berlin")
    found = elements(body)
    converting.add(found.records)
    for attributes, statistics in found.workouts:
        converting.add_workout(attributes, statistics)
    columns, batch = converting.taken()
    return replace(batch, readings=readings_of(columns)), converting


def readings_of(columns: Columns) -> list[Reading]:
    """Columns as the readings that they came from."""
    readings = []
    for number, at, span_s, day, value, low, high, given, unit, mark in columns.rows.tolist():
        bounds = [None if math.isnan(each) else each for each in (low, high, given)]
        instant = EPOCH + dt.timedelta(microseconds=at)
        readings.append(
            Reading(
                *columns.series[number], instant, span_s, day_of(day), value, *bounds, columns.units[unit], MARKS[mark]
            )
        )
    return readings


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def test_a_record_becomes_a_reading_under_the_name_that_health_auto_export_gives_it() -> None:
    batch, _ = converted(record("StepCount", "2026-03-01 23:58:00 +0100", "196", end="2026-03-02 00:03:00 +0100"))
    (reading,) = batch.readings
    assert reading == (
        "step_count", "Watch", utc("2026-03-01 22:58:00"), RECORDED, dt.date(2026, 3, 1), 196.0, None, None, None,
        "count", "",
    )  # fmt: skip


def test_units_are_converted_and_what_came_is_kept() -> None:
    batch, _ = converted(
        record("ActiveEnergyBurned", "2026-03-01 10:00:00 +0100", "10", unit="Cal")
        + record("BodyMass", "2026-03-01 10:00:00 +0100", "150", unit="lb")
        + record("BodyTemperature", "2026-03-01 10:00:00 +0100", "98.6", unit="degF")
        + record("HeartRate", "2026-03-01 10:00:00 +0100", "61", unit="count/min")
    )
    assert [(each.metric, round(each.value, 6), each.given, each.given_unit) for each in batch.readings] == [
        ("active_energy", 41.84, 10.0, "Cal"),
        ("weight_body_mass", 68.038855, 150.0, "lb"),
        ("body_temperature", 37.0, 98.6, "degF"),
        ("heart_rate", 61.0, None, "count/min"),
    ]


def test_percentages_that_apple_writes_as_fractions_are_percent() -> None:
    batch, _ = converted(record("OxygenSaturation", "2026-03-01 10:00:00 +0100", "0.97", unit="%"))
    assert (batch.readings[0].metric, batch.readings[0].value) == ("blood_oxygen_saturation", 97.0)


def test_a_source_is_named_as_in_posts_of_health_auto_export() -> None:
    start = "2026-03-01 10:00:00 +0100"
    batch, _ = converted(
        record("StepCount", start, "1", source="Ana’s Apple\u00a0Watch")
        + record("StepCount", start, "1", source="Tom &amp; Ana")
        + record("StepCount", start, "1", source="")
    )
    assert [each.source for each in batch.readings] == ["Ana’s Apple Watch", "Tom & Ana", "Apple Health"]


def test_the_day_is_that_of_the_offset_that_is_written() -> None:
    batch, _ = converted(
        record("StepCount", "2026-03-29 00:30:00 +0100", "1")
        + record("StepCount", "2026-03-29 23:30:00 +0200", "2")
        + record("StepCount", "2026-03-29 23:30:00 -0800", "3")
        + record("StepCount", "2026-03-30 00:10:00 +0530", "4")
    )
    assert [(each.at.isoformat(), each.day.day) for each in batch.readings] == [
        ("2026-03-28T23:30:00+00:00", 29),
        ("2026-03-29T21:30:00+00:00", 29),
        ("2026-03-30T07:30:00+00:00", 29),
        ("2026-03-29T18:40:00+00:00", 30),
    ]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-07-01 15:04:05 +0200", "2026-07-01 13:04:05"),
        ("2026-07-01 3:04:05 PM +0200", "2026-07-01 13:04:05"),
        ("2026-07-01 3:04:05\u202fPM +0200", "2026-07-01 13:04:05"),
        ("2026-07-01 12:04:05 AM +0200", "2026-06-30 22:04:05"),
        ("2026-07-01 12:04:05 p.m. +0200", "2026-07-01 10:04:05"),
        ("2026-07-01T15:04:05Z", "2026-07-01 15:04:05"),
        ("2026-07-01 15:04:05 +05:30", "2026-07-01 09:34:05"),
        ("2026-07-01 15:04:05", "2026-07-01 13:04:05"),  # of the person's zone, which is Berlin
        ("2026-01-01", "2025-12-31 23:00:00"),
    ],
)
def test_dates_are_read_in_every_way_they_are_written(text: str, instant: str) -> None:
    clock = Clock("Europe/Berlin")
    assert clock.read(text)[0] == utc(instant)
    assert clock.read(text)[0] == utc(instant)  # and from what is remembered


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-13-01 00:00:00 +0000", "2026-02-30 00:00:00 +0000", "2026-07-01 25:00:00 +0200",
     "2026-07-01 13:04:05 PM +0200", "0001-01-01 00:00:00 +1400", "9999-12-31 23:59:59 -1200",
     "2026-07-01 10:00:00 +9900"],
)  # fmt: skip
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Clock("Europe/Berlin").read(text)


def test_a_remembered_day_reads_as_it_did_the_first_time() -> None:
    clock = Clock("Europe/Berlin")
    texts = [f"2026-10-25 {hour:02}:{minute:02}:59 {offset}"
             for hour in range(24) for minute in (0, 30, 59) for offset in ("+0200", "+0100")]  # fmt: skip
    expected = [dt.datetime.strptime(each, "%Y-%m-%d %H:%M:%S %z") for each in texts]
    assert [clock.read(each)[0] for each in texts] == expected
    assert [clock.read(each)[0] for each in reversed(texts)] == expected[::-1]


def test_an_unknown_type_is_an_unknown_metric_in_its_own_unit() -> None:
    batch, _ = converted(record("MoonPhaseExposure", "2026-03-01 10:00:00 +0100", "0.5", unit="lx"))
    assert batch.readings[0][:1] + batch.readings[0][5:] == ("moon_phase_exposure", 0.5, None, None, None, "lx", "")


def test_a_unit_that_fits_no_metric_is_kept_marked_and_told() -> None:
    batch, converting = converted(record("BodyMass", "2026-03-01 10:00:00 +0100", "80", unit="furlong"))
    assert (batch.readings[0].value, batch.readings[0].mark) == (80.0, "impossible")
    assert converting.troubles == ["weight came in furlong, which cannot be turned into kg"]


def test_every_stage_of_sleep_is_known_also_those_of_before_ios_16() -> None:
    kind, value = "HKCategoryTypeIdentifierSleepAnalysis", "HKCategoryValueSleepAnalysis"
    names = ["InBed", "Asleep", "AsleepUnspecified", "AsleepCore", "AsleepDeep", "AsleepREM", "Awake"]
    batch, _ = converted(
        "".join(record(kind, f"2026-03-01 0{n}:00:00 +0100", value + name, end=f"2026-03-01 0{n}:30:00 +0100")
                for n, name in enumerate(names))
    )  # fmt: skip
    assert [each.stage for each in batch.segments] == ["in_bed", "asleep", "asleep", "core", "deep", "rem", "awake"]
    assert (batch.segments[0].start_at, batch.segments[0].end_at) == (utc("2026-02-28 23:00"), utc("2026-02-28 23:30"))


def test_sleep_over_the_end_of_summer_time_has_both_offsets() -> None:
    batch, _ = converted(
        record("HKCategoryTypeIdentifierSleepAnalysis", "2026-10-24 23:00:00 +0200",
               "HKCategoryValueSleepAnalysisAsleepCore", end="2026-10-25 07:00:00 +0100")
    )  # fmt: skip
    (segment,) = batch.segments
    assert (segment.end_at - segment.start_at, segment.offset_s, segment.end_offset_s) == (
        dt.timedelta(hours=9),
        7200,
        3600,
    )


def test_categories_that_are_no_figures_are_kept_as_they_came_and_lasting_ones_are_seconds() -> None:
    batch, _ = converted(
        record(
            "HKCategoryTypeIdentifierMindfulSession", "2026-03-01 10:00:00 +0100", "x", end="2026-03-01 10:10:00 +0100"
        )
        + record(
            "HKCategoryTypeIdentifierAppleStandHour", "2026-03-01 10:00:00 +0100", "HKCategoryValueAppleStandHourStood"
        )
        + record(
            "HKCategoryTypeIdentifierAppleStandHour", "2026-03-01 11:00:00 +0100", "HKCategoryValueAppleStandHourIdle"
        )
        + record("HKCategoryTypeIdentifierHeadache", "2026-03-01 10:00:00 +0100", "HKCategoryValueSeverityMild")
    )
    assert [(each.metric, each.value) for each in batch.readings] == [
        ("mindful_minutes", 600.0), ("apple_stand_hour", 1.0), ("apple_stand_hour", 0.0),
    ]  # fmt: skip
    (kept,) = batch.records
    assert (kept.kind, kept.body["value"]) == ("headache", "HKCategoryValueSeverityMild")


def test_a_workout_is_read_with_its_statistics_and_without_them() -> None:
    batch, _ = converted(
        """ <Workout workoutActivityType="HKWorkoutActivityTypeTraditionalStrengthTraining" duration="45.5"
         durationUnit="min" sourceName="Watch"
         startDate="2026-03-01 10:00:00 +0100" endDate="2026-03-01 10:46:00 +0100">
          <MetadataEntry key="HKIndoorWorkout" value="0"/>
          <WorkoutEvent type="HKWorkoutEventTypePause" date="2026-03-01 10:20:00 +0100"/>
          <WorkoutStatistics type="HKQuantityTypeIdentifierActiveEnergyBurned" startDate="x" sum="300" unit="Cal"/>
          <WorkoutStatistics type="HKQuantityTypeIdentifierHeartRate" average="120" maximum="150" unit="count/min"/>
         </Workout>
         <Workout workoutActivityType="HKWorkoutActivityTypeRunning" duration="0.5" durationUnit="hr" sourceName="Watch"
          totalDistance="3.1" totalDistanceUnit="mi" totalEnergyBurned="1255.2" totalEnergyBurnedUnit="kJ"
          startDate="2026-03-02 10:00:00 +0100" endDate="2026-03-02 10:46:00 +0100"/>"""
    )
    strength, run = batch.workouts
    assert (strength.name, strength.duration_s, strength.energy_unit) == (
        "Traditional Strength Training",
        2730.0,
        "kcal",
    )
    assert strength.energy_kj == pytest.approx(1255.2)
    assert strength.details["statistics"]["heart_rate"]["maximum"] == "150"
    assert (run.name, run.duration_s, run.energy_kj, run.distance_unit) == ("Running", 1800.0, 1255.2, "mi")
    assert run.distance_m == pytest.approx(3.1 * 1609.344)


def test_a_workout_may_lie_across_two_pieces() -> None:
    filler = record("StepCount", "2026-03-01 10:00:00 +0100", "1")
    many = filler * ((CHUNK_BYTES - len(HEAD)) // len(filler.encode()))
    statistics = '<WorkoutStatistics type="HKQuantityTypeIdentifierStepCount" sum="5" unit="count"/>' * 20
    found = elements(f'{many}<Workout workoutActivityType="X" startDate="a" endDate="b">{statistics}</Workout>')
    assert [len(each) for _, each in found.workouts] == [20]


def test_records_inside_of_a_correlation_are_those_that_stand_outside_too() -> None:
    inside = record("BloodPressureSystolic", "2026-03-01 10:00:00 +0100", "120", unit="mmHg")
    batch, _ = converted(
        f'<Correlation type="HKCorrelationTypeIdentifierBloodPressure">{inside}</Correlation>{inside}{inside}'
    )
    assert [(each.metric, each.value) for each in batch.readings] == [("blood_pressure_systolic", 120.0)]


def test_foods_of_one_meal_are_all_kept_and_the_same_record_twice_is_one() -> None:
    meal = [record("DietaryProtein", "2026-03-01 08:00:00 +0100", value, unit="g") for value in ("7", "12", "3")]
    batch, converting = converted("".join([*meal, meal[1], meal[0], meal[2]]))
    assert [(each.value, each.at.microsecond) for each in batch.readings] == [(7.0, 0), (12.0, 1000), (3.0, 2000)]
    assert converting.doubled == 3


def test_what_is_left_out_is_counted() -> None:
    found = elements('<ActivitySummary dateComponents="2026-03-01"/><ActivitySummary/><ClinicalRecord/><Audiogram/>')
    assert dict(found.left_out) == {"ActivitySummary": 2, "ClinicalRecord": 1, "Audiogram": 1}


def test_a_record_that_cannot_be_read_is_told_and_the_others_are_read() -> None:
    good = record("StepCount", "2026-03-01 10:00:00 +0100", "5")
    batch, converting = converted(
        good
        + record("StepCount", "some day", "5")
        + record("StepCount", "2026-03-01 11:00:00 +0100", "many")
        + '<Record type="HKQuantityTypeIdentifierHeartRate"/><Record/>'
        + record("HKCategoryTypeIdentifierSleepAnalysis", "2026-03-01 11:00:00 +0100", "Dozing")
        + record("StepCount", "2026-03-01 10:00:60 +0100", "5")
        + record("StepCount", "2026-03-01 12:00:00 +0100", "6")
    )
    assert [each.value for each in batch.readings] == [5.0, 6.0]
    assert dict(converting.unread) == {"step_count": 3, "heart_rate": 1, "record_without_type": 1, "sleep_analysis": 1}
    assert "some day" in converting.examples["step_count"]


def test_a_thousand_kinds_of_trouble_are_not_all_remembered() -> None:
    _, converting = converted("".join(f'<Record type="HKQuantityTypeIdentifierA{n}"/>' for n in range(1000)))
    assert sum(converting.unread.values()) == 1000
    assert len(converting.unread) <= 101


def test_an_export_and_its_archive_are_recognised_by_what_they_hold(tmp_path: Path) -> None:
    text = (HEAD + "</HealthData>").encode()
    assert recognises(tmp_path / "x", text)
    assert recognises(tmp_path / "x", b"\xef\xbb\xbf" + text)
    for other in (b"", b"{}", b"<Document/>", b'<?xml version="1.0"?><ClinicalDocument/>', b"HealthData <HealthData>"):
        assert not recognises(tmp_path / "x", other)
    archive = tmp_path / "exported.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("apple_health_export/export_cda.xml", "<ClinicalDocument/>")
        made.writestr("apple_health_export/Exportación.xml", text)
        made.writestr("apple_health_export/workout-routes/route.gpx", "<gpx/>")
    assert recognises(archive, archive.read_bytes()[:65536])
    with opened(archive) as (file, size):
        assert (file.read(), size) == (text, len(text))


def test_another_archive_is_not_recognised(tmp_path: Path) -> None:
    for name, content in (("a.zip", b"PK\x03\x04 nonsense"), ("b.zip", _zip({"notes.xml": b"<notes/>"}))):
        (tmp_path / name).write_bytes(content)
        assert not recognises(tmp_path / name, content[:65536])
        with pytest.raises(BadInput, match=r"holds no export|cannot be opened"), opened(tmp_path / name):
            pass


def _zip(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return held.getvalue()


BOMB = """<?xml version="1.0"?>
<!DOCTYPE HealthData [
 <!ENTITY a "aaaaaaaaaa"> <!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"> <!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
]>
<HealthData locale="&c;">
"""
OUTSIDE = """<?xml version="1.0"?>
<!DOCTYPE HealthData [ <!entity % x SYSTEM "file:///etc/passwd"> ]>
<HealthData>
"""


@pytest.mark.parametrize("head", [BOMB, OUTSIDE, BOMB.replace("]>", "<!-- ]> --> ]>")])
def test_a_file_that_declares_entities_is_refused(head: str) -> None:
    with pytest.raises(BadInput, match="declares entities"):
        elements("", head=head)


def test_an_entity_that_nobody_declared_is_refused() -> None:
    with pytest.raises(BadInput, match="undefined entity"):
        elements("&evil;")


def test_an_external_document_type_is_never_fetched() -> None:
    found = elements("<ActivitySummary/>", head='<!DOCTYPE HealthData SYSTEM "http://evil.test/x.dtd">\n<HealthData>')
    assert found.left_out["ActivitySummary"] == 1


def test_a_second_document_type_is_refused() -> None:
    with pytest.raises(BadInput, match=r"damaged|twice"):
        elements("<!DOCTYPE HealthData [<!ENTITY a 'b'>]>")


def test_another_root_is_refused() -> None:
    with pytest.raises(BadInput, match="no export"):
        elements("", head='<!DOCTYPE HealthData>\n<ClinicalDocument classCode="DOC">')


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<a>" * 2_000_000, "nests deeper"),
        (b'<Record value="' + b"9" * 6_000_000 + b'"/>', "longer than 4 MB"),
        (b"<!--" + b"x" * 6_000_000 + b"-->", "longer than 4 MB"),
    ],
)
def test_what_is_made_to_fill_the_memory_is_refused_before_it_does(body: bytes, said: str) -> None:
    text = io.BytesIO(HEAD.encode() + body)
    tracemalloc.start()
    with pytest.raises(BadInput, match=said):
        read_all(Reader(text, name="export.xml"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_a_beginning_without_end_is_refused() -> None:
    with pytest.raises(BadInput, match="does not begin"):
        elements("", head="<!DOCTYPE HealthData [" + "<!-- x -->" * 300_000)


def test_much_text_between_elements_does_no_harm() -> None:
    found = elements(b"x" * 6_000_000 + b"<ActivitySummary/>")
    assert found.left_out["ActivitySummary"] == 1


def test_what_stands_before_a_fault_is_given_out_first() -> None:
    text = HEAD + record("StepCount", "2026-03-01 10:00:00 +0100", "5") + "<Record type="
    reader = Reader(io.BytesIO(text.encode()), name="export.xml")
    first = reader.more()
    assert first is not None
    assert len(first.records) == 1
    with pytest.raises(BadInput, match=r"damaged at line \d+"):
        read_all(reader)


def test_another_encoding_and_no_text_at_all_are_refused() -> None:
    for text in (
        b'<?xml version="1.0" encoding="utf-7"?><HealthData></HealthData>',
        b"",
        b"\x00\x01\x02",
        b"\xff\xfe<\x00",
    ):
        with pytest.raises(BadInput):
            read_all(Reader(io.BytesIO(text), name="export.xml"))


def test_names_of_apple_are_those_of_health_auto_export() -> None:
    names = {
        "BodyMass": "weight_body_mass", "DistanceWalkingRunning": "walking_running_distance", "VO2Max": "vo2max",
        "HeartRateVariabilitySDNN": "heart_rate_variability", "OxygenSaturation": "blood_oxygen_saturation",
        "AppleExerciseTime": "apple_exercise_time", "DietaryFatTotal": "total_fat", "DietaryProtein": "protein",
        "DietaryWater": "dietary_water", "DietaryVitaminB12": "vitamin_b12", "FlightsClimbed": "flights_climbed",
    }  # fmt: skip
    assert {name: metric_of(Q + name) for name in names} == names
    assert activity("HKWorkoutActivityTypeHighIntensityIntervalTraining") == "High Intensity Interval Training"
    assert meaning(Q + "VO2Max", "mL/min·kg")[:3] == ("vo2max", 1.0, 0.0)


def test_readings_are_the_same_one_by_one_and_as_columns() -> None:
    batch, converting = converted(
        record("StepCount", "2026-03-01 10:00:00 +0100", "1")
        + record("BodyMass", "1987-03-01 10:00:00 -0330", "150", unit="lb", source="Scale")
        + record("BodyMass", "2026-03-02 10:00:00 +0100", "80", unit="furlong")
        + record("HKCategoryTypeIdentifierMindfulSession", "2026-03-01 10:00:00 +0100", "x")
    )
    assert len(batch.readings) == 4
    assert readings_of(columns_of(batch.readings)) == batch.readings
    assert readings_of(columns_of([])) == []
    assert converting.held == 0


EVERYTHING = (
    record("StepCount", "2026-03-01 10:00:00 +0100", "1")
    + record("StepCount", "2026-03-01 10:00:00 +0100", "1")
    + record("StepCount", "some day", "5")
    + record("HKCategoryTypeIdentifierHeadache", "2026-03-01 10:00:00 +0100", "HKCategoryValueSeverityMild")
    + record(
        "HKCategoryTypeIdentifierSleepAnalysis",
        "2026-10-24 23:00:00 +0200",
        "HKCategoryValueSleepAnalysisAsleepREM",
        end="2026-10-25 07:00:00 +0100",
    )
    + """<Workout workoutActivityType="HKWorkoutActivityTypeRunning" sourceName="Tom &amp; Ana’s"
         startDate="2026-03-02 10:00:00 +0100" endDate="2026-03-02 10:46:00 +0100">
         <WorkoutStatistics type="HKQuantityTypeIdentifierDistanceWalkingRunning" sum="5" unit="km"/></Workout>"""
    + "<ActivitySummary/>"
)


def pieces_of(path: Path, body: str, *, batch: int = 100) -> list[Piece | Ended]:
    path.write_text(HEAD + body)
    return list(read(path, name=path.name, time_zone="Europe/Berlin", batch=batch, chunk_bytes=CHUNK_BYTES))


async def test_a_piece_arrives_as_it_was_sent(tmp_path: Path) -> None:
    sent = pieces_of(tmp_path / "export.xml", EVERYTHING + "</HealthData>")
    stream = io.BytesIO(b"".join(bytes(part) for piece in sent for part in written(piece)))

    async def exactly(size: int) -> bytes:
        return stream.read(size)

    (piece, ended), (was, was_ended) = [await received(exactly) for _ in sent], sent
    assert isinstance(piece, Piece)
    assert isinstance(was, Piece)
    assert readings_of(piece.columns) == readings_of(was.columns)
    assert len(piece.columns.rows) == 1
    assert (piece.batch, piece.done, piece.size) == (was.batch, was.done, was.size)
    assert [len(part) for part in (piece.batch.segments, piece.batch.workouts, piece.batch.records)] == [1, 1, 1]
    assert ended == was_ended
    assert isinstance(ended, Ended)
    assert (ended.unread, ended.doubled, ended.left_out, ended.fault) == (
        {"step_count": 1},
        1,
        {"ActivitySummary": 1},
        "",
    )
    assert not stream.read()


def test_a_fault_is_told_after_what_comes_before_it(tmp_path: Path) -> None:
    piece, ended = pieces_of(tmp_path / "export.xml", EVERYTHING + "<Record type=")
    assert isinstance(piece, Piece)
    assert isinstance(ended, Ended)
    assert len(piece.columns.rows) == 1
    assert "what comes before is stored" in ended.fault
    assert ended.left_out == {"ActivitySummary": 1}


def test_a_file_without_readings_is_still_told_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.figures.health.apple_pieces.LOOK_BYTES", CHUNK_BYTES)
    *pieces, ended = pieces_of(tmp_path / "export.xml", "<ActivitySummary/>" * 60_000 + "</HealthData>")
    done = [piece.done for piece in pieces if isinstance(piece, Piece)]
    assert len(done) >= 3
    assert done == sorted(set(done))
    assert isinstance(ended, Ended)
    assert ended.left_out == {"ActivitySummary": 60_000}


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (ended,) = read(tmp_path / "no.xml", name="no.xml", time_zone="UTC", batch=10, chunk_bytes=CHUNK_BYTES)
    assert isinstance(ended, Ended)
    assert "cannot be opened" in ended.fault
