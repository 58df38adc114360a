"""The one place that says whether a call runs, asks, or is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import jsonschema

from assistant.actions.effects import Effect
from assistant.actions.proposals import Proposal
from assistant.labels import Confidentiality


class Standing(Protocol):
    """A standing grant as it is stored (`assistant.db.tables.Grant`)."""

    id: UUID
    tool: str
    target: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """What is to be done with a proposal.

    Attributes:
        state: "run" (nothing changes), "granted" (a standing grant covers it), "ask" or "refuse".
        grant: The grant that covers it.
        why: For the audit.
    """

    state: str
    why: str
    grant: UUID | None = None


def authorise(proposal: Proposal, grants: Sequence[Standing], *, fetches: bool = False) -> Verdict:
    """What is to be done with a proposal. Every path to the outside goes through here.

    READ runs; but what a model wrote after it had read somebody else's text fetches no address, and carries no health,
    finance or secret content out in a question. DESTRUCTIVE always asks. WRITE asks, unless a standing grant covers it
    and nothing about it is unusual: a grant covers neither untrusted text, nor health, finance or secret content, nor
    what the world can read.

    Args:
        grants: The person's standing grants for this tool.
        fetches: An argument of the tool is an address that is called.
    """
    if proposal.effect is Effect.READ:
        if proposal.labels.untrusted and fetches:
            return Verdict("refuse", "the address could come from text that you did not write; open it yourself")
        if proposal.labels.untrusted and proposal.labels.guarded:
            carried = _and(sorted(proposal.labels.guarded))
            return Verdict("refuse", f"the question could carry {carried} content out; ask it in your own words")
        return Verdict("run", "it changes nothing")
    if proposal.effect is Effect.DESTRUCTIVE:
        return Verdict("ask", "it cannot be taken back easily")
    if proposal.labels.untrusted:
        return Verdict("ask", "its content comes from somebody else's text")
    if proposal.labels.guarded:
        return Verdict("ask", "it carries " + ", ".join(sorted(proposal.labels.guarded)))
    if proposal.publishes:
        return Verdict("ask", "anybody could read it")
    for grant in grants:
        if covers(grant, proposal):
            return Verdict("granted", "a standing grant covers it", grant.id)
    return Verdict("ask", "it changes something outside")


def covers(grant: Standing, proposal: Proposal) -> bool:
    """Whether a standing grant is for this very tool, target and shape of arguments."""
    return (
        grant.tool == proposal.tool
        and grant.target == proposal.target
        and bool(jsonschema.Draft202012Validator(grant.arguments).is_valid(dict(proposal.arguments)))
    )


def warnings(proposal: Proposal) -> list[str]:
    """What the person must know before they approve, the gravest first; written into what they see."""
    found: list[str] = []
    private = sorted(proposal.labels.classes - {Confidentiality.PUBLIC})
    if proposal.publishes:
        found.append(
            f"EVERYBODY can read this: {proposal.target or proposal.service} is public."
            + (f" It carries {_and(private)} content." if private else "")
        )
    if proposal.effect is Effect.DESTRUCTIVE:
        found.append("It cannot be taken back easily.")
    if proposal.labels.guarded:
        found.append(f"It carries {_and(sorted(proposal.labels.guarded))} content out of this house.")
    if proposal.labels.untrusted:
        found.append(f"Part of it comes from text that you did not write: {_and(sorted(proposal.labels.sources))}.")
    return found


def grant_schema(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A grant's schema of arguments, if it is narrow enough: an object that allows nothing it does not name.

    Raises:
        ValueError: it is no such schema; the text says what is missing.
    """
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        raise ValueError(error.message) from error
    if schema.get("type") != "object" or schema.get("additionalProperties") is not False:
        raise ValueError('it needs "type": "object" and "additionalProperties": false')
    if not schema.get("properties"):
        raise ValueError('it needs "properties", each with what it may be')
    loose = [name for name, shape in schema["properties"].items() if not (set(shape) & _NARROWING)]
    if loose:
        raise ValueError(f"{', '.join(loose)} may be anything; give each a const, enum, pattern or maxLength")
    return schema


_NARROWING = {"const", "enum", "pattern", "maxLength", "maximum"}


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
