"""What a tool's arguments are: read from the words by code where that can be done, else filled in by the model."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from pydantic import create_model
from pydantic.fields import FieldInfo

from assistant.agent.chat_model import ChatModel, Usage
from assistant.errors import BadInput, ServiceError
from assistant.events import Mode, Person
from prompts import render
from tools import Tool

FILL_TOKENS = 120
# Shown as earlier turns: small models follow examples where they do not follow rules (see `agent/probe.py`).
_EXAMPLES: Sequence[tuple[str, str, str, Mapping[str, str]]] = (
    (
        "folder",
        "Copies scans from a folder.",
        "run the scan import for the folder Receipts",
        {"folder": "Receipts"},
    ),
    (
        "title, list name",
        "Adds an entry to a list.",
        "please put Buy white paint on the list House, thanks",
        {"title": "Buy white paint", "list_name": "House"},
    ),
    ("city", "Looks up the weather of a city.", "and now start that weather thing", {"city": ""}),
)
_NUMBER = re.compile(r"(?<![\w.,])-?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w])|(?<![\w.,])-?\d+(?:\.\d+)?(?![\w]|\.\d)")


async def fill(
    tool: Tool,
    text: str,
    given: Mapping[str, Any],
    *,
    person: Person,
    now: dt.datetime,
    model: ChatModel | None = None,
    mode: Mode = Mode.EXTRACTIVE,
    usage: Usage | None = None,
) -> dict[str, Any]:
    """The tool's arguments.

    Args:
        given: What a rule found already; it is kept.
        now: Relative dates ("tomorrow") count from here, in the person's time zone.
        model: Fills in what code cannot read, if its mode allows that.

    Raises:
        BadInput: something is missing and cannot be told from the words; the sentence names it.
    """
    arguments = dict(given)
    fields = tool.arguments.model_fields
    named = dates(text, person=person, now=now)
    days = [instant for _, instant in named]
    rest = text
    for words, _ in named:
        rest = rest.replace(words, " ", 1)  # the 3 of "3 May" is no number of its own
    numbers = _numbers(rest)
    for name, field in fields.items():
        kind = _kind(field)
        if name in arguments or kind is str:
            continue
        if kind in (dt.date, dt.datetime) and days:
            instant = days.pop(0)
            arguments[name] = instant if kind is dt.datetime else instant.date()
        elif kind in (int, float) and numbers:
            arguments[name] = kind(numbers.pop(0))
    missing = {name: field for name, field in fields.items() if name not in arguments and field.is_required()}
    if len(missing) == 1 and _kind(next(iter(missing.values()))) is str:
        arguments[next(iter(missing))] = text.strip()
    elif missing:
        arguments |= await _asked(
            tool, text, missing, model=model if mode in (Mode.FULL, Mode.GUIDED) else None, usage=usage
        )
    return arguments


def dates(text: str, *, person: Person, now: dt.datetime) -> list[tuple[str, dt.datetime]]:
    """What a text says of time ("tomorrow at 8", "3 May 2024") with the instants, in order, in the person's zone.

    An ambiguous day is the next one: who says "on Friday" rarely means the last one.
    """
    # Only here: it takes most of a second to import, and few messages need it.
    import dateparser.search

    found = dateparser.search.search_dates(
        text,
        languages=["en"],
        settings={
            "RELATIVE_BASE": now.replace(tzinfo=None),
            "TIMEZONE": person.time_zone,
            "RETURN_AS_TIMEZONE_AWARE": True,
            "PREFER_DATES_FROM": "future",
        },
    )
    return [(words, instant) for words, instant in found or [] if re.search(r"\d|[a-z]{3}", words.lower())]


async def _asked(
    tool: Tool, text: str, missing: Mapping[str, FieldInfo], *, model: ChatModel | None, usage: Usage | None
) -> dict[str, Any]:
    wanted = ", ".join(name.replace("_", " ") for name in missing)
    unclear = BadInput(f"To {tool.label.lower()} I also need: {wanted}. Say it again with that.")
    if model is None:
        raise unclear
    form: dict[str, Any] = {name: (field.annotation, ...) for name, field in missing.items()}
    made = create_model("Arguments", **form)
    try:
        return await filled_in(text, made.model_json_schema(), purpose=tool.description, model=model, usage=usage)
    except BadInput as error:
        raise unclear from error


async def filled_in(
    text: str, schema: Mapping[str, Any], *, purpose: str, model: ChatModel, usage: Usage | None = None
) -> dict[str, Any]:
    """A form that the model fills in from a message. A small model makes up what it was not told: only what stands in
    the message counts.

    Args:
        schema: JSON Schema of an object.
        purpose: What the form is for.

    Raises:
        BadInput: it could not be filled in from these words.
    """
    wanted = ", ".join(name.replace("_", " ") for name in schema.get("properties", {}))
    asked: list[BaseMessage] = [SystemMessage(render("arguments"))]
    for fields, meant, said, filled in _EXAMPLES:
        asked += [HumanMessage(_form(fields, meant, said)), AIMessage(json.dumps(filled))]
    asked.append(HumanMessage(_form(wanted, purpose, text)))
    try:
        found = await model.fill(asked, schema, max_tokens=FILL_TOKENS, usage=usage)
    except ServiceError as error:
        raise BadInput(f"I cannot read from this: {wanted}. Say it again with that.") from error
    there = text.casefold()
    if not all(str(value).strip() and str(value).strip().casefold() in there for value in found.values()):
        raise BadInput(f"I cannot read from this: {wanted}. Say it again with that.")
    return found


def _form(fields: str, purpose: str, text: str) -> str:
    return f"Fields: {fields}\nWhat it is for: {purpose}\nMessage: {text}"


def _kind(field: FieldInfo) -> Any:
    """The type of a field, without None."""
    kinds = [each for each in get_args(field.annotation) or (field.annotation,) if each is not type(None)]
    return kinds[0]


def _numbers(text: str) -> list[float]:
    return [float(each.replace(",", "")) for each in _NUMBER.findall(text)]
