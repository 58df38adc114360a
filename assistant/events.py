"""What passes the waist: a message goes in, events come out. Every channel draws the same ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID


class Mode(StrEnum):
    """How much the language model is allowed to do; decided by a probe."""

    FULL = "full"
    GUIDED = "guided"
    WRITER = "writer"
    EXTRACTIVE = "extractive"


@dataclass(frozen=True)
class Person:
    """Who is speaking. Comes from a verified sign-in or the right of the data folder, never from a text."""

    id: UUID
    name: str
    time_zone: str
    week_start: int = 0


@dataclass(frozen=True)
class Message:
    """What a person said on a channel.

    Attributes:
        text: Their words.
        thread: The conversation, or None for a question that stands alone.
        channel: "web", "terminal", ...
    """

    text: str
    person: Person
    thread: UUID | None = None
    channel: str = "terminal"


@dataclass(frozen=True)
class Citation:
    """One passage that an answer stands on.

    Attributes:
        n: The number in brackets in the answer, from 1.
        memory_id: The memory that holds the passage.
        source: Where it comes from: a file's path, or "said on web".
        title: The document's title with the headings above the passage.
        date: The day the passage is from, when known.
        text: The part of the passage that answers, exactly as it stands there.
        passage: The whole passage.
        quote: The sentences of it that the answer shows; a part of `text`.
        own: True when the person said it themself; a document may be anybody's text.
    """

    n: int
    memory_id: UUID
    source: str
    title: str
    date: date | None
    text: str
    passage: str
    quote: str = ""
    own: bool = False


@dataclass(frozen=True)
class Approval:
    """A proposal that waits for the person's yes or no, drawn by code from its frozen bytes. Nothing in it is cut.

    Attributes:
        id: The operation.
        digest: SHA-256 (hex) of what is shown; a decision names it.
        title: One line.
        text: All of it, plain text.
        warnings: Part of `text`, for emphasis.
    """

    id: UUID
    digest: str
    title: str
    text: str
    warnings: tuple[str, ...] = ()

    def fits(self, characters: int) -> bool:
        """Whether a channel with a limit can show all of it; if not, it shows a link to the page that does."""
        return len(self.text) <= characters


@dataclass(frozen=True)
class FigureRow:
    """One line of a figure that was asked by groups: "March", "groceries"."""

    label: str
    value: float | None
    records: int


@dataclass(frozen=True)
class Figure:
    """One computed number, or rows of them, with what it stands on.

    Attributes:
        kind: The measure: "sum", "mean", ...; "change" for the difference of two periods.
        subject: What it is of, for the person: "spending on groceries".
        value: In `unit`; None where there is nothing (never zero for "no data"), or where `rows` hold it.
        unit: "h", "steps", "EUR"; "" for a bare number.
        start, end: The days it is of, both included.
        records: Readings, nights or transactions that went into it.
        sources: Where they came from.
        age_s: Seconds since the newest of them; None when there is none.
        state: "ok", "empty" (read, and nothing there), "stale" (the source has been silent for too long), "partial"
            (days are missing, or something was left out) or "failed" (the source could not be read).
        expected: Days or nights that the period could have, up to now; None where that means nothing.
        recorded: How many of them have a record.
        notes: What else must be known: sources left out, impossible values, a rate with its date.
        rows_at: Where the records behind it can be opened, a path of the web chat; "" where there is none.
    """

    kind: str
    subject: str
    value: float | None
    unit: str
    start: date
    end: date
    records: int = 0
    rows: Sequence[FigureRow] = ()
    sources: Sequence[str] = ()
    age_s: int | None = None
    state: str = "ok"
    expected: int | None = None
    recorded: int | None = None
    notes: Sequence[str] = ()
    rows_at: str = ""


@dataclass(frozen=True)
class Answer:
    """A finished answer, with what it cost.

    Attributes:
        text: What the person reads; `[n]` refers to `citations`.
        state: "complete", "partial" (the model stopped in the middle) or "refused" (memory holds nothing on it).
        options: When the assistant asks back: the choices, in order.
        approvals: Proposals that it made and that wait for the person.
        figures: What was computed for it; every number in the text is one of these.
        timings_ms: Milliseconds by stage: "route", "recall", "first_word", "total".
    """

    text: str
    mode: Mode
    route: str
    model: str | None = None
    citations: Sequence[Citation] = ()
    state: str = "complete"
    options: Sequence[str] = ()
    approvals: Sequence[Approval] = ()
    figures: Sequence[Figure] = ()
    model_calls: int = 0
    prompt_tokens: int = 0
    timings_ms: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class StepStarted:
    """Something visible begins: a search, a tool call."""

    id: str
    name: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StepFinished:
    """It ended; `output` is fit for the person."""

    id: str
    output: str
    failed: bool = False


@dataclass(frozen=True)
class Sources:
    """The citations that the text streamed from here on refers to."""

    citations: Sequence[Citation]


@dataclass(frozen=True)
class Words:
    """The next piece of the answer's text."""

    text: str


@dataclass(frozen=True)
class Asked:
    """The assistant asks back. The person may pick an option, or say something else.

    Attributes:
        question: For the person.
        options: Labels, best first, at most three.
    """

    question: str
    options: Sequence[str]


@dataclass(frozen=True)
class ApprovalAsked:
    """Something outside would be changed; it waits for the person, however long, on any of their channels."""

    approval: Approval


@dataclass(frozen=True)
class Finished:
    """The run is over and stored. `answer.text` replaces what was streamed, when they differ."""

    answer: Answer
    message_id: UUID | None = None


Event = StepStarted | StepFinished | Sources | Words | Asked | ApprovalAsked | Finished


def figure_as_json(figure: Figure) -> dict[str, Any]:
    """A figure as it is stored beside its answer, and as `twinning ask --json` prints it."""
    return {
        "kind": figure.kind,
        "subject": figure.subject,
        "value": figure.value,
        "rows": [{"label": each.label, "value": each.value, "records": each.records} for each in figure.rows],
        "unit": figure.unit,
        "period": {"start": figure.start.isoformat(), "end": figure.end.isoformat()},
        "records": figure.records,
        "sources": list(figure.sources),
        "age_s": figure.age_s,
        "state": figure.state,
        "expected": figure.expected,
        "recorded": figure.recorded,
        "notes": list(figure.notes),
        "rows_at": figure.rows_at,
    }
