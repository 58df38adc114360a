"""What every reader hands back: a document as a row of clean, readable blocks."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal
from urllib.parse import unquote, urlsplit

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Kind = Literal["heading", "paragraph", "list", "code", "table", "quote"]

_PROPERTY_NODES = 2_000
"""How many values the properties of one document may hold; YAML aliases can multiply without bound."""
_LONGEST_HEADING = 200
_GENERAL_NAMES = {
    "discussion", "details", "overview", "introduction", "intro", "notes", "todo", "faq", "about", "changelog",
    "setup", "install", "installation", "usage", "license", "news", "summary", "journal", "log", "history", "misc",
}  # fmt: skip
COLUMNS = re.compile(r"\S {3,}\S")
"""Words set apart so that they stand below others."""
_FIELD = re.compile(r"[A-Z][\w-]{0,24}: ")
"""A line such as "From: me": it stands for itself."""
_NARROWEST, _WIDEST = 40, 140
"""Characters: the widths to which people and editors break lines."""
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_./]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d{3,5}(?!\d))")
_WORDED_DATES = ("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%B %d %Y", "%d.%m.%Y")


@dataclass(frozen=True)
class Block:
    """One piece of a document, its markup removed.

    Attributes:
        kind: A "list" holds lines that begin with "- " or "1. ", two spaces deeper per level. A "table" holds
            rows such as "| Name | Age |", the first row is its head. "code" is verbatim.
        text: What a person reads. Never empty.
        level: Of a heading: 1 is the highest. Of others: 0.
        info: Of code: its language, if named.
    """

    kind: Kind
    text: str
    level: int = 0
    info: str = ""


@dataclass(frozen=True)
class Document:
    """A note, a letter, a book, a conversation.

    Attributes:
        title: Never empty; the file's name if nothing better is known.
        blocks: In reading order. The title is not among them.
        date: The day it is from, if the document says so.
        properties: Front matter and the like; values are plain JSON.
        links: Names or paths of other notes that this one points to, in order, each once.
        key: Names the document within a file that holds several; "" if it is the file itself.
    """

    title: str
    blocks: tuple[Block, ...]
    date: datetime.date | None = None
    properties: Mapping[str, Json] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    key: str = ""

    @classmethod
    def told_by(
        cls, properties: Mapping[str, Json], *, title: str, blocks: Iterable[Block], links: Iterable[str] = ()
    ) -> Document:
        """A document whose properties say which day it is from."""
        return cls(title, tuple(blocks), date=day_of(properties), properties=properties, links=unique(links))


def heading(text: str, level: int) -> Block:
    """A heading, or a paragraph where the text is too long to be one (a line of dashes under a paragraph)."""
    text = text.rstrip(" ¶")  # a mark that documentation tools add, to link to it
    if len(text) > _LONGEST_HEADING or "\n" in text:
        return Block("paragraph", text)
    return Block("heading", text, level=max(1, level))


def lines_within(blocks: Iterable[Block]) -> list[str]:
    """The lines of blocks as they stand within a list item or a quote; code keeps its fence, to be seen as code."""
    lines: list[str] = []
    for block in blocks:
        text = block.text.split("\n")
        lines += [f"```{block.info}", *text, "```"] if block.kind == "code" else text
    return lines


def list_item(marker: str, lines: Sequence[str]) -> list[str]:
    """A list item ("- " or "1. ") of these lines, those after the first one deeper; nothing if there are none."""
    return [marker + lines[0], *(f"  {line}" if line else "" for line in lines[1:])] if lines else []


def indent(line: str) -> int:
    """How many blanks a line begins with."""
    return len(line) - len(line.lstrip())


def with_newlines(text: str) -> str:
    """A text whose lines end with a newline, whatever machine it is from."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def linked_note(target: str) -> str:
    """The path within the person's own notes that a link's address names; "" if it leads elsewhere."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return ""
    return "" if parts.scheme or parts.netloc else unquote(parts.path)


def table(rows: Iterable[list[str]]) -> Block | None:
    """A table of cells, one line a row; None if all cells are empty."""
    lines = [
        "| " + " | ".join(" ".join(cell.split()) for cell in row) + " |"
        for row in rows
        if any(cell.strip() for cell in row)
    ]
    return Block("table", "\n".join(lines)) if lines else None


def taking_title(blocks: list[Block], *, name: str = "") -> tuple[str, list[Block]]:
    """The title that a document gives itself by its first heading, and the blocks without it.

    It counts if nothing stands above it, and if no other heading is as high or the file's name is none that a person
    would say (secA3, 2.90.1).

    Args:
        blocks: Of the whole document.
        name: The title that the file's name would give.
    """
    if not blocks or blocks[0].kind != "heading":
        return "", blocks
    first = blocks[0]
    unspeakable = " " not in name and re.search(r"\d|[a-z][A-Z]", name) and not day_in(name) and not day_in(first.text)
    if not unspeakable and any(block.kind == "heading" and block.level <= first.level for block in blocks[1:]):
        return "", blocks
    return first.text, blocks[1:]


def unwrapped(text: str, *, kept_break: str = "\n") -> str:
    """Join the lines that were only broken to fit a width; keep the breaks that their writer meant.

    A break was for the width if the next line's first word would not have fitted, or if the line is long and the
    next one goes on in small letters.
    """
    lines = text.split("\n")
    width = max(map(len, lines))
    joined = lines[0]
    for line, following in pairwise(lines):
        start = following.lstrip()
        size = len(line.rstrip())
        full = _NARROWEST <= width <= _WIDEST and size + 1 + len(start.partition(" ")[0]) > width
        long = width >= _NARROWEST and size >= width / 2
        goes_on = start.lstrip("\"'“‘([*_`~")[:1].islower() or line.rstrip()[-1:] in {",", "-", "–", "("}
        apart = COLUMNS.search(line) or (_FIELD.match(line) and _FIELD.match(start))
        joined += (" " if not apart and (full or (long and goes_on)) else kept_break) + start
    return joined


def name_as_title(name: str, *, folder: str = "") -> str:
    """A title from a file's name: words apart, without a leading date or number.

    Args:
        name: Without its suffix.
        folder: The name of the folder it lies in; says more than a name such as "index".
    """
    words = re.sub(r"__(\d{2,5})__", lambda found: chr(int(found[1])), name)  # ikiwiki's way to write odd characters
    if " " not in words and not re.fullmatch(r"[\d_.-]+", words):
        words = re.sub(r"^(?:\d{12,14}|\d{4}-\d\d-\d\d)[-_](?=\w)", "", words)
        words = words.replace("_", " ")
        if words.count("-") > 1 or re.fullmatch(r"[a-z]+-[a-z]+", words):
            words = words.replace("-", " ")
    words = " ".join(words.split()) or name
    if re.fullmatch(r"[0-9a-fA-F-]{8,}|tmp\w*|\.\w+", folder):
        folder = ""  # made by a program
    if folder and words.lower() in {"index", "readme", "home", "main"}:
        return folder
    if folder and words.lower() in _GENERAL_NAMES:
        return f"{folder}: {words}"
    return words


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """The values, each once, in order."""
    return tuple(dict.fromkeys(values))


def as_json(value: object) -> Json:
    """A value from YAML, TOML or a library as plain JSON; what is too deep or too much is left out."""
    budget = _PROPERTY_NODES

    def convert(item: object, depth: int) -> Json:
        nonlocal budget
        budget -= 1
        if budget < 0 or depth > 8:
            return None
        if item is None or isinstance(item, bool | int | float | str):
            return item
        if isinstance(item, datetime.date | datetime.time):
            return item.isoformat()
        if isinstance(item, Mapping):
            return {str(key): convert(inner, depth + 1) for key, inner in item.items() if budget > 0}
        if isinstance(item, list | tuple | set | frozenset):
            return [convert(inner, depth + 1) for inner in item if budget > 0]
        return str(item)

    return convert(value, 0)


def day(value: object) -> datetime.date | None:
    """The day that a front matter value names, in the forms people write there; None if it names none."""
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()[:40]
    if found := day_in(text):
        return found
    for form in _WORDED_DATES:
        try:
            return datetime.datetime.strptime(text, form).replace(tzinfo=datetime.UTC).date()
        except ValueError:
            continue
    return None


def day_in(text: str) -> datetime.date | None:
    """The first day written as 2024-03-01, 2024_03_01 or 20240301 in a text or file name."""
    for match in _DATE.finditer(text):
        try:
            return datetime.date(int(match[1]), int(match[3]), int(match[4]))
        except ValueError:
            continue
    return None


_BEGUN_KEYS = (
    "date", "created", "created_at", "date_created", "creation_date", "created_time", "published", "publishdate",
    "pubdate", "issued", "day",
)  # fmt: skip
_CHANGED_KEYS = ("updated", "modified", "lastmod", "last_modified", "updated_at")


def day_of(properties: Mapping[str, Json]) -> datetime.date | None:
    """The day that the properties give the document: its date, or else its creation."""
    return _day_under(properties, _BEGUN_KEYS)


def day_changed(properties: Mapping[str, Json]) -> datetime.date | None:
    """The day of its last change."""
    return _day_under(properties, _CHANGED_KEYS)


def _day_under(properties: Mapping[str, Json], keys: Iterable[str]) -> datetime.date | None:
    named = {key.lower().replace("-", "_").replace(" ", "_"): value for key, value in properties.items()}
    return next((found for key in keys if (found := day(named.get(key)))), None)
