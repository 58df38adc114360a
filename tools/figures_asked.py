"""What health and money have in common: a question is understood by code, computed by queries, told by templates."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from assistant.context import Choice, Context, Result
from assistant.db.database import Database
from assistant.events import Figure
from assistant.figures.computing import compute, vocabulary
from assistant.figures.language.asking import LEAVE
from assistant.figures.language.words import understand
from assistant.figures.parts_of_week import apart, are_parts
from assistant.figures.query import Measure, Period, Query, Unclear, Understood, Vocabulary
from assistant.figures.telling import tell
from assistant.figures.told import remember_told
from assistant.figures.wording import escaped, joined
from assistant.labels import Confidentiality, Labels
from assistant.memory.dates import known_dates
from tools.memory import recall

MONEY = frozenset("spending income net balance bills budgets savings".split())
"""The subjects of money; all others are of health."""
BANK = "the records of your accounts"
"""Where money's names come from, as the person is told."""
BODY = "the records of your health"
"""Where the names of sources and metrics come from: an app or a device names itself as it likes."""
_DATED = re.compile(r"\b(?:birthday|anniversary|name day|was born)\b", re.IGNORECASE)
_MONEY_WORDS = re.compile(
    r"\b(?:spen[dt]\w*|pa(?:y|ys|id|ying)|cost\w*|earn\w*|income|salary|sav(?:e|ed|ings?)|money|budgets?|bills?|balance"
    r"|accounts?|expenses?|transactions?|owe|bought|buy|eur|usd|euros?|dollars?|pounds?)\b|[€$£]",
    re.IGNORECASE,
)
_ANSWER = "answer"


@dataclass
class _Turn:
    """What a person has, as it was read for one of their messages.

    Attributes:
        now: The instant of the message. The very object: a fixed clock gives two messages equal instants.
        read_by: Who has had it: whoever comes a second time has another message.
    """

    now: dt.datetime
    have: Vocabulary
    dated: bool
    read_by: set[str] = field(default_factory=set)


_turns: dict[UUID, _Turn] = {}
"""By person, from the first tool that looks at a message until the answer: the tools for health and for money look at
the same one, and reading what there is takes as long as computing a figure."""


async def recognised(
    database: Database, person: UUID, text: str, now: dt.datetime, *, area: str
) -> dict[str, str] | None:
    """The arguments of the tool for `area` ("health" or "money") when a message asks for such figures; else None."""
    found = await _understood(database, person, text, now=now, reader=area)
    if found is None or _area(found, text) != area:
        return None
    return {"question": text.strip()}


async def answer(question: str, context: Context, *, tool: str) -> Result:
    """Computes what a question asks for. What is no question of figures is looked up in the notes.

    Args:
        tool: Goes on when the person picks one of several meanings.
    """
    database, person = context.omac.database, context.person
    found = await _understood(
        database, person.id, question, now=context.now, reader=_ANSWER, week_start=person.week_start
    )
    if found is None:
        return await recall(question, context)
    if isinstance(found, Unclear):
        choices = [Choice(each.label, tool, {"question": each.question}) for each in found.choices]
        if all(each.label.startswith(LEAVE) for each in found.choices):  # its words may stand in the notes
            noted = await _from_notes(found, question, context)
            if noted.citations or not choices:
                return noted
        return Result(found.question, choices=choices, labels=_asked_back(found, question))
    queries, by_query = await _computed(found, context)
    for query, computed in zip(queries, by_query, strict=True):
        if query.where.categories and query.where.payees and not _records([computed]):
            # No record is of both: that is a misunderstanding, and no nought.
            both = f"{joined(query.where.categories)} at {joined(query.where.payees)}"
            told = f"I have no record of {escaped(both)}. Ask for one of these at a time."
            return Result(told, state="refused", labels=_labels([query]))
    said: list[str] = []
    for query, computed in zip(queries, by_query, strict=True):
        told = tell(query, computed)
        await remember_told(
            database,
            person.id,
            question=question,
            query=query,
            figures=computed,
            told=told,
            thread=context.thread,
            now=context.now,
        )
        said.append(told)
    figures = [each for some in by_query for each in some]
    if are_parts(queries):
        for change, sentence in apart(queries, by_query):
            said.append(sentence)
            figures.append(change)
    return Result("\n\n".join(said), figures=figures, labels=_labels(queries))


def _labels(queries: Sequence[Query]) -> Labels:
    # Anyone who sends a cent writes its payee and its purpose, and any app the name of its metrics and its own: those
    # names stand in rows, notes and titles.
    classes = {_class_of(query) for query in queries}
    sources = [BANK if each is Confidentiality.FINANCE else BODY for each in classes]
    return Labels(frozenset(sources), frozenset({Confidentiality.PERSONAL, *classes}))


async def _computed(found: Understood, context: Context) -> tuple[Sequence[Query], list[list[Figure]]]:
    """The figures of each query; of what is meant otherwise, where only that has records: in the period, or ever."""
    asked = await _figures_of(found.queries, context)
    if not found.otherwise or _records(asked):
        return found.queries, asked
    otherwise = await _figures_of(found.otherwise, context)
    if not _records(otherwise):
        ever = Period(dt.date(1970, 1, 1), context.now.date(), "all that is recorded")
        spent, came = (
            [Query(each.subject, Measure.COUNT, ever, where=each.where) for each in each_way]
            for each_way in (found.queries, found.otherwise)
        )
        if _records(await _figures_of(spent, context)) or not _records(await _figures_of(came, context)):
            return found.queries, asked
    return found.otherwise, otherwise


async def _figures_of(queries: Sequence[Query], context: Context) -> list[list[Figure]]:
    database, person = context.omac.database, context.person
    return [await compute(database, person.id, each, now=context.now, week_start=person.week_start) for each in queries]


def _records(figures: Sequence[Sequence[Figure]]) -> int:
    return sum(each.records for some in figures for each in some)


async def _from_notes(found: Unclear, question: str, context: Context) -> Result:
    """What figures cannot tell, with what the notes say of it, if they say something."""
    noted = await recall(question, context)
    if not noted.citations:
        return Result(found.question, state="refused", labels=_asked_back(found, question))
    labels = noted.labels.join(_asked_back(found, question))
    shorter = "".join(f' You can ask: "{each.question}"' for each in found.choices)
    told = f"{found.question}{shorter} Your notes say:\n\n{noted.text}"
    return replace(noted, text=told, rephrase=False, labels=labels)


def _asked_back(found: Unclear, question: str) -> Labels:
    """The labels of a question that names what there is: accounts, payees, metrics."""
    return Labels(
        frozenset({BANK if _area(found, question) == "money" else BODY}), frozenset({Confidentiality.PERSONAL})
    )


async def _understood(
    database: Database, person: UUID, text: str, *, now: dt.datetime, reader: str, week_start: int = 0
) -> Understood | Unclear | None:
    have = await _what_there_is(database, person, text, now=now, reader=reader)
    return understand(text, have, now=now, week_start=week_start) if have.subjects else None


async def _what_there_is(database: Database, person: UUID, text: str, *, now: dt.datetime, reader: str) -> Vocabulary:
    """Read once for each message; never kept beyond it, so that what came in since is there."""
    turn = _turns.pop(person, None)
    dated = _DATED.search(text) is not None
    if turn is None or turn.now is not now or reader in turn.read_by or dated > turn.dated:
        have = await vocabulary(database, person, today=now.date())
        if dated and have.subjects:
            have = replace(have, dates=await known_dates(database, person, now=now))
        turn = _Turn(now, have, dated)
    turn.read_by.add(reader)
    if reader != _ANSWER:
        _turns[person] = turn
    return turn.have


def _area(found: Understood | Unclear, text: str) -> str:
    if isinstance(found, Understood):
        return "money" if found.queries[0].subject in MONEY else "health"
    return "money" if _MONEY_WORDS.search(text) else "health"


def _class_of(query: Query) -> Confidentiality:
    return Confidentiality.FINANCE if query.subject in MONEY else Confidentiality.HEALTH
