"""Apple Health's `export.xml` into the tables: records each second from file to commit, and memory."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import random
import resource
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from assistant import auth
from assistant.db.database import open_database
from assistant.figures.health import apple_export
from bench.homes import CODE, environment, home, settings
from bench.table import Row

RECORDS = 600_000
A_DAY = 2_500
"""What a phone and a watch write: 3 GB in nine years."""
GOAL_PER_S = 50_000
GOAL_MB = 200
_KINDS = (
    # type, unit, weight, lasts up to s
    ("HeartRate", "count/min", 55, 0),
    ("ActiveEnergyBurned", "kcal", 20, 120),
    ("StepCount", "count", 9, 600),
    ("DistanceWalkingRunning", "km", 9, 600),
    ("BasalEnergyBurned", "kcal", 5, 900),
    ("OxygenSaturation", "%", 1, 0),
    ("RespiratoryRate", "count/min", 1, 0),
)
_DEVICE = (
    "&lt;&lt;HKDevice: 0x28{number:07x}&gt;, name:Apple Watch, manufacturer:Apple Inc., model:Watch, "
    "hardware:Watch6,2, software:9.4&gt;"
)


def records(count: int, *, seed: int = 5) -> Iterator[str]:
    """An export as the phone writes it: by type, each in the order of time, with devices, metadata, document type."""
    rng = random.Random(seed)
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE HealthData [\n<!ELEMENT HealthData (ExportDate,Me,(Record|'
        "Correlation|Workout|ActivitySummary)*)>\n<!ATTLIST HealthData\n  locale CDATA #REQUIRED\n>\n]>\n"
        '<HealthData locale="en_DE">\n <ExportDate value="2026-01-01 10:00:00 +0100"/>\n'
    )
    zone = dt.timezone(dt.timedelta(hours=1))
    for kind, unit, share, lasts in _KINDS:
        number = count * share // 100
        at, pause = dt.datetime(2016, 1, 1, tzinfo=zone), count / A_DAY * 86_400 / number
        for n in range(number):
            at += dt.timedelta(seconds=round(pause * rng.uniform(0.2, 1.8)))
            end = at + dt.timedelta(seconds=rng.randint(1, lasts) if lasts else 0)
            value = rng.randint(45, 150) if unit == "count/min" else round(rng.uniform(0.9, 1) if unit == "%" else
                                                                            rng.uniform(0.01, 9), 5)  # fmt: skip
            source = "Ana’s iPhone" if lasts and rng.random() < 0.3 else "Ana’s Apple\u00a0Watch"
            head = (
                f' <Record type="HKQuantityTypeIdentifier{kind}" sourceName="{source}" sourceVersion="9.4" '
                f'device="{_DEVICE.format(number=n // 1000)}" unit="{unit}" creationDate="{end:%Y-%m-%d %H:%M:%S %z}" '
                f'startDate="{at:%Y-%m-%d %H:%M:%S %z}" endDate="{end:%Y-%m-%d %H:%M:%S %z}" value="{value}"'
            )
            if kind == "HeartRate" and n % 10 < 7:
                more = '<MetadataEntry key="HKMetadataKeyHeartRateMotionContext" value="1"/>'
                yield f"{head}>\n  {more}\n </Record>\n"
            else:
                yield f"{head}/>\n"
    yield "</HealthData>\n"


def write(path: Path, count: int) -> None:
    """Writes an export of about so many records."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(records(count))


async def measure() -> list[Row]:
    """A first import, and the same file again, each in a process of its own."""
    with home() as folder:
        write(folder / "export.xml", RECORDS)
        size_mb = (folder / "export.xml").stat().st_size / 1e6
        first = await _imported(folder, folder / "export.xml")
        again = await _imported(folder, folder / "export.xml")
    beside = (
        f"{RECORDS:,} records, {size_mb:,.0f} MB; processor time of ours {first['own_s']:.0f} of {first['s']:.0f} s"
    )
    return [
        Row("export.xml", "first import, from file to commit", RECORDS / first["s"], "records/s", GOAL_PER_S,
            at_least=True, note=beside),
        Row("export.xml", "the same file again", RECORDS / again["s"], "records/s",
            note="nothing is stored"),
        Row("export.xml", "largest memory of the importing processes", max(first["mb"], again["mb"]), "MB", GOAL_MB),
    ]  # fmt: skip


async def _imported(folder: Path, path: Path) -> dict[str, float]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.apple", str(folder / "data"), str(path),
        cwd=CODE, env=environment(folder / "data"), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(), 600)
    if process.returncode:
        raise RuntimeError(f"the import ended with {process.returncode}")
    return dict(json.loads(out.splitlines()[-1]))


class _Memory(threading.Thread):
    """The most memory that this process and those that it started have had, in MB.

    Not getrusage: that begins with the memory of the process that started one.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._most: dict[int, float] = {}
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(0.05):
            self._look()

    def mb(self) -> float:
        """All of them together, each at its worst."""
        self._look()
        self._ended.set()
        return sum(self._most.values())

    def _look(self) -> None:
        own = psutil.Process()
        for process in (own, *own.children()):
            try:
                status = Path(f"/proc/{process.pid}/status").read_text()
            except OSError:  # it has ended
                continue
            lines = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
            self._most[process.pid] = max([self._most.get(process.pid, 0.0), *(int(each) / 1024 for each in lines)])


def _own_s() -> float:
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


async def _import(data: Path, path: Path) -> None:
    chosen = settings(data)
    database = await open_database(chosen)
    memory = _Memory()
    memory.start()
    try:
        person = await auth.owner_of_the_folder(database, chosen)
        used, started = _own_s(), time.perf_counter()
        said = await apple_export.take_file(
            database, person, path, now=dt.datetime(2026, 11, 1, tzinfo=dt.UTC), report=lambda _done, _all: None
        )
        seconds, used = time.perf_counter() - started, _own_s() - used
    finally:
        await database.close()
    assert said, "it tells what it read"
    print(json.dumps({"s": seconds, "own_s": used, "mb": memory.mb()}))


if __name__ == "__main__":
    asyncio.run(_import(Path(sys.argv[1]), Path(sys.argv[2])))
