"""How people speak of Notion: the patterns of the rules, what "it" stands for, and their words as property values."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any, NewType
from uuid import UUID

from assistant.context import Context
from assistant.db import threads
from assistant.errors import BadInput
from assistant.labels import Labels, personal
from integrations.notion_values import DataSource, Property

Said = NewType("Said", str)
"""A part of the message. Not `str`, because the whole message would be taken for that where no rule finds it."""

ASKED = (
    r"(?:hey,? |hi,? |please,? |can you |could you |would you |will you |i(?:'d| would) like (?:you )?to |"
    r"i want (?:you )?to |twinning,? |now |and |also |then )*"
)
TAIL = r"(?:,? (?:please|thanks|thank you))?[?.! ]*"
IT = (
    r"(?:(?:it|this|that)(?: down)?"
    r"|(?:this|that|the|your)(?: last| previous| above)? (?:answer|reply|response|text|list|summary)"
    r"|what you (?:just )?(?:said|wrote|found))"
)
_IT = re.compile(IT, re.IGNORECASE)
_NOTION = re.compile(r"\bnotion\b", re.IGNORECASE)
_AROUND = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^{ASKED}",
        r"^(?:read|open|show|give|get|find|search|look|list|print|display|check)(?: me)?(?: for| up)? ",
        r"^(?:what|where|which)(?:'s| is| are| does)? (?:on |in |there on )?",
        r"\s+(?:in|on|from|inside) (?:(?:my|the|our) )?notion$",
        r"^(?:(?:my|the|our|this|that) )?(?:notion )?(?:page|database|data source|table) (?:called |named |about )?",
        r"\s+(?:page|database|data source|table)$",
        r"^(?:my|the|our) ",
    )
)
"""What stands around a name in a sentence that no rule took apart."""
NAME_CHARACTERS = 200
_WISH = re.compile(rf"{ASKED}(?:log|add|write|put|save|note)\b", re.IGNORECASE)
_QUOTES = ('""', "“”", "''", "‘’", "``", "«»", "„“")
_YES = frozenset("yes true on done checked ticked complete completed".split())
_NO = frozenset("no false off undone unchecked unticked open incomplete".split())
_EMPTY = frozenset("nothing empty blank".split())


@dataclass(frozen=True)
class Content:
    """What is to be written.

    Attributes:
        origin: Where it comes from, for the person.
    """

    text: str
    labels: Labels
    origin: str


def origin(context: Context) -> str:
    """Where an argument comes from: the person, or a model that has read something."""
    if not context.model_written:
        return "your words"
    read = ", ".join(sorted(context.labels.sources))
    return f"the model, which has read {read}" if read else "the model"


def unquoted(said: str) -> str:
    """A text without the quotation marks around it."""
    text = said.strip()
    for pair in _QUOTES:
        opening, closing = pair[0], pair[1]
        if len(text) > 1 and text.startswith(opening) and text.endswith(closing) and opening not in text[1:-1]:
            return text[1:-1].strip()
    return text


def name_in(said: str) -> str:
    """The name in what was said of a page: of a whole sentence that names Notion, what it is about.

    Raises:
        BadInput: there is none.
    """
    name = unquoted(said.strip(" ?!.,:"))
    if _NOTION.search(name):
        for pattern in _AROUND:
            name = pattern.sub("", name, count=1)
        name = unquoted(name)
    if not name or name.casefold() == "notion" or len(name) > NAME_CHARACTERS:
        raise BadInput("Which page in Notion? Say its title or its link, as in: read my Notion page Groceries.")
    return name


def means_usual(said: str) -> bool:
    """Whether a place is only called Notion, so that the usual one is meant."""
    return said.strip(" .!?\"'").casefold() in ("notion", "my notion", "the notion", "")


async def content_meant(context: Context, said: str, *, place: str = "") -> Content:
    """A text with its labels and where it comes from; "it" is the thread's latest answer, or what that remembered.

    Args:
        place: As the place was called. A text that names Notion and the place is the whole wish, not what to write.

    Raises:
        BadInput: there is nothing yet, or the words are only a wish to write.
    """
    if not _IT.fullmatch(said.strip(" .!?")):
        text = unquoted(said)
        named = not means_usual(place) and place.casefold() in text.casefold()
        if not text or (_NOTION.search(text) and (named or _WISH.match(text))):
            raise BadInput("What shall I write, and where? Say it like this: add milk to my Notion page Groceries.")
        return Content(text, context.own_words(text), origin(context))
    last = await _latest(context)
    if last is None:
        raise BadInput("There is no answer in this conversation yet that I could take; say the text itself.")
    # A model that says "it" chose to take this after everything that it has read.
    return Content(last.text, last.labels.join(context.labels) if context.model_written else last.labels, last.origin)


async def _latest(context: Context) -> Content | None:
    """What was just remembered, in the person's own words; else the latest answer, with what it quotes."""
    if facts := await _just_remembered(context):
        return Content(facts, personal(facts), "what you told me")
    last = await context.last_answer()
    if last is None:
        return None
    text, labels = last
    quoted = f", which quotes {', '.join(sorted(labels.sources))}" if labels.sources else ""
    return Content(text, labels, f"the last answer{quoted}")


async def _just_remembered(context: Context) -> str:
    """The facts that the thread's latest answer stored; empty when it did something else."""
    if context.thread is None:
        return ""
    async with context.omac.database.session(context.person.id) as session:
        stored = await threads.messages(session, context.person.id, context.thread, last=6)
    # Questions back, approvals and receipts stand between a fact and "log it"; they are no answers.
    apart = ("operation", "options", "approvals")
    answers = [each for each in stored if each.role == "assistant" and not any(each.details.get(key) for key in apart)]
    written = answers[-1].details.get("memories", []) if answers else []
    return "\n\n".join(
        each.text for each in await context.omac.by_ids(context.person, [UUID(each) for each in written])
    )


def column_meant(source: DataSource, property: str, value: str) -> Property:
    """The property that is meant; with no name, the only one that can hold such a value.

    Raises:
        BadInput: none or several could be meant.
    """
    name = unquoted(property).casefold()
    if name:
        for each in source.properties.values():
            if each.name.casefold() == name or (each.type == "title" and name in ("title", "name")):
                return each
        there = ", ".join(f"“{each}”" for each in source.properties)
        raise BadInput(f"Notion's “{source.title}” has no property “{unquoted(property)}”; it has {there}.")
    word = unquoted(value).casefold()
    able = [
        each for each in source.properties.values() if any(option.casefold() == word for option in each.options)
    ] or [each for each in source.properties.values() if each.type == "checkbox" and word in _YES | _NO]
    if len(able) == 1:
        return able[0]
    could = ", ".join(f"“{each.name}”" for each in able or source.properties.values() if each.writable)
    raise BadInput(f"Which property shall be “{unquoted(value)}”? There is {could}.")


def value_meant(column: Property, said: str, context: Context) -> Any:
    """Words as a plain value of a property, for `encode_properties`: "yes", "tomorrow", "red and blue", "12.5".

    Raises:
        BadInput: they are no day, or neither yes nor no.
    """
    text = unquoted(said)
    if text.casefold() in _EMPTY and column.type not in ("title", "checkbox"):
        return None
    if column.type == "checkbox":
        if text.casefold() not in _YES | _NO:
            raise BadInput(f"“{column.name}” is a checkbox; say yes or no.")
        return text.casefold() in _YES
    if column.type == "date":
        return _day(column, text, context)
    if column.type == "multi_select":
        known = {option.casefold() for option in column.options}
        parts = [text] if text.casefold() in known else re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", text)
        return [unquoted(each) for each in parts if each.strip()]
    if column.type == "number":
        return text.replace(",", "").rstrip("%€$£ ").lstrip("€$£ ")
    return text


def _day(column: Property, text: str, context: Context) -> str:
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        # Only here: it takes most of a second to import.
        import dateparser

        found = dateparser.parse(
            text,
            languages=["en"],
            settings={
                "RELATIVE_BASE": context.now.replace(tzinfo=None),
                "TIMEZONE": context.person.time_zone,
                "RETURN_AS_TIMEZONE_AWARE": True,
                "PREFER_DATES_FROM": "future",
            },
        )
    if found is None:
        raise BadInput(f"“{column.name}” takes a day, such as 2026-11-22 or tomorrow.")
    timed = re.search(r"\d:\d\d|\d ?[ap]\.?m\b|\bnoon\b|\bmidnight\b", text, re.IGNORECASE)
    return found.isoformat(timespec="minutes") if timed else found.date().isoformat()
