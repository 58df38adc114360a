"""Readings as columns of numbers: 57 bytes for each instead of some 500, and ready for Postgres.

Instants are microseconds and days are days since the beginning of 2000, as Postgres counts them. Metric, source and
unit are numbers of lists that are beside the rows.
"""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from assistant.figures.health.health_values import Reading

MARKS = ("", "impossible", "future")
"""By the number that stands for them."""
NUMBER_OF_MARK = {mark: number for number, mark in enumerate(MARKS)}
EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
EPOCH_DAY = EPOCH.toordinal()
ROW = np.dtype(
    [("series", "<i4"), ("at", "<i8"), ("span_s", "<i4"), ("day", "<i4"), ("value", "<f8"), ("low", "<f8"),
     ("high", "<f8"), ("given", "<f8"), ("unit", "<i4"), ("mark", "<i1")]
)  # fmt: skip
"""One reading; low, high and given are NaN where there is none."""
pack_row = struct.Struct("<iqiiddddib").pack
"""The bytes of one reading; its arguments are those of `ROW`, in their order."""
Rows = npt.NDArray[Any]
_NONE = float("nan")
_Name = TypeVar("_Name", str, tuple[str, str])


@dataclass(frozen=True)
class Columns:
    """Readings in the order in which they came.

    Attributes:
        series: (metric, source) by their number in the rows.
        units: Units as they came (`Reading.given_unit`), by their number in the rows.
    """

    series: Sequence[tuple[str, str]]
    units: Sequence[str]
    rows: Rows


class Gathering:
    """Columns that grow reading by reading.

    Attributes:
        data: Rows as `pack_row` makes them, to be added to directly where there are millions.
    """

    def __init__(self) -> None:
        self._series: dict[tuple[str, str], int] = {}
        self._units: dict[str, int] = {}
        self.data = bytearray()

    def __len__(self) -> int:
        return len(self.data) // ROW.itemsize

    def series(self, metric: str, source: str) -> int:
        """The number of a metric from a source."""
        return self._series.setdefault((metric, source), len(self._series))

    def unit(self, name: str) -> int:
        """The number of a unit."""
        return self._units.setdefault(name, len(self._units))

    def add(self, reading: Reading) -> None:
        """Adds one."""
        self.data += pack_row(
            self.series(reading.metric, reading.source),
            microseconds(reading.at),
            reading.span_s,
            reading.day.toordinal() - EPOCH_DAY,
            reading.value,
            _NONE if reading.low is None else reading.low,
            _NONE if reading.high is None else reading.high,
            _NONE if reading.given is None else reading.given,
            self.unit(reading.given_unit),
            NUMBER_OF_MARK[reading.mark],
        )

    def columns(self) -> Columns:
        """What was added."""
        return Columns(tuple(self._series), tuple(self._units), np.frombuffer(self.data, dtype=ROW))


def columns_of(readings: Sequence[Reading]) -> Columns:
    """The same readings as columns; at once, which is faster than one by one."""
    if not readings:
        return Gathering().columns()
    # Column by column, and not by zip(*readings): with a hundred thousand arguments that takes most of the time.
    series, of = _numbered([(reading.metric, reading.source) for reading in readings])
    units, unit_of = _numbered([reading.given_unit for reading in readings])
    rows = np.empty(len(readings), dtype=ROW)
    rows["series"], rows["unit"] = of, unit_of
    rows["at"] = np.rint((np.array([reading.at.timestamp() for reading in readings]) - EPOCH.timestamp()) * 1e6)
    rows["span_s"] = [reading.span_s for reading in readings]
    rows["day"] = [reading.day.toordinal() - EPOCH_DAY for reading in readings]
    rows["value"] = [reading.value for reading in readings]
    # None becomes NaN.
    rows["low"] = np.array([reading.low for reading in readings], dtype=np.float64)
    rows["high"] = np.array([reading.high for reading in readings], dtype=np.float64)
    rows["given"] = np.array([reading.given for reading in readings], dtype=np.float64)
    rows["mark"] = [NUMBER_OF_MARK[reading.mark] for reading in readings]
    return Columns(series, units, rows)


def _numbered(names: Sequence[_Name]) -> tuple[tuple[_Name, ...], list[int]]:
    """Each name once, and for each one given its place there."""
    numbers: dict[_Name, int] = {}
    places = [numbers.setdefault(name, len(numbers)) for name in names]
    return tuple(numbers), places


def microseconds(at: dt.datetime) -> int:
    """An instant as a number."""
    return (at - EPOCH) // dt.timedelta(microseconds=1)


def day_of(number: int) -> dt.date:
    """The day that a number stands for."""
    return dt.date.fromordinal(int(number) + EPOCH_DAY)
