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
    account: str
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
    """Whether a standing grant is for this very tool, account, target and shape of arguments."""
    return (
        grant.tool == proposal.tool
        and grant.account == proposal.account
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

    Of JSON Schema it may use what bounds a value and nothing else: no references, alternatives or patterns of names.

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
    if unknown := sorted(set(schema) - {"type", "additionalProperties", "properties", "required", "description"}):
        raise ValueError(f"it may not use {_and(unknown)}")
    for name, shape in schema["properties"].items():
        _bounded(name, shape)
    return schema


LONGEST = 10_000
"""Characters of a text that a grant may leave open."""
_BOUNDS = {
    "string": {"maxLength", "minLength", "pattern"},
    "integer": {"minimum", "maximum"},
    "number": {"minimum", "maximum"},
    "boolean": set[str](),
    "array": {"items", "maxItems", "minItems", "uniqueItems"},
}


def _bounded(name: str, shape: Any) -> None:
    """Refuses a shape that leaves a value open."""
    if not isinstance(shape, Mapping):
        raise ValueError(f"{name} may be anything; say what it may be")
    if set(shape) - {"description", "type"} in ({"const"}, {"enum"}):
        return
    kind = shape.get("type")
    if not isinstance(kind, str) or kind not in _BOUNDS:
        raise ValueError(f'{name} needs a const, an enum, or one "type" out of {", ".join(_BOUNDS)}')
    if unknown := sorted(set(shape) - _BOUNDS[kind] - {"type", "description"}):
        raise ValueError(f"{name} may not use {_and(unknown)}")
    if kind == "string" and shape.get("maxLength", LONGEST + 1) > LONGEST:
        raise ValueError(f'{name} needs a "maxLength" of at most {LONGEST:,}, a const or an enum')
    if "pattern" in shape:
        _anchored(name, shape["pattern"])
    if kind in ("integer", "number") and not {"minimum", "maximum"} <= set(shape):
        raise ValueError(f'{name} needs a "minimum" and a "maximum"')
    if kind == "array":
        if "maxItems" not in shape:
            raise ValueError(f'{name} needs "maxItems"')
        _bounded(f"an item of {name}", shape.get("items"))


def _anchored(name: str, pattern: str) -> None:
    """Refuses a pattern that a part of the text could fit: JSON Schema asks for no more."""
    # `$` also fits before a line break at the end, and an alternative gets around both anchors.
    if not (pattern.startswith("^") and pattern.endswith("\\Z")) or "|" in pattern:
        raise ValueError(f"the pattern of {name} has to begin with ^, to end with \\Z and to have no |")


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
