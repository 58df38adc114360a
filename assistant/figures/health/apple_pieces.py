"""An export as pieces: how they are read from a file, and how they go from one program to another.

A piece goes as eight bytes of length, so much JSON, and the bytes of its readings (`columns.ROW`). The last one says
how it ended.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from assistant.errors import BadInput
from assistant.figures.health.apple_records import Converting
from assistant.figures.health.apple_xml import Reader, opened
from assistant.figures.health.columns import ROW, Columns
from assistant.figures.health.health_values import Batch, Record, Segment, Workout

LOOK_BYTES = 1 << 26
"""After so much of the file a piece is given out, however little it holds: the person sees that it goes on."""
HEAD_BYTES = 8


@dataclass(frozen=True)
class Piece:
    """A part of an export.

    Attributes:
        done, size: Bytes read and bytes in all; of an archive, unpacked.
    """

    columns: Columns
    batch: Batch
    done: int
    size: int


@dataclass(frozen=True)
class Ended:
    """How the reading ended.

    Attributes:
        unread: Why records could not be read, with their number, the most frequent first.
        examples: One for each of these reasons.
        troubles: Sentences on units that fit no metric.
        doubled: Records that said the same as one before.
        left_out: Elements that are not read, by name.
        fault: Why it ended before its end, as a sentence; "" where it did not.
    """

    unread: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, str] = field(default_factory=dict)
    troubles: Sequence[str] = ()
    doubled: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    fault: str = ""


def read(path: Path, *, name: str, time_zone: str, batch: int, chunk_bytes: int) -> Iterator[Piece | Ended]:
    """The pieces of a file, and how it ended. What comes before a fault is given out before it is told.

    Args:
        name: Of the file, for the person.
        time_zone: Of dates without an offset.
        batch: So many readings make a piece.
        chunk_bytes: So much is read at a time.
    """
    converting, left_out, fault = Converting(time_zone=time_zone), dict[str, int](), ""
    done = told = size = 0
    try:
        with opened(path) as (file, size):
            reader = Reader(file, name=name, chunk_bytes=chunk_bytes)
            while (elements := reader.more()) is not None:
                converting.add(elements.records)
                for attributes, statistics in elements.workouts:
                    converting.add_workout(attributes, statistics)
                done, left_out = reader.done_bytes, dict(elements.left_out)
                if converting.held >= batch or done - told >= LOOK_BYTES:
                    told = done
                    yield Piece(*converting.taken(), done=done, size=size)
    except BadInput as error:
        fault = str(error)
    if converting.held:
        yield Piece(*converting.taken(), done=done, size=size)
    yield Ended(
        unread=dict(converting.unread.most_common()),
        examples=converting.examples,
        troubles=converting.troubles,
        doubled=converting.doubled,
        left_out=left_out,
        fault=fault,
    )


# Between the two programs --------------------------------------------------------------------------------------------


def written(piece: Piece | Ended) -> Iterator[bytes | memoryview]:
    """A piece as bytes, in parts."""
    if isinstance(piece, Ended):
        body: dict[str, Any] = {"ended": piece}
    else:
        body = {
            "series": piece.columns.series,
            "units": piece.columns.units,
            "row_bytes": piece.columns.rows.nbytes,
            "segments": piece.batch.segments,
            "workouts": piece.batch.workouts,
            "records": piece.batch.records,
            "done": piece.done,
            "size": piece.size,
        }
    text = orjson.dumps(body)
    yield len(text).to_bytes(HEAD_BYTES, "big")
    yield text
    if isinstance(piece, Piece):
        yield piece.columns.rows.view(np.uint8).data


async def received(exactly: Callable[[int], Awaitable[bytes]]) -> Piece | Ended:
    """The next piece.

    Args:
        exactly: Gives so many bytes of what was written.
    """
    body = orjson.loads(await exactly(int.from_bytes(await exactly(HEAD_BYTES), "big")))
    if "ended" in body:
        return Ended(**body["ended"])
    rows = np.frombuffer(await exactly(body["row_bytes"]), dtype=ROW)
    return Piece(
        Columns([(metric, source) for metric, source in body["series"]], body["units"], rows),
        Batch(
            segments=[Segment(**_with_dates(each)) for each in body["segments"]],
            workouts=[Workout(**_with_dates(each)) for each in body["workouts"]],
            records=[Record(**_with_dates(each)) for each in body["records"]],
        ),
        done=body["done"],
        size=body["size"],
    )


def _with_dates(values: dict[str, Any]) -> dict[str, Any]:
    for name in ("at", "start_at", "end_at"):
        if values.get(name):
            values[name] = dt.datetime.fromisoformat(values[name])
    if "day" in values:
        values["day"] = dt.date.fromisoformat(values["day"])
    return values
