"""A real InfluxDB 1.x and a real VictoriaMetrics: what is stored here is there, and what they have can be read."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from assistant import auth, connecting
from assistant.db.database import Database
from assistant.errors import AuthFailed, BadInput, BadResponse, NotFound, ServiceUnavailable, TwinningError
from assistant.events import Person
from assistant.figures.health.health_values import RECORDED, Batch, Reading
from assistant.figures.health.taking import take
from assistant.jobs import influx_copy, influx_read, influx_sync
from assistant.outside import Outside, make_outside
from assistant.settings import Settings
from integrations import influxdb
from integrations.influxdb import INFLUXDB

NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
BEGIN = dt.datetime(2026, 10, 20, tzinfo=dt.UTC)
USER, PASSWORD = "ana", 'it\'s a "secret"'
SOURCES = ["Watch", "Ana’s Apple\u00a0Watch, left=1", 'the "old" one\\', "C:\\watch\\", "⌚ 1"]
CONFIGURATION = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:{http}"
  auth-enabled = {auth}
  log-enabled = false
[monitor]
  store-enabled = false
"""


def _program(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        assert not os.environ.get("CI"), f"{name} is required here; Debian's package {package} has it"
        pytest.skip(f"{name} is not on this machine; Debian's package {package} has it")
    return found


def _ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


@contextmanager
def _running(arguments: list[str], address: str, folder: Path) -> Iterator[None]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(arguments, stdout=log, stderr=log)
    try:
        for _ in range(600):
            assert process.poll() is None, (folder / "log").read_text()[-2000:]
            try:
                if httpx.get(f"{address}/ping", trust_env=False).status_code == 204:
                    break
            except httpx.HTTPError:
                time.sleep(0.1)
        else:
            pytest.fail(f"{arguments[0]} does not come up")
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Influx:
    """An InfluxDB 1.x that can be stopped and started again."""

    def __init__(self, folder: Path, *, guarded: bool = False) -> None:
        self.folder, self.guarded = folder, guarded
        self.http, self.rpc = _ports(2)
        self.address = f"http://127.0.0.1:{self.http}"

    @contextmanager
    def running(self) -> Iterator[None]:
        values = {"folder": self.folder, "http": self.http, "rpc": self.rpc, "auth": str(self.guarded).lower()}
        (self.folder / "influx.conf").write_text(CONFIGURATION.format(**values))
        arguments = [_program("influxd", "influxdb"), "-config", str(self.folder / "influx.conf")]
        with _running(arguments, self.address, self.folder):
            yield

    def ask(self, query: str, *, database: str = "", **login: Any) -> list[dict[str, Any]]:
        params = {"q": query, "db": database, "epoch": "ms"}
        answer = httpx.post(f"{self.address}/query", data=params, trust_env=False, **login)
        (result,) = answer.raise_for_status().json()["results"]
        assert "error" not in result, result
        return list(result.get("series", ()))

    def write(self, lines: str, *, database: str) -> None:
        params = {"db": database, "precision": "ms"}
        httpx.post(f"{self.address}/write", params=params, content=lines.encode(), trust_env=False).raise_for_status()


@pytest.fixture(scope="module")
def influx_server() -> Iterator[Influx]:
    with tempfile.TemporaryDirectory(prefix="twinning-influx-") as folder:
        influx = Influx(Path(folder))
        with influx.running():
            yield influx


@pytest.fixture
def influx(influx_server: Influx) -> Influx:
    """With an empty database "health"."""
    influx_server.ask('DROP DATABASE "health"')
    influx_server.ask('CREATE DATABASE "health"')
    return influx_server


@pytest.fixture
def outside(settings: Settings, database: Database) -> Outside:
    return make_outside(settings, database, services={"influxdb": INFLUXDB}, performers={})


@pytest.fixture
async def ana(outside: Outside, settings: Settings) -> Person:
    return await auth.owner_of_the_folder(outside.database, settings)


async def connect(outside: Outside, person: Person, address: str, password: str = "", **settings: str) -> str:
    secrets = {"password": password} if password else {}
    made = await connecting.connect(outside, person.id, "influxdb", {"address": address, **settings}, secrets)
    return made.account


def reading(metric: str, minutes: int, value: float, *, source: str = "Watch", **other: Any) -> Reading:
    at = BEGIN + dt.timedelta(minutes=minutes)
    unit = {"heart_rate": "count/min", "weight_body_mass": "kg"}.get(metric, "count")
    return Reading(metric, source, at, RECORDED, at.date(), value, None, None, None, unit, "")._replace(**other)


async def store(outside: Outside, person: Person, *readings: Reading) -> None:
    await take(outside.database, person.id, Batch(readings=list(readings)), now=NOW)


async def sync(outside: Outside, person: Person) -> influx_sync.Report:
    report = await influx_sync.run(outside, person, now=NOW)
    assert report is not None
    return report


def there(influx: Influx, metric: str = "heart_rate") -> dict[tuple[str, int], float]:
    """(source, minutes since BEGIN) with the value, as the server has it."""
    found = influx.ask(f'SELECT "value" FROM "{metric}" GROUP BY *', database="health")
    begin = int(BEGIN.timestamp() * 1000)
    return {
        (series["tags"]["source"], (at - begin) // 60_000): value for series in found for at, value in series["values"]
    }


async def waiting(outside: Outside, person: Person) -> int:
    async with outside.database.session(person.id) as session:
        return int(await session.scalar(text("SELECT count(*) FROM influx_waiting")) or 0)


def _as_there(source: str) -> str:
    """Sources are cleaned when they are stored; a backslash at the end is what InfluxDB cannot keep."""
    return source[:-1] + "\N{FULLWIDTH REVERSE SOLIDUS}" if source.endswith("\\") else source


async def stored(outside: Outside, person: Person, metric: str) -> list[tuple[str, dt.datetime, dt.date, float]]:
    async with outside.database.session(person.id) as session:
        rows = await session.execute(
            text(
                "SELECT source, at, day, value FROM health_samples s JOIN health_series r ON r.id = s.series_id "
                "WHERE metric = :metric ORDER BY source, at"
            ),
            {"metric": metric},
        )
        return [tuple(row) for row in rows]


async def test_what_is_stored_is_copied_with_its_source_whatever_its_name(
    outside: Outside, ana: Person, influx: Influx
) -> None:
    assert await connect(outside, ana, influx.address) == f"health on 127.0.0.1:{influx.http}"
    expected = {(source, n): 60.0 + n for n, source in enumerate(SOURCES)}
    await store(
        outside, ana, *(reading("heart_rate", n, value, source=source) for (source, n), value in expected.items())
    )
    report = await sync(outside, ana)
    assert report.text == f"{len(SOURCES)} readings copied to InfluxDB."
    written = {source: _as_there(source) for source in SOURCES}
    assert there(influx) == {(written[source], n): value for (source, n), value in expected.items()}
    (series, *_) = influx.ask('SELECT * FROM "heart_rate" WHERE "source" = \'Watch\'', database="health")
    row = dict(zip(series["columns"], series["values"][0], strict=True))
    assert (row["unit"], row["person"], row["via"], row["span_s"]) == ("bpm", ana.name, "twinning", RECORDED)


async def test_a_correction_reaches_the_point_that_it_corrects_and_nothing_else_is_sent(
    outside: Outside, ana: Person, influx: Influx
) -> None:
    await connect(outside, ana, influx.address)
    await store(outside, ana, *(reading("heart_rate", n, 60) for n in range(4)))
    await sync(outside, ana)
    assert (await sync(outside, ana)).copied.points == 0
    await store(outside, ana, reading("heart_rate", 2, 75), reading("step_count", 5, 9))
    assert (await sync(outside, ana)).copied.days == 2
    assert there(influx) == {("Watch", 0): 60.0, ("Watch", 1): 60.0, ("Watch", 2): 75.0, ("Watch", 3): 60.0}
    assert there(influx, "step_count") == {("Watch", 5): 9.0}


async def test_several_readings_of_one_instant_and_aggregated_ones_keep_all_they_say(
    outside: Outside, ana: Person, influx: Influx
) -> None:
    await connect(outside, ana, influx.address)
    await store(outside, ana, reading("heart_rate", 0, 70, low=55, high=140, span_s=0), reading("heart_rate", 0, 61))
    await sync(outside, ana)
    found = influx.ask('SELECT "value", "low", "high" FROM "heart_rate" GROUP BY "span"', database="health")
    assert {series["tags"]["span"]: series["values"][0][1:] for series in found} == {
        "": [70, 55, 140], "1": [61, None, None],
    }  # fmt: skip


async def test_marked_readings_stay_here(outside: Outside, ana: Person, influx: Influx) -> None:
    await connect(outside, ana, influx.address)
    ahead = NOW + dt.timedelta(days=2)
    await store(outside, ana, reading("heart_rate", 0, 61), reading("heart_rate", 1, 900),
                reading("heart_rate", 2, 61, at=ahead, day=ahead.date()))  # fmt: skip
    await sync(outside, ana)
    assert there(influx) == {("Watch", 0): 61.0}
    assert await waiting(outside, ana) == 0


async def test_what_came_before_the_connection_is_copied_in_parts_that_fit(
    outside: Outside, ana: Person, influx: Influx, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("DAYS", 3), ("READINGS", 40), ("LINES", 7)):
        monkeypatch.setattr(influx_copy, name, value)
    await store(outside, ana, *(reading("heart_rate", 60 * n, 50 + n % 50) for n in range(24 * 7)))
    await connect(outside, ana, influx.address)
    assert (await sync(outside, ana)).copied.points == 24 * 7
    assert there(influx) == {("Watch", 60 * n): 50 + n % 50 for n in range(24 * 7)}


async def test_nothing_is_lost_while_the_server_is_down(
    outside: Outside, ana: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(influx_copy, "DAYS", 1)
    influx = Influx(tmp_path)
    with influx.running():
        influx.ask('CREATE DATABASE "health"')
        await connect(outside, ana, influx.address)
        await store(outside, ana, reading("heart_rate", 0, 60))
        await sync(outside, ana)
    await store(outside, ana, *(reading("heart_rate", 1440 * n + 1, 61) for n in range(5)))
    for _ in range(2):
        with pytest.raises(ServiceUnavailable, match="cannot be reached"):
            await sync(outside, ana)
    assert await waiting(outside, ana) == 5
    found = await outside.connections.get(ana.id, "influxdb")
    assert found is not None
    assert found.trouble == "InfluxDB cannot be reached; look whether it is up."
    with influx.running():
        await sync(outside, ana)
        assert there(influx) == {("Watch", 0): 60.0, **{("Watch", 1440 * n + 1): 61.0 for n in range(5)}}
    assert await waiting(outside, ana) == 0
    found = await outside.connections.get(ana.id, "influxdb")
    assert found is not None
    assert found.trouble is None


async def test_what_changes_while_it_is_sent_is_sent_again(
    outside: Outside, ana: Person, influx: Influx, monkeypatch: pytest.MonkeyPatch
) -> None:
    await connect(outside, ana, influx.address)
    await store(outside, ana, reading("heart_rate", 0, 60))
    write, sent = influxdb.InfluxConnection.write, 0

    async def slow(connection: influxdb.InfluxConnection, body: bytes) -> str:
        nonlocal sent
        sent += 1
        said = await write(connection, body)
        if sent == 1:
            await store(outside, ana, reading("heart_rate", 0, 99))
        return said

    monkeypatch.setattr(influxdb.InfluxConnection, "write", slow)
    await sync(outside, ana)
    assert sent == 2
    assert there(influx) == {("Watch", 0): 99.0}


async def test_killed_after_the_sending_it_is_sent_again_and_is_there_once(
    outside: Outside, ana: Person, influx: Influx, monkeypatch: pytest.MonkeyPatch
) -> None:
    await connect(outside, ana, influx.address)
    await store(outside, ana, reading("heart_rate", 0, 60), reading("heart_rate", 1, 61))

    async def dying(*_: object, **__: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr(influx_copy, "_note", dying)
        with pytest.raises(asyncio.CancelledError):
            await sync(outside, ana)
    assert await waiting(outside, ana) == 1
    await sync(outside, ana)
    assert there(influx) == {("Watch", 0): 60.0, ("Watch", 1): 61.0}


async def test_points_that_the_server_never_takes_are_told_and_hold_nothing_up(
    outside: Outside, ana: Person, influx: Influx
) -> None:
    # InfluxDB keeps the kinds of fields for each week, so the text has to be of the same one.
    influx.write(f'heart_rate value="a text" {int(BEGIN.timestamp() * 1000) - 1}', database="health")
    await connect(outside, ana, influx.address)
    await store(outside, ana, reading("heart_rate", 0, 60), reading("step_count", 0, 7))
    report = await sync(outside, ana)
    assert "field type conflict" in report.text
    assert there(influx, "step_count") == {("Watch", 0): 7.0}
    found = await outside.connections.get(ana.id, "influxdb")
    assert found is not None
    assert "field type conflict" in str(found.trouble)
    assert await waiting(outside, ana) == 0


async def test_another_database_gets_everything(outside: Outside, ana: Person, influx: Influx) -> None:
    await connect(outside, ana, influx.address)
    await store(outside, ana, *(reading("heart_rate", n, 60) for n in range(4)))
    await sync(outside, ana)
    influx.ask('CREATE DATABASE "other"')
    await connect(outside, ana, influx.address, database="other")
    assert (await sync(outside, ana)).copied.points == 4
    assert influx.ask('SELECT count("value") FROM "heart_rate"', database="other")[0]["values"][0][1] == 4
    influx.ask('DROP DATABASE "other"')


async def test_a_wrong_password_and_a_missing_database_are_told_when_connecting(
    outside: Outside, ana: Person, influx: Influx, tmp_path: Path
) -> None:
    with pytest.raises(NotFound, match="does not know nowhere"):
        await connect(outside, ana, influx.address, database="nowhere")
    with pytest.raises(NotFound, match="connect with version=1"):
        await connect(outside, ana, influx.address, version="2", organisation="home")
    guarded = Influx(tmp_path, guarded=True)
    with guarded.running():
        guarded.ask(
            f"CREATE USER \"{USER}\" WITH PASSWORD '{PASSWORD.replace(chr(39), chr(92) + chr(39))}' WITH ALL PRIVILEGES"
        )
        guarded.ask('CREATE DATABASE "health"', auth=(USER, PASSWORD))
        with pytest.raises(AuthFailed, match="user or password"):
            await connect(outside, ana, guarded.address, "wrong", user=USER)
        assert await outside.connections.all(ana.id) == []
        await connect(outside, ana, guarded.address, PASSWORD, user=USER)
        await store(outside, ana, reading("heart_rate", 0, 60))
        assert (await sync(outside, ana)).copied.points == 1
        guarded.ask(f'DROP USER "{USER}"', auth=(USER, PASSWORD))
        await store(outside, ana, reading("heart_rate", 1, 60))
        with pytest.raises(AuthFailed):
            await sync(outside, ana)
    assert await waiting(outside, ana) == 1


async def test_chosen_series_are_read_into_the_figures(outside: Outside, ana: Person, influx: Influx) -> None:
    begin = int(BEGIN.timestamp() * 1000)
    lines = [rf"body\ data,room=bath,scale=one we\ ight={150 + n}.5 {begin + n * 86_400_000}" for n in range(5)]
    lines += [rf"body\ data,room=hall,scale=two we\ ight=160 {begin + 23 * 3_600_000}"]
    lines += [rf'body\ data,room=bath,scale=one note="a text" {begin}']
    influx.write("\n".join(lines), database="health")
    await connect(outside, ana, influx.address, write="no", read='"body data"."we ight" = weight lb')
    assert (await sync(outside, ana)).text == "6 readings came from InfluxDB."
    found = await stored(outside, ana, "weight_body_mass")
    assert {source for source, *_ in found} == {"InfluxDB: bath, one", "InfluxDB: hall, two"}
    assert [round(value / 0.45359237, 6) for source, _, _, value in found if "bath" in source] == [
        150.5,
        151.5,
        152.5,
        153.5,
        154.5,
    ]
    assert found[-1][2] == dt.date(2026, 10, 21)  # one in the morning of the next day in Berlin
    assert (await sync(outside, ana)).read.added == 0


async def test_what_comes_later_or_late_is_read_and_long_series_page_by_page(
    outside: Outside, ana: Person, influx: Influx, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(influx_read, "PAGE", 7)
    begin = int(BEGIN.timestamp() * 1000)
    lines = [f"pulse,wrist={side} bpm={60 + n % 30} {begin + n * pause * 1000}"
             for side, pause, count in (("left", 1, 100), ("right", 50, 20)) for n in range(count)]  # fmt: skip
    influx.write("\n".join(lines), database="health")
    await connect(outside, ana, influx.address, write="no", read="pulse.bpm = heart_rate count/min")
    await sync(outside, ana)
    assert len(await stored(outside, ana, "heart_rate")) == 120
    influx.write(
        f"pulse,wrist=left bpm=99 {begin + 3_600_000}\npulse,wrist=left bpm=98 {begin + 500}", database="health"
    )
    assert (await sync(outside, ana)).read.added == 2
    assert len(await stored(outside, ana, "heart_rate")) == 122


async def test_reading_from_the_database_that_is_written_to_makes_no_circle(
    outside: Outside, ana: Person, influx: Influx
) -> None:
    influx.write(f"heart_rate value=66 {int(BEGIN.timestamp() * 1000)}", database="health")
    await store(outside, ana, reading("heart_rate", 5, 60))
    await connect(outside, ana, influx.address, read="heart_rate.value = heart_rate count/min")
    for _ in range(3):
        await sync(outside, ana)
    assert [(source, value) for source, _, _, value in await stored(outside, ana, "heart_rate")] == [
        ("InfluxDB", 66.0), ("Watch", 60.0),
    ]  # fmt: skip
    assert influx.ask('SELECT count("value") FROM "heart_rate"', database="health")[0]["values"][0][1] == 2


async def test_a_unit_that_does_not_fit_the_metric_is_told(outside: Outside, ana: Person, influx: Influx) -> None:
    await connect(outside, ana, influx.address, write="no", read="body.weight = weight_body_mass km")
    with pytest.raises(BadInput, match="km cannot be turned into kg"):
        await sync(outside, ana)


async def test_nothing_happens_without_a_connection(outside: Outside, ana: Person) -> None:
    assert await influx_sync.run(outside, ana, now=NOW) is None


@pytest.fixture(scope="module")
def victoria() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="twinning-victoria-") as folder:
        (port,) = _ports(1)
        address = f"http://127.0.0.1:{port}"
        arguments = [_program("victoria-metrics", "victoria-metrics"), f"-storageDataPath={folder}/data",
                     f"-httpListenAddr=127.0.0.1:{port}", "-retentionPeriod=100y"]  # fmt: skip
        with _running(arguments, address, Path(folder)):
            yield address


@pytest.mark.parametrize("version", ["1", "2"])
async def test_victoria_metrics_has_what_is_stored_through_either_interface(
    outside: Outside, ana: Person, victoria: str, version: str
) -> None:
    await connect(outside, ana, victoria, version=version, organisation="home", database=f"health{version}")
    source = f'Ana’s Apple\u00a0Watch, left=1 "{version}"'
    await store(outside, ana, *(reading("heart_rate", n, 60 + n, source=source) for n in range(3)))
    assert (await sync(outside, ana)).copied.points == 3
    httpx.get(f"{victoria}/internal/force_flush", trust_env=False).raise_for_status()
    found = httpx.get(f"{victoria}/api/v1/export", params={"match[]": '{__name__="heart_rate_value"}'}, trust_env=False)
    series = [json.loads(line) for line in found.text.splitlines()]
    (ours,) = [each for each in series if each["metric"]["source"] == source]
    assert (ours["values"], ours["metric"]["unit"]) == ([60, 61, 62], "bpm")
    assert ours["timestamps"][0] == int(BEGIN.timestamp() * 1000)


async def test_victoria_metrics_cannot_be_read_and_says_so(outside: Outside, ana: Person, victoria: str) -> None:
    with pytest.raises(BadResponse, match="does not answer InfluxQL"):
        await connect(outside, ana, victoria, read="pulse.bpm = heart_rate")


async def test_the_loop_goes_on_after_a_failure_and_stops_when_told(
    outside: Outside, ana: Person, influx: Influx, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(influx_sync, "EVERY_S", 0.05)
    await connect(outside, ana, influx.address)
    await store(outside, ana, reading("heart_rate", 0, 60))
    failed, run = asyncio.Event(), influx_sync.run

    async def once(*arguments: Any, **named: Any) -> influx_sync.Report | None:
        if not failed.is_set():
            failed.set()
            raise TwinningError("It is not well.")
        return await run(*arguments, **named)

    monkeypatch.setattr(influx_sync, "run", once)
    task = asyncio.create_task(influx_sync.run_forever(outside))
    async with asyncio.timeout(60):
        while await waiting(outside, ana):
            await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert failed.is_set()
    assert there(influx) == {("Watch", 0): 60.0}
