"""InfluxDB's two notations: points as line protocol, and names and times as InfluxQL.

https://docs.influxdata.com/influxdb/v1/write_protocols/line_protocol_reference/ and
https://docs.influxdata.com/influxdb/v1/query_language/spec/. InfluxDB 2 and VictoriaMetrics read the same lines.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from assistant.errors import BadInput

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND = dt.timedelta(milliseconds=1)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_IN_A_MEASUREMENT = str.maketrans({",": r"\,", " ": r"\ "})
_IN_A_KEY = str.maketrans({",": r"\,", " ": r"\ ", "=": r"\="})
LAST_BACKSLASH = "\N{FULLWIDTH REVERSE SOLIDUS}"
"""Stands for a backslash at the end of a name: there it would escape what follows, and nothing can escape it."""


@dataclass(frozen=True)
class Point:
    """One point.

    Attributes:
        at: With a zone; kept to the millisecond.
        tags: Empty values are left out, for the protocol has none.
        fields: At least one.
    """

    measurement: str
    at: dt.datetime
    tags: Mapping[str, str]
    fields: Mapping[str, float | int | str]


def line_of(point: Point) -> str:
    """A point as one line, without its end.

    Raises:
        ValueError: it has no name or field, or a number that is none (NaN and infinity cannot be written).
    """
    named = measurement(point.measurement)
    fields = ",".join(f"{key(name)}={_value(value)}" for name, value in sorted(point.fields.items()))
    if not named or not fields:
        raise ValueError("A point needs a measurement and a field.")
    return f"{named}{tags(point.tags)} {fields} {milliseconds(point.at)}"


def lines_of(points: Iterable[Point]) -> bytes:
    """Points as a body, one line each."""
    return "\n".join(line_of(each) for each in points).encode()


def tags(given: Mapping[str, str]) -> str:
    """Tags as they follow a measurement, in the order of their names, which the server indexes fastest."""
    written = ((key(name), key(value)) for name, value in sorted(given.items()))
    return "".join(f",{name}={value}" for name, value in written if name and value)


def measurement(name: str) -> str:
    """A measurement's name. One that begins with `#` would be a comment and gets a word before it."""
    plain = _plain(name)
    return (f"metric {plain}" if plain.startswith("#") else plain).translate(_IN_A_MEASUREMENT)


def key(name: str) -> str:
    """A tag's name or value, or a field's name."""
    return _plain(name).translate(_IN_A_KEY)


def number(value: float) -> str:
    """A float field.

    Raises:
        ValueError: it is NaN or infinite.
    """
    if not math.isfinite(value):
        raise ValueError("InfluxDB keeps no NaN and no infinity.")
    return repr(float(value))


def milliseconds(at: dt.datetime) -> int:
    """An instant as milliseconds since 1970, exact also before it and far from it."""
    return (at - _EPOCH) // _MILLISECOND


def instant(since_1970_ms: int) -> dt.datetime:
    """The other way.

    Raises:
        OverflowError: no calendar has it.
    """
    return _EPOCH + since_1970_ms * _MILLISECOND


def _value(value: float | int | str) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value}i" if isinstance(value, int) else number(value)


def _plain(name: str) -> str:
    """A name on one line; a line break would begin another point."""
    said = _CONTROLS.sub(" ", name).strip()
    return said[:-1] + LAST_BACKSLASH if said.endswith("\\") else said


def identifier(name: str) -> str:
    """A name in InfluxQL, whatever is in it."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


@dataclass(frozen=True)
class Wanted:
    """A series that the person wants read, and what it is here.

    Attributes:
        unit: In which the values are there; "" for the unit that the metric is kept in here.
    """

    measurement: str
    field: str
    metric: str
    unit: str

    @property
    def key(self) -> str:
        """What its place of reading is kept under."""
        return f"{identifier(self.measurement)}.{identifier(self.field)}={self.metric} {self.unit}".rstrip()


_NAME = r'(?:"((?:[^"\\]|\\.)*)"|([^".=;\s][^".=;]*?))'
_WANTED = re.compile(rf"\s*{_NAME}\s*\.\s*{_NAME}\s*=\s*([a-z0-9_]+)(?:\s+([^;,=\"]*?))?\s*(?:;|$)")


def read_wanted(text: str) -> tuple[Wanted, ...]:
    """What stands in the connection's `read`: `body.weight = weight_body_mass kg; "my heart"."bpm" = heart_rate`.

    Raises:
        BadInput: it is written otherwise; the text shows where.
    """
    found: list[Wanted] = []
    at = 0
    while text[at:].strip():
        match = _WANTED.match(text, at)
        if match is None:
            raise BadInput(
                f"What to read from InfluxDB is not understood at “{text[at : at + 40].strip()}”; write "
                "measurement.field = metric unit, with semicolons between, such as body.weight = weight_body_mass kg."
            )
        names = [_unquoted(match[1], match[2]), _unquoted(match[3], match[4])]
        found.append(Wanted(names[0], names[1], match[5], match[6] or ""))
        at = match.end()
    if len({each.key for each in found}) < len(found):
        raise BadInput("What to read from InfluxDB names a series twice; name it once.")
    return tuple(found)


def _unquoted(quoted: str | None, bare: str | None) -> str:
    return re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else str(bare)
