"""Whatever way the same readings come, the tables are those of one clean import; and corrections win."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import health_made as made
import psycopg
import pytest
from health_made import BERLIN, PHONE, WATCH, Row
from sqlalchemy import text
from sqlalchemy.engine import make_url

from assistant import auth
from assistant.db.database import Database, connect
from assistant.db.server import EmbeddedServer
from assistant.events import Person
from assistant.figures.health import health_post
from assistant.figures.health.taking import Batch, Reading, Taken, Workout, set_priority, take
from assistant.settings import Settings

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
SPRING = [dt.date(2026, 3, 27) + dt.timedelta(n) for n in range(5)]
AUTUMN = [dt.date(2026, 10, 23) + dt.timedelta(n) for n in range(5)]
TABLES = {
    "series": "SELECT metric, source, unit, shown_unit, known, rank FROM health_series",
    "samples": "SELECT r.metric, r.source, s.at, s.span_s, s.day, s.value, s.low, s.high, s.given, s.given_unit, s.mark"
    " FROM health_samples s JOIN health_series r ON r.id = s.series_id",
    "days": "SELECT r.metric, r.source, d.day, d.span_s, d.readings, d.total, d.low, d.high, d.latest, d.latest_at,"
    " d.left_out, d.values, d.counts, d.chosen FROM health_days d JOIN health_series r ON r.id = d.series_id",
    "sleep": "SELECT source, start_at, end_at, stage, offset_s, end_offset_s, mark FROM health_sleep",
    "nights": "SELECT source, day, kind, shape, start_at, end_at, start_offset_s, offset_s, asleep_s, in_bed_s, core_s,"
    " deep_s, rem_s, awake_s, mark, chosen FROM health_nights",
    "workouts": "SELECT key, name, source, start_at, end_at, day, duration_s, energy_kj, distance_m, details, mark"
    " FROM health_workouts",
    "records": "SELECT kind, key, at, body FROM health_records",
}


class Home:
    """A database with one person, as far as health goes."""

    def __init__(self, database: Database, person: Person) -> None:
        self.database, self.person = database, person

    async def post(self, rows: Sequence[Row], **lists: list[dict[str, Any]]) -> Taken:
        batch = health_post.parse(made.body(rows, **lists), zone=BERLIN)
        return await take(self.database, self.person.id, batch, now=NOW)

    async def rows(self, sql: str, **values: Any) -> list[Any]:
        async with self.database.session(self.person.id) as session:
            return [tuple(row) for row in (await session.execute(text(sql), values)).all()]

    async def tables(self) -> dict[str, list[str]]:
        return {name: sorted(map(repr, await self.rows(sql))) for name, sql in TABLES.items()}

    async def counting(self, metric: str) -> dict[dt.date, tuple[str, float, int]]:
        """(source, total, readings) of the days of a metric, from the source that counts."""
        rows = await self.rows(
            "SELECT d.day, r.source, d.total, d.readings FROM health_days d JOIN health_series r ON r.id = d.series_id"
            " WHERE d.chosen AND r.metric = :metric",
            metric=metric,
        )
        assert len({row[0] for row in rows}) == len(rows), "two sources count for one day"
        return {day: (source, total, readings) for day, source, total, readings in rows}


@pytest.fixture
async def homes(server: EmbeddedServer, settings: Settings) -> AsyncIterator[Callable[[], Any]]:
    """As many empty homes as a test asks for."""
    opened: list[tuple[str, Database]] = []

    async def another() -> Home:
        name = f"replay_{id(opened)}_{len(opened)}"
        with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE house_template")
        database = connect(make_url(server.url("postgres", name)))
        opened.append((name, database))
        return Home(database, await auth.owner_of_the_folder(database, settings))

    yield another
    for name, database in opened:
        await database.close()
        with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def home(homes: Callable[[], Any]) -> Home:
    opened: Home = await homes()
    return opened


def everything(days: Sequence[dt.date]) -> list[Row]:
    rows = [row for day in days for row in (*made.day_rows(day), *made.stretch_rows(day))]
    return rows + [made.aggregated_row(day) for day in days] + [made.older_row(day) for day in days]


def shuffled(rows: Sequence[Row], seed: int) -> list[Row]:
    mixed = list(rows)
    random.Random(seed).shuffle(mixed)
    return mixed


def in_posts(rows: Sequence[Row], size: int, overlap: int) -> list[list[Row]]:
    return [list(rows[max(0, start - overlap) : start + size]) for start in range(0, len(rows), size)]


# Replays -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [SPRING, AUTUMN], ids=["spring", "autumn"])
async def test_shuffled_overlapping_and_repeated_posts_leave_the_tables_of_one_clean_import(
    homes: Callable[[], Any], days: list[dt.date]
) -> None:
    rows = everything(days)
    lists = {"workouts": [made.workout(day) for day in days], "symptoms": [{"name": "Cough"}], "ecg": [{"id": 4}]}
    clean, replayed = await homes(), await homes()
    first = await clean.post(rows, **lists)
    assert first.added > 1000
    assert not first.complaints
    expected = await clean.tables()
    assert all(expected.values())

    for seed, (size, overlap) in enumerate([(97, 31), (400, 200)]):
        for piece in in_posts(shuffled(rows, seed), size, overlap):
            await replayed.post(piece)
    await replayed.post([], **lists)
    for _ in range(10):
        again = await replayed.post(shuffled(rows, 5), **lists)
        assert (again.added, again.changed, again.changed_days, again.new_days) == (0, 0, (), ())
        assert again.unchanged == first.added
    assert await replayed.tables() == expected


async def test_the_app_sends_yesterday_and_today_again_and_again(homes: Callable[[], Any]) -> None:
    clean, replayed = await homes(), await homes()
    await clean.post(everything(AUTUMN))
    rows = {day: everything([day]) for day in AUTUMN}
    for yesterday, today in zip([AUTUMN[0], *AUTUMN], AUTUMN, strict=False):
        for part in (0.3, 0.6, 1.0):
            await replayed.post([*rows[yesterday], *rows[today][: int(len(rows[today]) * part)]])
    assert await replayed.tables() == await clean.tables()


async def test_readings_that_come_one_by_one_give_the_same_figures(homes: Callable[[], Any]) -> None:
    rows = [*made.day_rows(SPRING[2])[::4], *made.stretch_rows(SPRING[2]), made.aggregated_row(SPRING[2])]
    clean, replayed = await homes(), await homes()
    await clean.post(rows)
    for row in shuffled(rows, 3):
        await replayed.post([row])
    assert await replayed.tables() == await clean.tables()


async def test_the_last_correction_wins_whatever_came_before(homes: Callable[[], Any]) -> None:
    clean, corrected = await homes(), await homes()
    right = everything(SPRING)
    wrong = [
        (name, unit, {**row, **{key: row[key] * 0.5 for key in ("qty", "Avg", "totalSleep") if key in row}})
        for name, unit, row in right
        if "value" not in row
    ]
    await clean.post(right)
    await corrected.post(shuffled(wrong, 1))
    taken = Taken()
    for piece in in_posts(shuffled(right, 2), 500, 100):
        taken = await corrected.post(piece)
    assert taken.changed
    assert await corrected.tables() == await clean.tables()


async def test_two_devices_in_two_posts_are_the_same_as_in_one(homes: Callable[[], Any]) -> None:
    clean, apart = await homes(), await homes()
    rows = everything(SPRING)
    await clean.post(rows)
    await apart.post([row for row in rows if row[2].get("source") != WATCH])
    await apart.post([row for row in rows if row[2].get("source") == WATCH])
    assert await apart.tables() == await clean.tables()


async def test_a_night_that_is_drawn_again_leaves_nothing_of_the_first_drawing(homes: Callable[[], Any]) -> None:
    clean, redrawn = await homes(), await homes()
    for day in SPRING:
        await redrawn.post(made.stretch_rows(day, seed=0))
    # The watch reads the same nights again: other stages, in the same hours.
    nights = [made.stages(day) for day in SPRING]
    rows: list[Row] = []
    for drawn in nights:
        at, end = drawn[0][0], drawn[-1][1]
        while at < end:
            until = min(end, at + dt.timedelta(minutes=41))
            row = {"startDate": made.written(at), "endDate": made.written(until), "value": "Core", "source": WATCH}
            rows.append(("sleep_analysis", "hr", row))
            at = until
        in_bed = {"startDate": made.written(drawn[0][0]), "endDate": made.written(end), "value": "In Bed"}
        rows.append(("sleep_analysis", "hr", {**in_bed, "source": PHONE}))
    await clean.post(rows)
    taken = await redrawn.post(rows)
    assert {("sleep", day) for day in SPRING} == set(taken.changed_days)
    assert await redrawn.tables() == await clean.tables()


# Days and sources ----------------------------------------------------------------------------------------------------


async def test_two_sources_are_never_added_up_and_the_watch_counts(home: Home) -> None:
    day = SPRING[0]
    rows = made.day_rows(day)
    await home.post(rows)
    by_source = {
        source: sum(row["qty"] for name, _, row in rows if name == "step_count" and row["source"] == source)
        for source in (WATCH, PHONE)
    }
    assert (await home.counting("step_count"))[day] == ("Ana’s Apple Watch", by_source[WATCH], 24)
    changed = await set_priority(home.database, home.person.id, "step_count", [PHONE], now=NOW)
    assert changed == (("step_count", day),)
    assert (await home.counting("step_count"))[day] == (PHONE, by_source[PHONE], 24)
    assert (await home.counting("heart_rate"))[day][0] == "Ana’s Apple Watch"
    # What comes later keeps to the order, and the rule comes back with an empty one.
    await home.post(made.day_rows(SPRING[1]))
    assert (await home.counting("step_count"))[SPRING[1]][0] == PHONE
    assert len(await set_priority(home.database, home.person.id, "step_count", [], now=NOW)) == 2
    assert (await home.counting("step_count"))[day][0] == "Ana’s Apple Watch"


async def test_the_order_of_sources_holds_for_nights_too(home: Home) -> None:
    await home.post([*made.stretch_rows(SPRING[2]), made.aggregated_row(SPRING[2], seed=1)])
    counting = "SELECT source FROM health_nights WHERE chosen"
    assert await home.rows(counting) == [("Ana’s Apple Watch",)]
    assert await set_priority(home.database, home.person.id, "sleep", ["Ring"], now=NOW) == (("sleep", SPRING[2]),)
    assert await home.rows(counting) == [("Ring",)]


async def test_the_figure_of_a_day_and_its_hours_are_not_added_up(home: Home) -> None:
    hourly = [
        ("step_count", "count", {"date": made.written(at), "qty": 100, "source": PHONE}) for at in made.hours(SPRING[0])
    ]
    daily = [
        ("step_count", "count", {"date": made.written(made.local(day)), "qty": 2450, "source": PHONE})
        for day in SPRING[:2]
    ]
    await home.post(hourly)
    await home.post(daily)
    assert (await home.counting("step_count"))[SPRING[0]][1:] == (2450, 1)
    # A late correction has one row alone: it is known as the day's.
    taken = await home.post([("step_count", "count", {**daily[1][2], "qty": 2000})])
    assert taken.changed_days == (("step_count", SPRING[1]),)
    assert (await home.counting("step_count"))[SPRING[1]][1:] == (2000, 1)
    # And hours after days: the hours hold midnight again.
    await home.post(hourly)
    assert (await home.counting("step_count"))[SPRING[0]][1:] == (2400, 24)


async def test_a_journey_moves_midnight_but_adds_no_day(home: Home) -> None:
    for zone in ("Europe/Berlin", "America/New_York"):
        offset = {"Europe/Berlin": "+0100", "America/New_York": "-0500"}[zone]
        rows = [
            ("step_count", "count", {"date": f"2026-02-0{day} 00:00:00 {offset}", "qty": 5000, "source": WATCH})
            for day in (3, 4)
        ]
        await home.post(rows)
    assert [each[1] for each in (await home.counting("step_count")).values()] == [5000, 5000]


async def test_single_records_of_a_device_and_posts_of_it_are_not_added_up(home: Home) -> None:
    hourly = [
        ("step_count", "count", {"date": made.written(at), "qty": 60, "source": PHONE}) for at in made.hours(SPRING[0])
    ]
    await home.post(hourly)
    start = made.local(SPRING[0])
    records = [
        Reading("step_count", PHONE, start + dt.timedelta(minutes=n), 1, SPRING[0], 1.0, None, None, None, "count", "")
        for n in range(600)
    ]
    taken = await take(home.database, home.person.id, Batch(readings=records), now=NOW)
    assert taken.added == 600
    assert not taken.changed_days
    assert (await home.counting("step_count"))[SPRING[0]][1:] == (24 * 60, 24)


@pytest.mark.parametrize(("day", "count"), [(dt.date(2026, 3, 29), 23), (dt.date(2026, 10, 25), 25)])
async def test_a_day_of_a_dst_change_has_its_own_number_of_hours(home: Home, day: dt.date, count: int) -> None:
    await home.post(made.day_rows(day))
    assert (await home.counting("step_count"))[day][2] == count
    assert set(await home.counting("step_count")) == {day}


async def test_levels_keep_every_value_of_a_day_for_exact_medians(home: Home) -> None:
    rates = [60, 61, 60, 75, 60, 61]
    start = made.local(SPRING[0], 8)
    rows = [
        ("heart_rate", "bpm", {"date": made.written(start + dt.timedelta(minutes=n)), "qty": rate})
        for n, rate in enumerate(rates)
    ]
    await home.post(rows)
    [(values, counts, total, low, high, latest)] = await home.rows(
        "SELECT values, counts, total, low, high, latest FROM health_days"
    )
    assert (values, counts, total, low, high, latest) == ([60, 61, 75], [3, 2, 1], sum(rates), 60, 75, 61)


# What was told before ------------------------------------------------------------------------------------------------


async def test_changed_days_are_those_that_had_another_figure(home: Home) -> None:
    first = await home.post(made.day_rows(SPRING[0]))
    assert not first.changed_days
    assert ("step_count", SPRING[0]) in first.new_days
    assert ("florp_index", SPRING[0]) in first.new_days
    resting = {"date": made.written(made.local(SPRING[0], 11, 3)), "qty": 57}
    late = await home.post([("resting_heart_rate", "bpm", resting), *made.day_rows(SPRING[1])])
    assert late.changed_days == (("resting_heart_rate", SPRING[0]),)
    assert ("resting_heart_rate", SPRING[1]) in late.new_days
    # The phone's steps do not count beside the watch's, so that their correction changes no figure.
    unseen = {"date": made.written(made.local(SPRING[0])), "qty": 901, "source": PHONE}
    assert (await home.post([("step_count", "count", unseen)])).changed_days == ()


async def test_marked_readings_are_kept_and_never_counted(home: Home) -> None:
    day = SPRING[0]
    rows: list[Row] = [
        ("heart_rate", "bpm", {"date": made.written(made.local(day, 8)), "qty": 60, "source": WATCH}),
        ("heart_rate", "bpm", {"date": made.written(made.local(day, 9)), "qty": 900, "source": WATCH}),
        ("resting_heart_rate", "bpm", {"date": made.written(made.local(day, 9)), "qty": -3, "source": WATCH}),
        ("step_count", "count", {"date": "2099-01-01 10:00:00 +0100", "qty": 10, "source": WATCH}),
    ]
    taken = await home.post(rows)
    assert (taken.added, taken.marked) == (4, 3)
    marks = await home.rows("SELECT value, mark FROM health_samples ORDER BY value")
    assert marks == [(-3, "impossible"), (10, "future"), (60, ""), (900, "impossible")]
    days = await home.rows(
        "SELECT r.metric, d.readings, d.total, d.left_out FROM health_days d JOIN health_series r ON r.id = d.series_id"
        " ORDER BY 1"
    )
    assert days == [("heart_rate", 1, 60, 1), ("resting_heart_rate", 0, None, 1), ("step_count", 0, None, 1)]
    # A source whose readings are all marked gives way to any other.
    await home.post([("resting_heart_rate", "bpm", {"date": made.written(made.local(day, 9)), "qty": 50})])
    assert (await home.counting("resting_heart_rate"))[day] == ("Health Auto Export", 50, 1)


async def test_one_metric_in_mixed_units_is_stored_in_one_and_shown_in_the_newest(home: Home) -> None:
    scale = {"source": "Scale"}
    await home.post([("weight_body_mass", "lb", {**scale, "date": "2026-02-02 08:00:00 +0100", "qty": 154.3235836})])
    await home.post([("weight_body_mass", "kg", {**scale, "date": "2026-02-01 08:00:00 +0100", "qty": 70})])
    assert await home.rows("SELECT round(value::numeric, 6), given, given_unit FROM health_samples ORDER BY at") == [
        (70, None, ""),
        (70, 154.3235836, "lb"),
    ]
    assert await home.rows("SELECT unit, shown_unit FROM health_series") == [("kg", "lb")]
    await home.post([("weight_body_mass", "kg", {**scale, "date": "2026-02-03 08:00:00 +0100", "qty": 70})])
    assert await home.rows("SELECT unit, shown_unit FROM health_series") == [("kg", "kg")]


async def test_an_unknown_metric_is_stored_and_named(home: Home) -> None:
    taken = await home.post(
        [
            ("Florp Index", "florps", {"date": "2026-02-02 08:00:00 +0100", "qty": 3}),
            ("Florp Index", "zorps", {"date": "2026-02-02 09:00:00 +0100", "qty": 4}),
            ("Mood Words", "", {"date": "2026-02-02 09:00:00 +0100", "words": ["calm"]}),
        ]
    )
    assert taken.unknown == ("florp_index", "mood_words")
    assert await home.rows("SELECT metric, unit, known FROM health_series") == [("florp_index", "florps", False)]
    assert await home.rows("SELECT value, given_unit, mark FROM health_samples ORDER BY at") == [
        (3, "", ""),
        (4, "zorps", "impossible"),
    ]
    assert "“zorps”" in taken.complaints[0]
    assert await home.rows("SELECT kind, body -> 'words' FROM health_records") == [("metric mood_words", ["calm"])]


async def test_a_workout_known_by_its_id_is_the_one_without(home: Home) -> None:
    run = made.workout(SPRING[0])
    plain = Workout("", "Running", WATCH, made.local(SPRING[0], 18, 2), made.local(SPRING[0], 18, 33), SPRING[0], 1860)
    for _ in range(2):
        await take(home.database, home.person.id, Batch(workouts=[plain]), now=NOW)
        await home.post([], workouts=[run])
    assert await home.rows("SELECT key, name FROM health_workouts") == [(run["id"], "Outdoor Run")]
    moved = {**run, "end": made.written(made.local(SPRING[0], 18, 40)), "duration": 2280}
    taken = await home.post([], workouts=[moved])
    assert (taken.changed, taken.changed_days) == (1, (("workouts", SPRING[0]),))


async def test_nobody_sees_the_readings_of_another_person(home: Home) -> None:
    await home.post(made.day_rows(SPRING[0]), workouts=[made.workout(SPRING[0])])
    async with home.database.session(None) as session:
        for table in ("series", "samples", "days", "sleep", "nights", "workouts", "records", "priorities"):
            assert (await session.execute(text(f"SELECT count(*) FROM health_{table}"))).scalar_one() == 0


async def test_a_person_who_goes_takes_all_readings_along(home: Home) -> None:
    await home.post(made.day_rows(SPRING[0]))
    async with home.database.session(None) as session:
        await session.execute(text("DELETE FROM users"))
    with psycopg.connect(str(home.database.admin_url.render_as_string(hide_password=False)), autocommit=True) as admin:
        for table in ("health_series", "health_samples", "health_days"):
            row = admin.execute(f"SELECT count(*) FROM {table}").fetchone()  # type: ignore[arg-type]
            assert row == (0,)


# Files ---------------------------------------------------------------------------------------------------------------


async def test_a_saved_post_is_the_same_as_a_posted_one(homes: Callable[[], Any], tmp_path: Path) -> None:
    rows = everything(SPRING)
    posted, saved = await homes(), await homes()
    await posted.post(rows)
    file = tmp_path / "export.txt"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(made.post(rows), indent=1).encode())
    assert health_post.recognises(file, file.read_bytes()[:65536])
    told: list[tuple[int, int]] = []
    said = await health_post.take_file(
        saved.database, saved.person, file, now=NOW, report=lambda done, whole: told.append((done, whole))
    )
    assert await saved.tables() == await posted.tables()
    assert told[-1][0] == told[-1][1] > 900
    assert said[0].startswith("export.txt: ")
    assert said[1] == "Metrics not in the catalogue, stored as they came: florp_index."
