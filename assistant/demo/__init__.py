"""A synthetic person: a year of health, money and notes as the raw files that real ones would be, made from a seed.

Everything names its source as "demo". Nobody lives here: every name, number and place is made up.
"""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

from assistant.demo import health, money, notes
from assistant.demo.year import SEED, Year, year_until

__all__ = ["SEED", "Year", "write", "year_until"]


def write(folder: Path, *, now: dt.datetime, seed: int = SEED) -> Year:
    """Writes the files of a year that ends at `now`; the same now and seed make the same bytes.

    Below `folder`, which is made anew: `health/` (posts of Health Auto Export, one a month), `money/` (CSV, OFX and the
    set-up as JSON) and `notes/` (Markdown).

    Args:
        now: The end of the year, in the person's time zone.
    """
    year = year_until(now, seed=seed)
    if folder.exists():
        shutil.rmtree(folder)
    for name, files in (("health", health.files(year)), ("money", money.files(year)), ("notes", notes.files(year))):
        place = folder / name
        place.mkdir(parents=True)
        for file, content in files.items():
            (place / file).write_text(content, encoding="utf-8", newline="\n")
    return year
