"""Dates as Health Auto Export writes them: with the phone's offset, on a 24- or a 12-hour clock, or a day only.

A phone set to a 12-hour clock writes `2026-01-10 3:04:05 PM +0300`, on newer iOS with a narrow no-break space (U+202F)
before the PM.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Moment(NamedTuple):
    """An instant as it was written.

    Attributes:
        at: In UTC.
        day: On the calendar of where it was written.
        offset_s: From UTC to the clock there.
        midnight: Whether that clock showed 0:00:00.
        day_only: Whether no time was written at all.
    """

    at: dt.datetime
    day: dt.date
    offset_s: int
    midnight: bool
    day_only: bool


_MIDNIGHT = dt.time(0)
_PATTERN = re.compile(
    r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"
    r"(?:(?:T|\s*,?\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[AaPp])\.?\s?[Mm]\.?)?)?"
    r"(?:\s*(?P<zone>Z|(?:UTC|GMT)?[+\-−]\d{1,2}(?::?\d{2})?(?::?\d{2})?|UTC|GMT))?"
)


_OF_AN_HOUR = {f"{s // 60:02}:{s % 60:02}": dt.timedelta(seconds=s) for s in range(3600)}


class Dates:
    """Reads the dates of one post. They are most of the work, and mostly of few hours: each hour is read once.

    Args:
        zone: The person's, for what comes without an offset.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._hours: dict[str, Moment] = {}

    def read(self, written: object) -> Moment | None:
        """The instant; None for what is no date."""
        if type(written) is not str:
            return None
        try:
            if len(written) == 25 and written[19] == " " and written[20] in "+-":
                at, day, offset_s, midnight, _ = self._hour(written)
                past = written[14:19]
                return Moment(at + _OF_AN_HOUR[past], day, offset_s, midnight and past == "00:00", False)
            return self._by_pattern(written)
        except (KeyError, ValueError, OverflowError):
            return None

    def _hour(self, written: str) -> Moment:
        """The hour in which `2026-01-10 07:15:00 +0300` lies."""
        key = written[:14] + written[20:]
        found = self._hours.get(key)
        if found is None:
            local = dt.datetime.fromisoformat(f"{written[:14]}00:00{written[20:]}")
            found = self._hours[key] = _moment_at(local, day_only=False)
        return found

    def _by_pattern(self, written: str) -> Moment | None:
        found = _PATTERN.fullmatch(written.strip())
        if found is None:
            return None
        hour, half = int(found["hour"] or 0), found["half"]
        if half:
            if not 1 <= hour <= 12:
                return None
            hour = hour % 12 + (12 if half in "Pp" else 0)
        local = dt.datetime(
            int(found["year"]),
            int(found["month"]),
            int(found["day"]),
            hour,
            int(found["minute"] or 0),
            int(found["second"] or 0),
            int((found["fraction"] or "0").ljust(6, "0")[:6]),
            tzinfo=_offset(found["zone"]) if found["zone"] else self._zone,
        )
        return _moment_at(local, day_only=found["hour"] is None)


def _offset(zone: str) -> dt.timezone:
    digits = re.sub(r"[^\d+\-]", "", zone.replace("−", "-"))
    if not digits:
        return dt.UTC
    sign = -1 if digits[0] == "-" else 1
    number = digits[1:]
    if len(number) <= 2:
        number = number.zfill(2) + "00"
    number = number.zfill(4) if len(number) <= 4 else number
    parts = [int(number[place : place + 2]) for place in range(0, len(number), 2)]
    return dt.timezone(sign * dt.timedelta(hours=parts[0], minutes=parts[1], seconds=sum(parts[2:])))


def _moment_at(local: dt.datetime, *, day_only: bool) -> Moment:
    offset = local.utcoffset() or dt.timedelta(0)
    return Moment(
        at=local.astimezone(dt.UTC),
        day=local.date(),
        offset_s=int(offset.total_seconds()),
        midnight=local.time() == _MIDNIGHT,
        day_only=day_only,
    )
