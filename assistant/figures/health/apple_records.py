"""Apple's elements as readings, sleep and workouts; `apple_export` says the rules."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence

from assistant.errors import BadInput
from assistant.figures import units
from assistant.figures.health.apple_times import MINUTES, SECONDS, Clock
from assistant.figures.health.apple_types import (
    CATEGORY,
    LASTING,
    QUANTITY,
    SLEEP,
    STAGES,
    STAND_HOUR,
    STOOD,
    Meaning,
    activity,
    meaning,
    metric_of,
)
from assistant.figures.health.apple_xml import Attributes
from assistant.figures.health.columns import EPOCH_DAY, NUMBER_OF_MARK, Columns, Gathering, microseconds, pack_row
from assistant.figures.health.health_values import RECORDED, Batch, Reading, Record, Segment, Workout
from assistant.figures.health.metrics import METRICS
from assistant.figures.health.post_rows import source_of

SAME_SECOND = 1 << 13
"""So many starts are remembered, twice, to find records that begin in the same second: Apple sorts them by type."""
MEANINGS = 2_000
"""Types and units of one export; Apple has some hundred."""
REASONS = 100
UNNAMED = "Apple Health"
"""The source of a record that names none."""
_MILLISECOND = 1000
_NONE = float("nan")
_Start = tuple[str, str, str]


class Converting:
    """Turns Apple's elements into readings.

    Args:
        time_zone: Of dates without an offset.

    Attributes:
        unread: Why records could not be read, with their number.
        examples: One for each of these reasons.
        troubles: Sentences on units that fit no metric.
        doubled: Records that said the same as one before.
    """

    def __init__(self, *, time_zone: str) -> None:
        self._clock = Clock(time_zone)
        self._meanings: dict[tuple[str, str], Meaning] = {}
        self._starts: dict[_Start, str | list[str]] = {}
        self._earlier: dict[_Start, str | list[str]] = {}
        self._readings = Gathering()
        self._batch = Batch()
        self.unread: Counter[str] = Counter()
        self.examples: dict[str, str] = {}
        self.troubles: list[str] = []
        self.doubled = 0

    @property
    def held(self) -> int:
        """How much waits to be taken."""
        batch = self._batch
        return len(self._readings) + len(batch.segments) + len(batch.workouts) + len(batch.records)

    def taken(self) -> tuple[Columns, Batch]:
        """What was converted since the last time: readings, and everything else."""
        columns, batch = self._readings.columns(), self._batch
        self._readings, self._batch = Gathering(), Batch()
        return columns, batch

    def add(self, records: Sequence[Attributes]) -> None:
        """Converts records. The loop of the whole import: what it needs is looked up once and held locally."""
        days, minutes, seconds, read = self._clock.days, MINUTES, SECONDS, self._clock.read
        starts, earlier, data, pack = self._starts, self._earlier, self._readings.data, pack_row
        kind = unit = ""  # of the record before: Apple sorts them by type
        means: Meaning | None = None
        numbers: dict[str, tuple[int, str]] = {}  # of its series, by their sources as they came
        of_unit = mark = 0
        for record in records:
            try:
                if record["type"] != kind or record.get("unit", "") != unit:
                    means, numbers = self._meaning(record), {}
                    kind, unit = record["type"], record.get("unit", "")
                    of_unit, mark = self._readings.unit(unit), NUMBER_OF_MARK[means.mark if means else ""]
                if means is None:
                    self._add_category(record)
                    continue
                metric, scale, shift, converted, _, _ = means
                of_source = numbers.get(record["sourceName"])
                if of_source is None:
                    source = self._source(record)
                    of_source = numbers[record["sourceName"]] = self._readings.series(metric, source), source
                series, source = of_source
                begun, said = record["startDate"], record["value"]
                known = days.get(begun[:11] + begun[20:])
                if known is None:
                    instant, local, _ = read(begun)
                    at, day = microseconds(instant), local.toordinal() - EPOCH_DAY
                else:  # the rest of a date that is no date makes a KeyError
                    at, day = known[0] + minutes[begun[11:16]] + seconds[begun[16:20]], known[1]
                number = float(said)
                key, says = (metric, source, begun), record["endDate"] + said
                before = starts.get(key) or earlier.get(key)
                if before is None:
                    starts[key] = says
                    if len(starts) >= SAME_SECOND:
                        earlier, starts = starts, {}
                        self._starts, self._earlier = starts, earlier
                else:
                    place = self._place(key, says, before)
                    if not place:
                        continue
                    at += place * _MILLISECOND
                data += pack(series, at, RECORDED, day, number * scale + shift, _NONE, _NONE,
                             number if converted else _NONE, of_unit, mark)  # fmt: skip
            except (KeyError, ValueError, OverflowError) as error:
                self._cannot_read(record, error)

    def _meaning(self, record: Attributes) -> Meaning | None:
        """What a type in a unit is; None for a category."""
        kind, unit = record["type"], record.get("unit", "")
        if kind.startswith(CATEGORY) or not (kind.startswith(QUANTITY) or unit):
            return None
        if (found := self._meanings.get((kind, unit))) is not None:
            return found
        if len(self._meanings) >= MEANINGS:
            raise ValueError("more types and units than Apple has")
        means = self._meanings[kind, unit] = meaning(kind, unit)
        if means.trouble and len(self.troubles) < REASONS:
            self.troubles.append(means.trouble)
        return means

    def _source(self, record: Attributes) -> str:
        """The source as posts of Health Auto Export name it: Apple puts a no-break space into "Apple Watch"."""
        said = record["sourceName"]
        return source_of(said) if said.strip() else UNNAMED

    def _place(self, key: _Start, says: str, before: str | list[str]) -> int:
        """The place of a record among those that begin in the same second; 0 for one that was there already."""
        there = before if isinstance(before, list) else [before]
        if says in there:
            self.doubled += 1
            return 0
        there.append(says)
        self._starts[key] = there
        return len(there) - 1

    def _add_category(self, record: Attributes) -> None:
        kind, source = record["type"], self._source(record)
        start, day, offset_s = self._clock.read(record["startDate"])
        end, _, end_offset_s = self._clock.read(record["endDate"])
        mark = "impossible" if end < start else ""
        if kind == SLEEP:
            stage = STAGES[record["value"]]
            self._batch.segments.append(
                Segment(source, start, end, stage, offset_s, mark=mark, end_offset_s=end_offset_s)
            )
        elif kind == STAND_HOUR:
            stood = 1.0 if record["value"] == STOOD else 0.0
            self._readings.add(
                Reading("apple_stand_hour", source, start, RECORDED, day, stood, None, None, None, "count", mark)
            )
        elif kind in LASTING:
            metric, seconds = LASTING[kind], (end - start).total_seconds()
            shown = METRICS[metric].shown
            given = units.convert(seconds, "s", to=shown)
            self._readings.add(Reading(metric, source, start, RECORDED, day, seconds, None, None, given, shown, mark))
        else:
            said = "\n".join(record.get(each, "") for each in ("sourceName", "startDate", "endDate", "value"))
            digest = hashlib.sha256(said.encode()).hexdigest()[:32]
            self._batch.records.append(Record(metric_of(kind), digest, record, start))

    def add_workout(self, record: Attributes, statistics: Sequence[Attributes]) -> None:
        """Converts a workout with its statistics."""
        try:
            start, day, _ = self._clock.read(record["startDate"])
            end, _, _ = self._clock.read(record["endDate"])
            numbers = {metric_of(each["type"]): each for each in statistics if "type" in each}
            energy, energy_unit = _total(numbers.get("active_energy"), record, "totalEnergyBurned", to="kJ")
            distances = [each for name, each in numbers.items() if "distance" in name and "sum" in each]
            distance, distance_unit = _total(next(iter(distances), None), record, "totalDistance", to="m")
            duration = _number(record.get("duration"), record.get("durationUnit", "min"), to="s")
            mark = "impossible" if end < start else ""
            self._batch.workouts.append(
                Workout(
                    key="",
                    name=activity(record.get("workoutActivityType", "")),
                    source=self._source(record),
                    start_at=start,
                    end_at=end,
                    day=day,
                    duration_s=(end - start).total_seconds() if duration is None else duration,
                    energy_kj=energy,
                    energy_unit=energy_unit,
                    distance_m=distance,
                    distance_unit=distance_unit,
                    details={"statistics": numbers} if numbers else {},
                    mark=mark,
                )
            )
        except (KeyError, ValueError, OverflowError) as error:
            self._cannot_read({"type": "Workout", **record}, error)

    def _cannot_read(self, record: Attributes, error: Exception) -> None:
        why = f"{error.args[0]} is missing or not known" if isinstance(error, KeyError) else str(error)
        reason = metric_of(record.get("type", "RecordWithoutType"))[:60]
        if reason not in self.unread and len(self.unread) >= REASONS:
            reason = "other_types"
        self.unread[reason] += 1
        self.examples.setdefault(reason, f"{why[:120]} ({record.get('startDate', 'no date')[:40]})")


def _total(statistics: Attributes | None, record: Attributes, old: str, *, to: str) -> tuple[float | None, str]:
    """A sum over a workout with the unit it came in: of its statistics, or of an attribute of before iOS 16."""
    if statistics is not None and "sum" in statistics:
        said, unit = statistics["sum"], statistics.get("unit", "")
    else:
        said, unit = record.get(old, ""), record.get(f"{old}Unit", "")
    number = _number(said, unit, to=to)
    return (None, "") if number is None else (number, units.name_of(unit))


def _number(said: str | None, unit: str, *, to: str) -> float | None:
    """A number in another unit; None where there is none, or none that can be converted."""
    try:
        number = units.convert(float(said or ""), unit, to=to)
    except (ValueError, BadInput):
        return None
    return number if math.isfinite(number) else None
