"""What the assistant can do. One file per subject; each tool is a function with an effect and example sentences.

A new file in this folder is found by itself: the router learns its tools from their examples and rules, the model
from their signatures and docstrings.
"""

from __future__ import annotations

import datetime as dt
import importlib
import inspect
import pkgutil
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, get_type_hints
from uuid import UUID

from pydantic import BaseModel, ConfigDict, create_model

from assistant.actions.effects import Effect, Lookup, Perform, Performer, ReadAgain, Receipt, Repeat, Undo
from assistant.context import Context, Result
from assistant.db.database import Database

__all__ = ["Effect", "Receipt", "Repeat", "Tool", "Undo", "all_performers", "all_tools", "performs", "tool"]


Function = Callable[..., Awaitable[Result]]
OwnExamples = Callable[[Database, UUID], Awaitable[Sequence[str]]]
Recognises = Callable[[Database, UUID, str, dt.datetime], Awaitable[Mapping[str, str] | None]]


@dataclass(frozen=True)
class Tool:
    """A function that the assistant may call.

    Attributes:
        name: The function's name; also the route's.
        label: What it does, for a button: "Look it up in my notes".
        effect: READ runs, WRITE and DESTRUCTIVE act only on the person's own words, or wait for an approval.
        examples: Sentences that mean it; the embedding router compares with them.
        rules: Patterns for the unmistakable; named groups become arguments.
        service: What must be connected for it; see `integrations`.
        outside: What it changes is outside, and waits for an approval; so likeness is enough to begin with it.
        own_examples: More example sentences of one person's, from what they have connected.
        recognises: Reads a message by code, knowing what this person has; gives the arguments, or None when the message
            is not for this tool. Asked before a message becomes a question to memory.
        arguments: Schema of the arguments, without the context.
    """

    name: str
    label: str
    effect: Effect
    description: str
    examples: Sequence[str]
    rules: Sequence[re.Pattern[str]]
    arguments: type[BaseModel]
    function: Function
    service: str = ""
    outside: bool = False
    own_examples: OwnExamples | None = None
    recognises: Recognises | None = None

    async def __call__(self, context: Context, **arguments: Any) -> Result:
        """Runs it with arguments checked against the signature."""
        checked = self.arguments.model_validate(arguments)
        return await self.function(
            **{name: getattr(checked, name) for name in checked.__class__.model_fields}, context=context
        )


def tool(
    *,
    effect: Effect,
    label: str,
    examples: Sequence[str],
    rules: Sequence[str] = (),
    service: str = "",
    outside: bool = False,
    own_examples: OwnExamples | None = None,
    recognises: Recognises | None = None,
) -> Callable[[Function], Function]:
    """Makes a function a tool. Its signature is the schema; the docstring's first paragraph is what the model reads.

    Args:
        effect: What it may do.
        label: For a button.
        examples: At least five sentences that mean it.
        rules: Regular expressions, matched against the whole message without case; named groups are arguments.
        service: What must be connected for it; without, it is no choice when the person is asked back.
        outside: It proposes (`context.propose`) instead of acting.
        own_examples: Gives one person's further examples.
        recognises: `recognises(database, person, text, now)`; see `Tool`.
    """

    def mark(function: Function) -> Function:
        hints = get_type_hints(function)
        fields: dict[str, Any] = {
            name: (hints[name], ... if parameter.default is parameter.empty else parameter.default)
            for name, parameter in inspect.signature(function).parameters.items()
            if name != "context"
        }
        function.__tool__ = Tool(  # type: ignore[attr-defined]
            name=function.__name__,
            label=label,
            effect=effect,
            description=inspect.cleandoc(function.__doc__ or "").split("\n\n")[0],
            examples=tuple(examples),
            rules=tuple(re.compile(rf"\s*{rule}\s*", re.IGNORECASE | re.DOTALL) for rule in rules),
            arguments=create_model(function.__name__, **fields),
            function=function,
            service=service,
            outside=outside,
            own_examples=own_examples,
            recognises=recognises,
        )
        return function

    return mark


@cache
def all_tools() -> MappingProxyType[str, Tool]:
    """Every tool of every file in this folder, by name."""
    found: dict[str, Tool] = {}
    for module in pkgutil.iter_modules(__path__):
        for value in vars(importlib.import_module(f"{__name__}.{module.name}")).values():
            made = getattr(value, "__tool__", None)
            if isinstance(made, Tool):
                found[made.name] = made
    return MappingProxyType(found)


def performs(
    name: str,
    *,
    service: str,
    effect: Effect,
    label: str,
    repeat: Repeat = Repeat.IDEMPOTENT,
    undo: Undo = Undo.IRREVERSIBLE,
    version: int = 1,
    lookup: Lookup | None = None,
    fetches: bool = False,
    read_again: ReadAgain | None = None,
) -> Callable[[Perform], Perform]:
    """Makes a function the executor's way to do something at a service: `perform(client, attempt, *, arguments...)`.

    Args:
        name: What a `Wish` names.
        service: Which one; see `integrations`.
        label: What it does, for the person who approves it: "Open an issue on GitHub".
        repeat: What may be done when nobody can tell whether it was carried out.
        undo: How it can be taken back; a reversible one returns the inverse in its receipt.
        version: Goes up with every change of what the arguments do.
        lookup: The same signature; finds what an earlier attempt has done, needed for `Repeat.LOOKED_UP`.
        fetches: One of its arguments is an address that is called.
        read_again: `read_again(client, attempt, receipt, *, arguments...)`; see `Performer`.
    """
    if (repeat is Repeat.LOOKED_UP) is not (lookup is not None):
        raise TypeError(f"{name}: a lookup belongs to Repeat.LOOKED_UP and to nothing else")

    def mark(function: Perform) -> Perform:
        hints = get_type_hints(function)
        parameters = list(inspect.signature(function).parameters.items())[2:]
        fields: dict[str, Any] = {
            each: (hints[each], ... if parameter.default is parameter.empty else parameter.default)
            for each, parameter in parameters
        }
        performer = Performer(
            tool=name,
            version=version,
            service=service,
            effect=effect,
            repeat=repeat,
            undo=undo,
            label=label,
            arguments=create_model(name, __config__=ConfigDict(extra="forbid"), **fields),
            perform=function,
            lookup=lookup,
            fetches=fetches,
            read_again=read_again,
        )
        function.__performer__ = performer  # type: ignore[attr-defined]
        return function

    return mark


@cache
def all_performers() -> MappingProxyType[str, Performer]:
    """Everything that the executor can do, by name."""
    found: dict[str, Performer] = {}
    for module in pkgutil.iter_modules(__path__):
        for value in vars(importlib.import_module(f"{__name__}.{module.name}")).values():
            made = getattr(value, "__performer__", None)
            if isinstance(made, Performer):
                found[made.tool] = made
    return MappingProxyType(found)
