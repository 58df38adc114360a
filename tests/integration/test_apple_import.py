"""Apple's export in the tables: once is enough, twice is the same, and Health Auto Export beside it adds nothing."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import random
import subprocess
import sys
import zipfile
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil
import pytest
from sqlalchemy import text

from assistant import auth
from assistant.db import operations
from assistant.db.database import Database
from assistant.errors import BadInput, DatabaseUnavailable, Unavailable
from assistant.events import Person
from assistant.figures.computing import compute
from assistant.figures.health import apple_export, health_post
from assistant.figures.health.health_values import RECORDED
from assistant.figures.health.taking import take
from assistant.figures.query import Measure, Period, Query
from assistant.figures.told import remember_told
from assistant.settings import Settings

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
DAYS = 6
BEGIN = dt.datetime(2026, 10, 22, tzinfo=ZoneInfo("Europe/Berlin"))  # summer time ends on the 25th


@pytest.fixture
async def ana(database: Database, settings: Settings) -> Person:
    return await auth.owner_of_the_folder(database, settings)


def _date(at: dt.datetime) -> str:
    return at.astimezone(ZoneInfo("Europe/Berlin")).strftime("%Y-%m-%d %H:%M:%S %z")


def _record(kind: str, unit: str, at: dt.datetime, value: object, *, lasts_s: int = 0, source: str = "Watch") -> str:
    end = at + dt.timedelta(seconds=lasts_s)
    return (
        f'<Record type="{kind}" sourceName="{source}" unit="{unit}" creationDate="{_date(end)}" '
        f'startDate="{_date(at)}" endDate="{_date(end)}" value="{value}"/>'
    )


def _lines(*, until: int = DAYS) -> list[str]:
    """Pulse, steps of two devices, sleep and a workout, over the end of summer time."""
    quantity, rng = "HKQuantityTypeIdentifier", random.Random(1)
    lines = []
    for n in range(until * 96):
        at = BEGIN.astimezone(dt.UTC) + dt.timedelta(minutes=15 * n)
        lines.append(_record(f"{quantity}HeartRate", "count/min", at, rng.randint(50, 120)))
        lines.append(_record(f"{quantity}StepCount", "count", at, rng.randint(1, 200), lasts_s=600))
        lines.append(_record(f"{quantity}StepCount", "count", at, rng.randint(1, 200), lasts_s=300, source="iPhone"))
    for n in range(until):
        night = BEGIN.astimezone(dt.UTC) + dt.timedelta(days=n, hours=23)
        for stage, hours in (("Core", 0), ("Deep", 2), ("REM", 4), ("Core", 6)):
            lines.append(
                _record("HKCategoryTypeIdentifierSleepAnalysis", "", night + dt.timedelta(hours=hours),
                        f"HKCategoryValueSleepAnalysisAsleep{stage}", lasts_s=7200)
            )  # fmt: skip
        run = BEGIN + dt.timedelta(days=n, hours=18)
        lines.append(
            f'<Workout workoutActivityType="HKWorkoutActivityTypeRunning" duration="30" durationUnit="min" '
            f'sourceName="Watch" startDate="{_date(run)}" endDate="{_date(run + dt.timedelta(minutes=30))}">'
            '<WorkoutStatistics type="HKQuantityTypeIdentifierDistanceWalkingRunning" sum="5" unit="km"/></Workout>'
        )
    return lines


def _write(path: Path, lines: list[str]) -> Path:
    body = "\n".join(lines)
    path.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n<HealthData locale="en_DE">\n{body}\n</HealthData>\n')
    return path


async def _import(database: Database, person: Person, path: Path) -> list[str]:
    return list(await apple_export.take_file(database, person, path, now=NOW, report=lambda _done, _all: None))


async def _tables(database: Database, person: Person) -> dict[str, list[tuple[object, ...]]]:
    """Everything that is stored, without the numbers that Postgres gives."""
    questions = {
        "samples": "SELECT metric, source, at, span_s, day, value, given, given_unit, mark FROM health_samples s "
        "JOIN health_series r ON r.id = s.series_id ORDER BY metric, source, at, span_s",
        "days": "SELECT metric, source, day, span_s, readings, total, d.low, d.high, latest, values, counts, chosen "
        "FROM health_days d JOIN health_series r ON r.id = d.series_id ORDER BY metric, source, day, span_s",
        "sleep": "SELECT source, start_at, end_at, stage FROM health_sleep ORDER BY source, start_at, stage",
        "nights": "SELECT source, day, kind, asleep_s, deep_s, chosen FROM health_nights "
        "ORDER BY source, day, start_at",
        "workouts": "SELECT name, start_at, duration_s, distance_m FROM health_workouts ORDER BY start_at",
    }
    async with database.session(person.id) as session:
        return {
            name: [tuple(row) for row in await session.execute(text(question))] for name, question in questions.items()
        }


async def test_an_export_is_stored_and_told(database: Database, ana: Person, tmp_path: Path) -> None:
    said = await _import(database, ana, _write(tmp_path / "export.xml", _lines()))
    tables = await _tables(database, ana)
    assert len(tables["samples"]) == DAYS * 96 * 3
    assert len(tables["workouts"]) == DAYS
    assert len([each for each in tables["nights"] if each[-1]]) == DAYS
    assert said[0] == f"Apple Health: {DAYS * 96 * 3 + DAYS * 5:,} records added, 0 changed, 0 known already."
    steps = {(row[1], row[2]): row for row in tables["days"] if row[0] == "step_count"}
    chosen = {source for (source, _), row in steps.items() if row[-1]}
    assert chosen == {"Watch"}  # before phones, and never added to them


async def test_the_longer_day_at_the_end_of_summer_time_has_all_its_readings(
    database: Database, ana: Person, tmp_path: Path
) -> None:
    await _import(database, ana, _write(tmp_path / "export.xml", _lines()))
    days = (await _tables(database, ana))["days"]
    readings = {row[2]: row[4] for row in days if row[0] == "heart_rate"}
    assert (readings[dt.date(2026, 10, 24)], readings[dt.date(2026, 10, 25)]) == (96, 100)


async def test_an_export_again_shuffled_in_pieces_and_zipped_changes_nothing(
    database: Database, ana: Person, tmp_path: Path
) -> None:
    lines = _lines()
    await _import(database, ana, _write(tmp_path / "export.xml", lines))
    before = await _tables(database, ana)
    shuffled = random.Random(2).sample(lines, len(lines))
    await _import(database, ana, _write(tmp_path / "shuffled.xml", shuffled))
    await _import(database, ana, _write(tmp_path / "half.xml", lines[: len(lines) // 2]))
    with zipfile.ZipFile(tmp_path / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "export.xml", "apple_health_export/Export.xml")
    said = await _import(database, ana, tmp_path / "export.zip")
    assert await _tables(database, ana) == before
    assert said[0].startswith("Apple Health: 0 records added, 0 changed, ")


async def test_a_newer_export_adds_what_is_new_and_corrects_what_changed(
    database: Database, ana: Person, tmp_path: Path
) -> None:
    await _import(database, ana, _write(tmp_path / "old.xml", _lines(until=DAYS - 1)))
    corrected = [each.replace('value="', 'value="1') if "HeartRate" in each else each for each in _lines()]
    await _import(database, ana, _write(tmp_path / "new.xml", corrected))
    after = await _tables(database, ana)
    async with database.session(ana.id) as session:
        for table in ("health_workouts", "health_nights", "health_sleep", "health_series"):
            await session.execute(text(f"DELETE FROM {table}"))
    await _import(database, ana, tmp_path / "new.xml")
    assert await _tables(database, ana) == after


async def test_an_answer_that_an_export_corrects_comes_into_the_inbox(
    database: Database, ana: Person, tmp_path: Path
) -> None:
    await _import(database, ana, _write(tmp_path / "old.xml", _lines()))
    query = Query("step_count", Measure.SUM, Period(dt.date(2026, 10, 23), dt.date(2026, 10, 24)))
    figures = await compute(database, ana.id, query, now=NOW, week_start=0)
    await remember_told(
        database, ana.id, question="How many steps?", query=query, figures=figures, told="many", thread=None, now=NOW
    )
    await _import(database, ana, tmp_path / "old.xml")
    assert await _notices(database, ana) == []
    corrected = [each.replace('value="', 'value="1') if "StepCount" in each else each for each in _lines()]
    await _import(database, ana, _write(tmp_path / "new.xml", corrected))
    (notice,) = await _notices(database, ana)
    assert "How many steps?" in notice


async def _notices(database: Database, person: Person) -> list[str]:
    async with database.session(person.id) as session:
        return [each.text for each in await operations.notices(session, person.id)]


@pytest.mark.parametrize("after", [0, 1, 3])
async def test_an_import_that_is_killed_between_batches_and_run_again_doubles_nothing(
    database: Database, ana: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(apple_export, "BATCH", 300)
    monkeypatch.setattr(apple_export, "CHUNK_BYTES", 20_000)
    path = _write(tmp_path / "export.xml", _lines())
    done = 0

    async def dying(*arguments: object, **named: object) -> object:
        nonlocal done
        if done == after:
            raise DatabaseUnavailable("The database went away.")
        done += 1
        return await take(*arguments, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(apple_export, "take", dying)
        with pytest.raises(DatabaseUnavailable):
            await _import(database, ana, path)
    assert done == after
    await _import(database, ana, path)
    whole = await _tables(database, ana)
    assert len(whole["samples"]) == DAYS * 96 * 3
    await _import(database, ana, path)
    assert await _tables(database, ana) == whole


async def test_what_comes_before_a_damage_is_stored(database: Database, ana: Person, tmp_path: Path) -> None:
    path = _write(tmp_path / "export.xml", _lines())
    path.write_bytes(path.read_bytes()[:50_000])
    with pytest.raises(BadInput, match="what comes before is stored"):
        await _import(database, ana, path)
    stored = (await _tables(database, ana))["samples"]
    assert 100 < len(stored) < DAYS * 96 * 3


async def test_a_post_of_the_same_day_and_source_is_not_added_to_the_export(
    database: Database, ana: Person, tmp_path: Path
) -> None:
    await _import(database, ana, _write(tmp_path / "export.xml", _lines()))
    before = await _tables(database, ana)
    samples = [row for row in before["samples"] if row[:2] == ("step_count", "Watch")]
    rows = [{"date": _date(row[2]), "qty": row[5], "source": "Watch"} for row in samples]  # type: ignore[arg-type]
    runs = [
        {"id": f"run-{n}", "name": "Outdoor Run", "start": _date(start), "end": _date(start + dt.timedelta(minutes=30)),
         "duration": 1800, "distance": {"qty": 5, "units": "km"}}
        for n, (_, start, _, _) in enumerate(before["workouts"])
    ]  # type: ignore[operator]  # fmt: skip
    body = {"data": {"metrics": [{"name": "step_count", "units": "count", "data": rows}], "workouts": runs}}
    batch = health_post.parse(json.dumps(body).encode(), zone=ZoneInfo("Europe/Berlin"))
    await take(database, ana.id, batch, now=NOW)
    after = await _tables(database, ana)
    totals = {row[2]: row[5] for row in before["days"] if row[0] == "step_count" and row[-1]}
    assert {row[2]: row[5] for row in after["days"] if row[0] == "step_count" and row[-1]} == totals
    assert len(after["workouts"]) == DAYS
    kinds = {row[3] for row in after["samples"] if row[0] == "step_count"}
    assert len(kinds) == 2
    assert RECORDED in kinds


async def test_one_persons_export_is_nobody_elses(
    database: Database, ana: Person, settings: Settings, tmp_path: Path
) -> None:
    await _import(database, ana, _write(tmp_path / "export.xml", _lines(until=1)))
    ben = await auth.sign_up(
        database, settings, code=await auth.invite(database), name="Ben", password="a long enough password"
    )
    assert all(not rows for rows in (await _tables(database, ben)).values())


async def test_progress_goes_up_to_the_end(
    database: Database, ana: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apple_export, "BATCH", 300)
    monkeypatch.setattr(apple_export, "CHUNK_BYTES", 20_000)
    path = _write(tmp_path / "export.xml", _lines())
    told: list[tuple[int, int]] = []
    await apple_export.take_file(database, ana, path, now=NOW, report=lambda done, whole: told.append((done, whole)))
    assert told == sorted(told)
    assert len(told) > 3
    assert told[-1] == (path.stat().st_size, path.stat().st_size)


async def _children() -> list[psutil.Process]:
    return [each for each in psutil.Process().children() if "apple_child" in " ".join(each.cmdline())]


async def test_an_import_whose_reader_dies_says_so_and_goes_on_when_it_is_run_again(
    database: Database, ana: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apple_export, "BATCH", 300)
    monkeypatch.setattr(apple_export, "CHUNK_BYTES", 20_000)
    lines = _lines()
    path = _write(tmp_path / "export.xml", [*lines[:600], " " * 50_000_000, *lines[600:]])  # the reader takes its time
    done = 0

    async def killing(*arguments: object, **named: object) -> object:
        nonlocal done
        done += 1
        if done == 1:
            (reader,) = await _children()
            reader.kill()
        return await take(*arguments, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(apple_export, "take", killing)
        with pytest.raises(Unavailable, match="Import it again"):
            await _import(database, ana, path)
    assert done >= 1
    assert 0 < len((await _tables(database, ana))["samples"]) < DAYS * 96 * 3
    await _import(database, ana, path)
    assert len((await _tables(database, ana))["samples"]) == DAYS * 96 * 3
    assert await _children() == []


async def test_an_import_that_is_broken_off_leaves_no_reader_behind(
    database: Database, ana: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apple_export, "BATCH", 300)
    monkeypatch.setattr(apple_export, "CHUNK_BYTES", 20_000)
    begun = asyncio.Event()

    async def waiting(*_: object, **__: object) -> object:
        begun.set()
        return await asyncio.sleep(60)

    monkeypatch.setattr(apple_export, "take", waiting)
    running = asyncio.create_task(_import(database, ana, _write(tmp_path / "export.xml", _lines() * 20)))
    await asyncio.wait_for(begun.wait(), 30)
    assert len(await _children()) == 1
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await _children() == []


async def test_a_folder_with_modules_of_the_same_names_is_not_run(
    database: Database, ana: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "orjson.py").write_text("raise SystemExit('run')")
    monkeypatch.chdir(tmp_path)
    said = await _import(database, ana, _write(tmp_path / "export.xml", _lines(until=1)))
    assert said[0].startswith(f"Apple Health: {96 * 3 + 5} records added")


async def test_what_is_stored_is_never_read_as_a_whole(database: Database, ana: Person, tmp_path: Path) -> None:
    """A batch must not cost more the more there is, also while Postgres has no statistics of it."""
    await _import(database, ana, _write(tmp_path / "export.xml", _lines(until=DAYS - 1)))
    scans = await _scans(database, ana)
    await _import(database, ana, tmp_path / "export.xml")
    await _import(database, ana, _write(tmp_path / "new.xml", _lines()))
    after = await _scans(database, ana)
    assert after["whole"] == scans["whole"]
    assert after["by key"] > scans["by key"]


async def _scans(database: Database, person: Person) -> dict[str, int]:
    """How often the readings were read from end to end, and how often by an index."""
    async with database.session(person.id) as session:
        await session.execute(text("SELECT pg_stat_force_next_flush()"))
    async with database.session(person.id) as session:
        row = (
            await session.execute(
                text("SELECT seq_scan, idx_scan FROM pg_stat_user_tables WHERE relname = 'health_samples'")
            )
        ).one()
    return {"whole": row.seq_scan, "by key": row.idx_scan}


MEMORY = """
import asyncio, datetime, sys, threading, time
from pathlib import Path
import psutil
from sqlalchemy.engine import make_url
from assistant import auth
from assistant.db.database import connect
from assistant.events import Person
from assistant.figures.health import apple_export

def most_mb(process):
    # Not getrusage: that begins with the memory of the process that started it.
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return sum(int(line.split()[1]) // 1024 for line in lines if "VmHWM" in line)

readers = {}

def watch():
    while True:
        for child in psutil.Process().children():
            try:
                readers[child.pid] = max(readers.get(child.pid, 0), most_mb(child))
            except OSError:
                pass
        time.sleep(0.02)

async def main():
    database = connect(make_url(sys.argv[1]))
    (person,) = await auth.people(database)
    threading.Thread(target=watch, daemon=True).start()
    await apple_export.take_file(
        database, person, Path(sys.argv[2]), now=datetime.datetime.now(datetime.UTC), report=lambda _done, _all: None
    )
    await database.close()
    assert len(readers) == 1
    print(most_mb(psutil.Process()) + sum(readers.values()))

asyncio.run(main())
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is looked up in Linux' /proc")
async def test_a_long_export_takes_no_more_memory_than_is_promised(
    database: Database, database_url: str, ana: Person, tmp_path: Path
) -> None:
    path, pulse = tmp_path / "export.xml", "HKQuantityTypeIdentifierHeartRate"
    with path.open("w") as file:
        file.write("<HealthData>\n")
        for n in range(160_000):
            at = BEGIN - dt.timedelta(seconds=37 * n)
            file.write(_record(pulse, "count/min", at, 50 + n % 90) + " " * 200 + "\n")
        file.write("</HealthData>\n")
    child = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", MEMORY, database_url, str(path)],
        capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "PYTHONPATH": os.getcwd()},
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    assert int(child.stdout) <= 200
    async with database.session(ana.id) as session:
        assert await session.scalar(text("SELECT count(*) FROM health_samples")) == 160_000
