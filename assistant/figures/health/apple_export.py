"""Apple Health's own export: `export.xml`, or the `export.zip` that the phone gives out. Streamed, whatever its size.

Rules:
- Every record is a reading of its own (`RECORDED`), under the metric that Health Auto Export names, at its start, with
  its `sourceName` as the source. Records of totals last from start to end and belong to the day on which they start.
  They are never added to what Health Auto Export posts of the same day and source: one of the two kinds counts.
- The local day is that of the offset in `startDate`.
- Records that say the same (type, source, start, end, value) are one. Others of one source that begin in the same
  second (foods of one meal) are all kept: each later one a millisecond after the one before.
- A record that cannot be read is counted and told with an example, and the others are read.
- Left out: `ActivitySummary` (sums of what is here as records), records inside a `Correlation` (Apple repeats them
  outside), routes, ECGs, clinical records, and who the person is (`Me`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.db.database import Database
from assistant.errors import BadInput
from assistant.events import Person
from assistant.figures.health.apple_pieces import Ended
from assistant.figures.health.apple_reading import reading
from assistant.figures.health.apple_xml import CHUNK_BYTES, recognises
from assistant.figures.health.health_values import Taken
from assistant.figures.health.taking import take

__all__ = ["recognises", "take_file"]

BATCH = 40_000
"""What a transaction costs beside its readings is spread over so many; some 20 MB are held for them."""


async def take_file(
    database: Database, person: Person, path: Path, *, now: dt.datetime, report: Callable[[int, int], None]
) -> Sequence[str]:
    """Stores an export; returns sentences on what it held. Killed anywhere and run again, nothing is there twice.

    Args:
        report: Called with (bytes read, bytes in all); of an archive, unpacked.

    Raises:
        BadInput: it cannot be read to its end; what came before is stored.
    """
    sums, ended, size = _Sums(), Ended(), 0
    async with reading(path, time_zone=person.time_zone, batch=BATCH, chunk_bytes=CHUNK_BYTES) as pieces:
        async for piece in pieces:
            if isinstance(piece, Ended):
                ended = piece
                break
            sums.add(await take(database, person.id, piece.batch, columns=piece.columns, now=now))
            size = piece.size
            report(min(piece.done, size), size)
    if ended.fault:
        raise BadInput(ended.fault)
    report(size, size)
    return sums.told(ended)


@dataclass
class _Sums:
    """What all batches did."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    marked: int = 0
    unknown: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def add(self, taken: Taken) -> None:
        self.added += taken.added
        self.changed += taken.changed
        self.unchanged += taken.unchanged
        self.marked += taken.marked
        self.unknown.update(taken.unknown)
        self.complaints += taken.complaints[: SHOWN - len(self.complaints)]

    def told(self, ended: Ended) -> list[str]:
        """Sentences for the person."""
        said = [
            f"Apple Health: {self.added:,} records added, {self.changed:,} changed, "
            f"{self.unchanged + ended.doubled:,} known already."
        ]
        if self.marked:
            said.append(f"{self.marked:,} are impossible or lie in the future; they are kept and left out of figures.")
        if self.unknown:
            said.append(f"Not known to Twinning, kept as they came: {_some(sorted(self.unknown))}.")
        for reason, count in list(ended.unread.items())[:SHOWN]:
            said.append(f"{count:,} of {reason} could not be read, such as: {ended.examples[reason]}.")
        if (rest := len(ended.unread) - SHOWN) > 0:
            said.append(f"Nor could records of {rest} more kinds.")
        said += self.complaints
        said += [f"{trouble}; they are kept and left out of figures." for trouble in ended.troubles]
        left = [f"{count:,} {_LEFT_OUT[name]}" for name, count in sorted(ended.left_out.items())]
        if left:
            said.append(f"Not read: {', '.join(left)}.")
        return said


_LEFT_OUT = {
    "ActivitySummary": "activity summaries (they sum up these readings)",
    "ClinicalRecord": "clinical records",
    "Audiogram": "audiograms",
    "VisionPrescription": "prescriptions of glasses",
}
SHOWN = 5
"""So many reasons are told; the others are counted."""


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return ", ".join(names[:10]) + more
