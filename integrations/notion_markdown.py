"""Notion's blocks as Markdown, for reading: what cannot be shown is named, never left out in silence.

Blocks: https://developers.notion.com/reference/block. Plain words are not escaped, so this is no form to write back.
Addresses of files that Notion keeps are signed like passwords and are not repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from integrations.notion_blocks import children_of
from integrations.notion_text import Run, plain_text, runs_of

CUT = "[Cut here: the page goes on in Notion.]"
"""Stands where a page was longer or deeper than what was read."""

_MARKS = (("code", "`"), ("bold", "**"), ("italic", "*"), ("strikethrough", "~~"))
_HEADS = {"heading_1": "# ", "heading_2": "## ", "heading_3": "### ", "heading_4": "#### "}
_ITEMS = ("bulleted_list_item", "numbered_list_item", "to_do", "toggle")
_TRANSPARENT = ("column_list", "column", "synced_block", "template", "tab")
_MEDIA = ("image", "video", "audio", "file", "pdf", "embed", "bookmark", "link_preview")


def markdown_from(blocks: Sequence[Mapping[str, Any]]) -> str:
    """The Markdown of blocks whose children are in place; see `CUT` for those that were not read."""
    return "\n".join(_lines(blocks)).strip("\n")


def cut_block() -> dict[str, Any]:
    """A block that says that here something was not read."""
    return {"type": "cut", "cut": {}}


def marked(runs: Iterable[Run]) -> str:
    """Runs as inline Markdown."""
    return "".join(_marked(run) for run in runs)


def _marked(run: Run) -> str:
    # Marks do not work next to spaces: those stay outside.
    words = run.text.strip()
    if not words:
        return run.text
    before, after = run.text[: run.text.index(words)], run.text[run.text.index(words) + len(words) :]
    for style, mark in _MARKS:
        if style in run.styles:
            words = f"{mark}{words}{mark}"
    return f"{before}[{words}]({run.link}){after}" if run.link else f"{before}{words}{after}"


def _lines(blocks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    number = 0
    before = ""
    for block in blocks:
        kind = block["type"]
        number = number + 1 if kind == "numbered_list_item" else 0
        if before and not (kind in _ITEMS and before in _ITEMS):
            yield ""
        before = kind
        yield from _block(block, number)


def _block(block: Mapping[str, Any], number: int) -> Iterator[str]:
    kind = block["type"]
    body = block.get(kind) or {}
    text = marked(runs_of(body.get("rich_text") or ()))
    inside = _lines(children_of(block)) if kind in block else iter(())
    if kind in _HEADS:
        yield from _hung(_HEADS[kind], "", text)
        yield from _set_off(inside)
    elif kind in _ITEMS:
        head = {"numbered_list_item": f"{number}. ", "to_do": f"- [{'x' if body.get('checked') else ' '}] "}
        mark = head.get(kind, "- ")
        indent = " " * (len(mark) if kind == "numbered_list_item" else 2)
        yield from _hung(mark, indent, text)
        yield from (f"{indent}{line}" if line else "" for line in inside)
    elif kind in ("quote", "callout"):
        yield from _hung("> ", "> ", text)
        yield from (f"> {line}" for line in inside)
    elif kind == "table":
        yield from _table(block)
    elif kind in _TRANSPARENT:
        yield from inside
    else:
        yield from (_plain_block(kind, body, text)).split("\n")
        yield from _set_off(inside)


def _plain_block(kind: str, body: Mapping[str, Any], text: str) -> str:
    """A block that is one text."""
    if kind == "paragraph":
        return text
    if kind == "code":
        language = str(body.get("language") or "").replace("plain text", "")
        said = plain_text(body.get("rich_text") or ())
        fence = "````" if "```" in said else "```"
        caption = plain_text(body.get("caption") or ())
        return f"{fence}{language}\n{said}\n{fence}" + (f"\n{caption}" if caption else "")
    if kind == "divider":
        return "---"
    if kind == "equation":
        return f"$${body.get('expression', '')}$$"
    if kind in ("child_page", "child_database"):
        return f"[{kind.removeprefix('child_').capitalize()}: {body.get('title', '')}]"
    if kind in _MEDIA:
        return _media(kind, body)
    if kind == "cut":
        return CUT
    return f"[{kind.replace('_', ' ').capitalize()}: shown only in Notion]{' ' + text if text else ''}"


def _media(kind: str, body: Mapping[str, Any]) -> str:
    said = plain_text(body.get("caption") or ()) or str(body.get("name") or "")
    address = body.get("url") or (body.get("external") or {}).get("url")
    label = f"{kind.replace('_', ' ').capitalize()}: {said}".rstrip(": ")
    return f"[{label}]({address})" if address else f"[{label}]"


def _table(block: Mapping[str, Any]) -> Iterator[str]:
    for place, row in enumerate(children_of(block)):
        cells = [marked(runs_of(cell)) for cell in row[row["type"]].get("cells") or ()]
        if not cells:
            yield CUT
            continue
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
        if place == 0:
            yield "|" + " --- |" * len(cells)


def _hung(mark: str, indent: str, text: str) -> Iterator[str]:
    """A text behind a mark; its further lines are indented."""
    for place, line in enumerate(text.split("\n")):
        yield f"{indent if place else mark}{line}"


def _set_off(lines: Iterator[str]) -> Iterator[str]:
    """Lines behind an empty one; nothing when there are none."""
    for place, line in enumerate(lines):
        if not place:
            yield ""
        yield line
