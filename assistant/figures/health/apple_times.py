"""Apple's dates ("2023-05-01 12:34:56 +0200"), read some hundred thousand times a second."""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple
from zoneinfo import ZoneInfo

from assistant.figures.health.columns import EPOCH_DAY, microseconds

DAYS = 30_000
"""So many days are remembered; forty years with summer and winter time."""
MINUTES = {f"{hour:02}:{minute:02}": (hour * 60 + minute) * 60_000_000 for hour in range(24) for minute in range(60)}
"""What "12:34" adds to its day, in microseconds."""
SECONDS = {f":{second:02} ": second * 1_000_000 for second in range(60)}
"""What ":56 " adds to its minute."""
_PLAIN = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}")
_ANY = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)(?:[ T]+(\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*([AaPp])?\.?(?:[Mm]\.?)?)?"
    r"\s*(Z|[+-]\d\d:?\d\d)?"
)

Instant = tuple[dt.datetime, dt.date, int]
"""An instant in UTC, its local day, and the offset from UTC in seconds."""


class Day(NamedTuple):
    """A date in an offset from UTC.

    Attributes:
        begins: In microseconds, as `columns` counts them.
        number: As `columns` counts days.
    """

    begins: int
    number: int
    begins_at: dt.datetime
    day: dt.date
    offset_s: int


class Clock:
    """Reads dates, and remembers the days that it has met.

    Attributes:
        days: By `text[:11] + text[20:]`, the date and the offset. An instant is then
            `days[key].begins + MINUTES[text[11:16]] + SECONDS[text[16:20]]`.
    """

    def __init__(self, time_zone: str) -> None:
        self._zone = ZoneInfo(time_zone)
        self.days: dict[str, Day] = {}

    def read(self, text: str) -> Instant:
        """A date; one without an offset is of the person's zone.

        Raises:
            ValueError: it is none.
        """
        known = self.days.get(text[:11] + text[20:])
        minute, second = MINUTES.get(text[11:16]), SECONDS.get(text[16:20])
        if known is not None and minute is not None and second is not None:
            return known.begins_at + dt.timedelta(microseconds=minute + second), known.day, known.offset_s
        local = self._local(text)
        try:
            at = local.astimezone(dt.UTC)
        except OverflowError as error:
            raise ValueError(f"no date: {text}") from error
        offset = local.utcoffset()
        assert offset is not None, "_local gives a zone"
        day, offset_s = local.date(), int(offset.total_seconds())
        if minute is not None and second is not None and _PLAIN.fullmatch(text):
            if len(self.days) >= DAYS:
                self.days.clear()
            begins_at = at - dt.timedelta(microseconds=minute + second)
            self.days[text[:11] + text[20:]] = Day(
                microseconds(begins_at), day.toordinal() - EPOCH_DAY, begins_at, day, offset_s
            )
        return at, day, offset_s

    def _local(self, text: str) -> dt.datetime:
        if _PLAIN.fullmatch(text):
            return dt.datetime.fromisoformat(text[:19] + text[20:])
        match = _ANY.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"no date: {text}")
        year, month, day, hour, minute, second = (int(each or 0) for each in match.groups()[:6])
        if match[7]:
            if not 1 <= hour <= 12:
                raise ValueError(f"no date: {text}")
            hour = hour % 12 + 12 * (match[7] in "Pp")
        zone: dt.tzinfo = self._zone
        if match[8]:
            sign, digits = (1, "0000") if match[8] == "Z" else (-1 if match[8][0] == "-" else 1, match[8][1:])
            digits = digits.replace(":", "")
            zone = dt.timezone(sign * dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))
        return dt.datetime(year, month, day, hour, minute, second, tzinfo=zone)
