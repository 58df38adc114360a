"""Readings as Postgres' own binary rows: ten times as fast as rows of text, which matters for millions of them.

The format: https://www.postgresql.org/docs/current/sql-copy.html (Binary Format). The columns are those of
`health_incoming` and `health_packs` in `assistant/db/health.py`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assistant.figures.health.columns import MARKS, NUMBER_OF_MARK, Columns, Rows, microseconds
from assistant.figures.health.health_values import DAY_LONG, POSTED, RECORDED

__all__ = ["MARKS", "Bounds", "Packed", "pack"]

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_READING = {
    "series_id": ">i4", "at": ">i8", "span_s": ">i4", "day": ">i4", "value": ">f8", "low": ">f8", "high": ">f8",
    "given": ">f8", "unit": ">i2", "mark": ">i2", "known": ">i1",
}  # fmt: skip
_DAY = {"place": ">i4", "series_id": ">i4", "day": ">i4", "first_at": ">i8", "last_at": ">i8", "day_long": ">i1"}
_Places = npt.NDArray[np.intp]
_Numbers = Mapping[str, Rows]


@dataclass(frozen=True)
class Bounds:
    """Of one series: its number in the database, and what is possible."""

    number: int
    low: float
    high: float


@dataclass(frozen=True)
class Packed:
    """Rows for COPY.

    Attributes:
        rows: How many; of several readings of one instant from one source the last one is left.
        marked: How many of them are impossible or in the future.
        lost: Places in the readings of those that hold no number.
        days: Each day of each series with its first and last instant, for COPY.
    """

    rows: int
    marked: int
    lost: tuple[int, ...]
    days: bytearray
    _columns: _Numbers
    _day_of: npt.NDArray[np.int64]

    def data(self, known: Collection[int]) -> bytearray:
        """The rows for COPY.

        Args:
            known: Places, in `days`, of those of which something is stored already.
        """
        there = np.zeros(len(self._day_of) + 1, dtype=np.bool_)
        there[list(known)] = True
        return _for_copy(_READING, {**self._columns, "known": there[self._day_of]})


def pack(columns: Columns, bounds: Sequence[Bounds], *, units: Mapping[str, int], latest: dt.datetime) -> Packed:
    """Packs readings in the order of the table's key.

    Args:
        bounds: Of each series, in the order of `columns.series`.
        units: The number of each unit that was converted from; 0 for what was not converted.
        latest: What begins later lies in the future.
    """
    given = columns.rows
    of, at, value, mark = given["series"], given["at"], given["value"], given["mark"].copy()
    lowest, highest = np.array([(each.low, each.high) for each in bounds]).T
    good = mark == 0
    mark[good & ((value < lowest[of]) | (value > highest[of]))] = NUMBER_OF_MARK["impossible"]
    mark[good & (at > microseconds(latest))] = NUMBER_OF_MARK["future"]
    finite = np.isfinite(value)
    numbers = {
        "series_id": np.array([each.number for each in bounds])[of],
        **{name: np.ascontiguousarray(given[name]) for name in ("at", "span_s", "day")},
    }
    kept = _last_of_each(numbers, _not_in_a_day(numbers, np.flatnonzero(finite)))
    unit = np.array([units.get(name, 0) for name in columns.units], dtype=np.int64)[given["unit"][kept]]
    numbers = {name: column[kept] for name, column in numbers.items()}
    numbers |= {name: given[name][kept] for name in ("value", "low", "high", "given")}
    numbers |= {"unit": np.where(np.isnan(numbers["given"]), 0, unit), "mark": mark[kept]}
    days, day_of = _days(numbers)
    return Packed(
        rows=len(kept),
        marked=int(np.count_nonzero(numbers["mark"])),
        lost=tuple(int(place) for place in np.flatnonzero(~finite)),
        days=days,
        _columns=numbers,
        _day_of=day_of,
    )


def _for_copy(form: Mapping[str, str], columns: _Numbers) -> bytearray:
    """Rows in Postgres' form: how many columns there are, and each with its size before it."""
    parts = [part for name, kind in form.items() for part in ((f"{name}_size", ">i4"), (name, kind))]
    row, count = np.dtype([("columns", ">i2"), *parts]), len(columns["series_id"])
    # Filled where they are sent from: in millions of readings each copy counts.
    data = bytearray(len(_HEADER) + count * row.itemsize + len(_TRAILER))
    data[: len(_HEADER)], data[-len(_TRAILER) :] = _HEADER, _TRAILER
    rows: Rows = np.frombuffer(data, dtype=row, offset=len(_HEADER), count=count)
    rows["columns"] = len(form)
    for name, kind in form.items():
        rows[f"{name}_size"] = np.dtype(kind).itemsize
        rows[name] = columns[name]
    return data


def _days(rows: _Numbers) -> tuple[bytearray, npt.NDArray[np.int64]]:
    """Each day of each series that occurs, for COPY; and for each row the place of its day there."""
    at, day, number = rows["at"], rows["day"], rows["series_id"]
    if not len(at):
        return _for_copy(_DAY, dict.fromkeys(_DAY, at)), np.zeros(0, dtype=np.int64)
    order = np.lexsort((at, day, number))
    begins = np.append(np.True_, (np.diff(number[order]) != 0) | (np.diff(day[order]) != 0))
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(order)) - 1
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.cumsum(begins) - 1
    days = {
        "place": np.arange(len(starts)),
        "series_id": number[order[starts]],
        "day": day[order[starts]],
        "first_at": at[order[starts]],
        "last_at": at[order[ends]],
        "day_long": np.logical_or.reduceat(rows["span_s"][order] == DAY_LONG, starts),
    }
    return _for_copy(_DAY, days), places


def _not_in_a_day(rows: _Numbers, places: _Places) -> _Places:
    """Without what begins at the same instant as the figure of a whole day: it is the same figure."""
    days = rows["span_s"][places] == DAY_LONG
    if not days.any() or days.all():
        return places
    begun = set(zip(rows["series_id"][places[days]], rows["at"][places[days]], strict=True))
    keys = zip(rows["series_id"][places], rows["at"][places], rows["span_s"][places], strict=True)
    return places[[span != POSTED or (number, at) not in begun for number, at, span in keys]]


def _last_of_each(rows: _Numbers, places: _Places) -> _Places:
    """Of several readings of one instant (of a whole day: of one day) the place of the last one, in the key's order."""
    if not len(places):
        return places
    span = rows["span_s"][places]
    instant = np.where(span == DAY_LONG, 2**62 + rows["day"][places].astype(np.int64), rows["at"][places])
    recorded = span == RECORDED
    number = rows["series_id"][places]
    # Stable: readings with the same key stay in the order in which they came.
    order = np.lexsort((recorded, instant, number))
    key = np.stack([number[order], instant[order], recorded[order]])
    last = np.append(np.any(key[:, 1:] != key[:, :-1], axis=0), np.True_)
    chosen: _Places = places[order[last]]
    return chosen
