"""Rows of the table, and the table."""

from __future__ import annotations

import datetime as dt
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        value: In `unit`; for figures of many runs the median or the named percentile.
        goal: The value shall be at most this; at least this if `at_least`. None: no goal, stated only.
        note: What it was measured beside, or what it is made of.
    """

    subject: str
    what: str
    value: float
    unit: str
    goal: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def verdict(self) -> str:
        """`met`, `missed` (by how much), or nothing without a goal."""
        if self.goal is None:
            return ""
        if self.value >= self.goal if self.at_least else self.value <= self.goal:
            return "met"
        return f"missed (x {self.value / self.goal:.2g})" if self.goal else "missed"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share (0..1) of the values does not exceed."""
    if not values:
        raise ValueError("a percentile needs at least one value")
    ordered = sorted(values)
    rank = max(0, -int(-share * len(ordered) // 1) - 1)
    return ordered[min(rank, len(ordered) - 1)]


def timed_rows(subject: str, what: str, values_ms: Sequence[float], *, note: str = "", **goals: float) -> list[Row]:
    """A row for the median, and one for each of `p50` and `p95` that has a goal; milliseconds."""
    shares = {"p50": 0.5, "p95": 0.95}
    return [
        Row(subject, f"{what}, {name}", percentile(values_ms, shares[name]), "ms", goal, note=note)
        for name, goal in ({"p50": None} | goals).items()
    ]


def number(value: float) -> str:
    """Three figures that matter."""
    if value and abs(value) < 100:
        return f"{value:.3g}"
    return f"{value:,.0f}"


def markdown(rows: Sequence[Row]) -> str:
    """The table as Markdown."""
    lines = ["| subject | measured | figure | goal | | beside it |", "|---|---|---:|---:|---|---|"]
    for row in rows:
        sign = "≥" if row.at_least else "≤"
        goal = "" if row.goal is None else f"{sign} {number(row.goal)}"
        figure = f"{number(row.value)} {row.unit}"
        lines.append(f"| {row.subject} | {row.what} | {figure} | {goal} | {row.verdict} | {row.note} |")
    return "\n".join(lines)


def plain_text(rows: Sequence[Row]) -> str:
    """The table for a terminal."""
    cells = [(row.what, f"{number(row.value)} {row.unit}", _goal(row), row.verdict, row.note) for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    lines = []
    subject = ""
    for row, line in zip(rows, cells, strict=True):
        if row.subject != subject:
            subject = row.subject
            lines.append(f"\n{subject}")
        padded = (
            f"{line[0]:<{widths[0]}}",
            f"{line[1]:>{widths[1]}}",
            f"{line[2]:>{widths[2]}}",
            f"{line[3]:<{widths[3]}}",
        )
        lines.append(("  " + "  ".join(padded) + "  " + line[4]).rstrip())
    return "\n".join(lines)


def _goal(row: Row) -> str:
    return "" if row.goal is None else f"{'≥' if row.at_least else '≤'} {number(row.goal)}"


def machine() -> str:
    """The machine in a sentence, without its name."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return (
        f"{os.cpu_count()} x {model}, {psutil.virtual_memory().total / 2**30:.0f} GB, {platform.system()}, "
        f"Python {platform.python_version()}; load {load:.1f} when it began"
    )


def report(rows: Sequence[Row], *, facts: str, seconds: float, subjects: Sequence[str]) -> str:
    """What is written to `results.md`."""
    missed = [row for row in rows if row.verdict.startswith("missed")]
    said = f"{sum(row.verdict == 'met' for row in rows)} goals met, {len(missed)} missed."
    return (
        f"# Results\n\nWritten by `make bench` on {dt.date.today().isoformat()}: {', '.join(subjects)}, "
        f"in {seconds / 60:.0f} minutes.\n\n{facts}.\n\n{said} Figures are medians where nothing else is said. "
        "A busy machine makes wall times longer, so processor time or a baseline of the same run stands beside.\n\n"
        f"{markdown(rows)}\n"
    )


def median(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)
