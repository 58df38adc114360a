"""What the parts of a health post share: numbers and names as they are written, and complaints about rows."""

from __future__ import annotations

import math

AT_MOST = 100
"""Complaints that are told one by one; a post can have a hundred thousand rows."""
UNNAMED = "Health Auto Export"
"""The source of a row that names none."""


class Complaints:
    """Sentences about what could not be read, not too many of them."""

    def __init__(self, told: list[str]) -> None:
        self._told = told
        self._more = 0

    def add(self, where: str, what: str) -> None:
        """Notes what is wrong, and where."""
        if len(self._told) < AT_MOST:
            self._told.append(f"{where}: {what}.")
        else:
            self._more += 1

    def close(self) -> None:
        """Tells how many more there were."""
        if self._more:
            self._told.append(f"{self._more} more rows could not be read.")


def clean(text: str) -> str:
    """Without what Postgres cannot store, and without blanks around it."""
    return text.replace("\0", "").strip()


def source_of(given: object) -> str:
    """The source that a row names: a device or an app, or several joined by "|"."""
    if not isinstance(given, str):
        return UNNAMED
    # Apple writes device names with a no-break space in them, and typed ones have an ordinary one.
    return " ".join(clean(given).split()) or UNNAMED


def number_of(given: object) -> float | None:
    """A number, also where it is written as text; None for anything else."""
    if isinstance(given, bool) or not isinstance(given, (int, float, str)):
        return None
    try:
        number = float(given.strip().replace(",", ".") if isinstance(given, str) else given)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
