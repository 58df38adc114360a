"""Where a person lives, as far as their time zone tells: the country and the hemisphere."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from zoneinfo import TZPATH

NORTH, SOUTH = "north", "south"
_TROPIC = 23.5
"""Degrees of latitude."""


@dataclass(frozen=True)
class Place:
    """What is told by a time zone.

    Attributes:
        country: As an ISO code; "" where it is not known.
        hemisphere: "north" or "south"; "" where it is not known, and in the tropics, which have other seasons.
    """

    country: str = ""
    hemisphere: str = ""


def place_of(now: dt.datetime) -> Place:
    """The place that the zone of an instant is named after."""
    return _places().get(getattr(now.tzinfo, "key", ""), Place())


@cache
def _places() -> dict[str, Place]:
    """By zone, from `zone.tab` of the time zone database: country, latitude and longitude, zone."""
    found: dict[str, Place] = {}
    for line in _zone_tab().splitlines():
        parts = line.split("\t")
        if line.startswith("#") or len(parts) < 3 or not (at := re.match(r"([+-])(\d{2})(\d{2})", parts[1])):
            continue
        latitude = int(at[2]) + int(at[3]) / 60
        side = (NORTH if at[1] == "+" else SOUTH) if latitude >= _TROPIC else ""
        found[parts[2]] = Place(parts[0], side)
    return found


def _zone_tab() -> str:
    """The machine's table, or that of the tzdata package; "" where there is neither."""
    for folder in TZPATH:
        if (file := Path(folder, "zone.tab")).is_file():
            return file.read_text(encoding="utf-8")
    try:
        return resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    except (ModuleNotFoundError, FileNotFoundError):
        return ""
