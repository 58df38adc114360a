"""Notion's rich text: built within the service's limits, read as plain text, compared run by run.

Format: https://developers.notion.com/reference/rich-text. Limits: https://developers.notion.com/reference/request-limits
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import regex  # type: ignore[import-untyped]  # ships no types

from assistant.errors import BadInput

TEXT_UNITS = 2_000
"""The longest `text.content` and `link.url`, in UTF-16 code units: the service counts as JavaScript does."""
TEXT_ITEMS = 100
"""The most items of one rich text array."""
BLOCK_UNITS = 50_000
"""The most text that we put into one block, in UTF-16 code units: below 500 KB even where each of them is escaped."""

STYLES = ("bold", "italic", "strikethrough", "underline", "code")

_CLUSTER = regex.compile(r"\X")


@dataclass(frozen=True)
class Run:
    """A piece of text in one style.

    Attributes:
        text: What is read.
        styles: Of `STYLES`.
        link: Where it leads, when it is a link.
    """

    text: str
    styles: frozenset[str] = frozenset()
    link: str | None = None


def units(text: str) -> int:
    """The length of a text in UTF-16 code units, as the service counts.

    Raises:
        BadInput: half of a surrogate pair, which cannot be sent.
    """
    try:
        return len(text.encode("utf-16-le")) // 2
    except UnicodeEncodeError as error:
        raise BadInput("The text holds a broken character; remove it and try again.") from error


def _units(text: str) -> int:
    """The same of what has passed it already, for a text of a few letters."""
    return 1 if len(text) == 1 and text <= "\uffff" else len(text) + sum(each > "\uffff" for each in text)


def pieces(text: str, most: int = TEXT_UNITS) -> Iterator[str]:
    """A text in pieces of at most `most` UTF-16 code units; what is read as one character stays together if it fits."""
    if units(text) <= most:
        if text:
            yield text
        return
    if text.isascii() and "\r" not in text:
        yield from (text[start : start + most] for start in range(0, len(text), most))
        return
    piece: list[str] = []
    room = most
    for cluster in _CLUSTER.findall(text):
        # A cluster may itself be longer than a piece (hundreds of accents on one letter): then by code points.
        for part in (cluster,) if _units(cluster) <= most else cluster:
            length = _units(part)
            if length > room:
                yield "".join(piece)
                piece, room = [], most
            piece.append(part)
            room -= length
    yield "".join(piece)


def merged(runs: Iterable[Run]) -> tuple[Run, ...]:
    """The runs without empty ones, neighbours of one style joined."""
    joined: list[Run] = []
    for run in runs:
        if not run.text:
            continue
        if joined and (joined[-1].styles, joined[-1].link) == (run.styles, run.link):
            joined[-1] = Run(joined[-1].text + run.text, run.styles, run.link)
        else:
            joined.append(run)
    return tuple(joined)


def items(runs: Iterable[Run]) -> list[dict[str, Any]]:
    """The runs as rich text items, each within `TEXT_UNITS`."""
    return [_item(Run(piece, run.styles, run.link)) for run in merged(runs) for piece in pieces(run.text)]


def shares(runs: Iterable[Run]) -> list[list[dict[str, Any]]]:
    """The runs as rich text arrays that each fit into one block; at least one, which may be empty."""
    arrays: list[list[dict[str, Any]]] = [[]]
    room = BLOCK_UNITS
    for item in items(runs):
        length = units(item["text"]["content"]) + units((item["text"].get("link") or {}).get("url", ""))
        if len(arrays[-1]) == TEXT_ITEMS or length > room:
            arrays.append([])
            room = BLOCK_UNITS
        arrays[-1].append(item)
        room -= length
    return arrays


def plain_text(rich_text: Iterable[Mapping[str, Any]]) -> str:
    """The words of a rich text array, of a request or of an answer."""
    return "".join(run.text for run in runs_of(rich_text))


def runs_of(rich_text: Iterable[Mapping[str, Any]]) -> tuple[Run, ...]:
    """The merged runs of a rich text array, of a request or of an answer; equal when what is shown is equal."""
    return merged(_run(item) for item in rich_text)


def _run(item: Mapping[str, Any]) -> Run:
    annotations = item.get("annotations") or {}
    styles = frozenset(style for style in STYLES if annotations.get(style))
    text = item.get("text") or {}
    said = item["plain_text"] if "plain_text" in item else text["content"]
    link = (text.get("link") or {}).get("url") or item.get("href")
    return Run(said, styles, _same_link(link) if link else None)


def _same_link(link: str) -> str:
    """One spelling of an address: the service may add the slash after the host."""
    try:
        return str(httpx.URL(link)).rstrip("/")
    except httpx.InvalidURL:
        return link


def _item(run: Run) -> dict[str, Any]:
    text: dict[str, Any] = {"content": run.text}
    if run.link:
        text["link"] = {"url": run.link}
    item: dict[str, Any] = {"type": "text", "text": text}
    if run.styles:
        item["annotations"] = {style: True for style in STYLES if style in run.styles}
    return item
